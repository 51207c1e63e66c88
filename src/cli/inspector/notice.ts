/** A line at the bottom for some seconds. */
import { cutStart } from "../text.ts";
import type { State } from "./state.ts";

const noticeMs = 5_000;
/** Of an address so much is shown: what came of it stands after it. */
const mostAddress = 32;

/** Says what came of something. */
export function notice(state: State, text: string, isBad: boolean): void {
  const short = text.replaceAll(
    /(?<=^| )\/[^\s:]+/gu,
    (address) => cutStart(address, mostAddress),
  );
  state.notice = { text: short, isBad, untilMs: state.nowMs + noticeMs };
}
