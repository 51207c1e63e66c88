/** A line at the bottom for some seconds. */
import type { State } from "./state.ts";

const noticeMs = 5_000;

/** Says what came of something. */
export function notice(state: State, text: string, isBad: boolean): void {
  state.notice = { text, isBad, untilMs: state.nowMs + noticeMs };
}
