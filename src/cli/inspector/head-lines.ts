/** The top of the screen: how the system stands, and what concerns everything. */
import { formatDuration } from "../../duration.ts";
import { markOf, wordTintOf } from "../status-mark.ts";
import { printable } from "../text.ts";
import { bytesText, countText, type Line, type Part, rateText } from "./line.ts";
import type { State } from "./state.ts";
import { headLine } from "./tree-lines.ts";

/** One to three lines, by the room there is. */
export function topLines(state: State): Line[] {
  const lines = [statusLine(state)];
  const banner = bannerOf(state);
  if (banner !== null) {
    lines.push({ parts: [{ text: banner, tint: "red", bold: true }], isInverse: true });
  }
  if (state.rows < 8) return lines;
  if (state.look === null && state.mode.name !== "help" && state.mode.name !== "text") {
    lines.push(headLine(state));
  }
  return lines;
}

/** What concerns everything. */
function bannerOf({ link, system, nowMs }: State): string | null {
  const seconds = Math.max(1, Math.floor((nowMs - link.sinceMs) / 1_000));
  const ago = formatDuration(seconds * 1_000);
  if (link.status === "lost") {
    return `SERVICE LOST for ${ago}: ${printable(link.why)}; what is shown is old; trying again`;
  }
  if (link.status === "connecting") return link.why === "" ? null : printable(link.why);
  if (system && !system.available) {
    return "STORAGE UNAVAILABLE: nothing new is taken; free space on the disk of HOME: " +
      printable(system.home);
  }
  if (system?.safeMode) return `SAFE MODE: ${printable(system.safeMode)}; u on / lets agents go on`;
  return null;
}

function statusLine(state: State): Line {
  const { system, link, hasSymbols, filter, search } = state;
  const parts: Part[] = [{ text: "Dream.OS", bold: true }];
  const mark = { up: "up", connecting: "connecting", lost: "LOST" }[link.status];
  parts.push({ text: ` ${mark}`, tint: link.status === "up" ? "green" : "red" });
  if (filter !== "all") parts.push({ text: `  only: ${filter}`, bold: true });
  if (search !== "") {
    parts.push({ text: `  search: ${printable(search)}`, bold: true });
  }
  if (system) {
    const total = Object.values(system.agents).reduce((sum, count) => sum + count, 0);
    parts.push({ text: ` ${countText(total)} agents` });
    for (
      const status of ["running", "blocked", "paused", "restarting", "parked", "failed"] as const
    ) {
      const count = system.agents[status];
      if (count === 0) continue;
      const sign = hasSymbols ? markOf(status) : `${status} `;
      parts.push({ text: ` ${sign}${countText(count)}`, tint: wordTintOf(status) });
    }
    const dead = system.deadLetters;
    if (dead > 0) parts.push({ text: ` ${countText(dead)} dead letters`, tint: "red" });
  }
  const rate = state.turnsPerSecond;
  if (rate > 0) parts.push({ text: ` ${rateText(rate)} turns/s`, tint: "cyan" });
  if (system) {
    const bytes = system.hosts.reduce((sum, host) => sum + (host.rssBytes ?? 0), 0);
    if (bytes > 0) {
      const hosts = system.hosts.length === 1 ? "1 host" : `${system.hosts.length} hosts`;
      parts.push({ text: ` ${bytesText(bytes)} in ${hosts}`, tint: "dim" });
    }
  }
  parts.push({ text: `  ${state.url}`, tint: "dim" });
  return { parts };
}
