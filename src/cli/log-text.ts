/** A line of the log for people. */
import type { LogEntry, LogLevel } from "../api/client.ts";
import type { Terminal } from "./terminal.ts";
import type { Tint } from "./tints.ts";
import { printable } from "./text.ts";

const tints: Record<LogLevel, Tint> = { debug: "dim", info: "green", warn: "bold", error: "red" };

/** Time, level, whom it is about, what, and the facts beside it. */
export function lineOfEntry(entry: LogEntry, { tint }: Pick<Terminal, "tint">): string {
  const { time, level, seq: _, message, address, ...facts } = entry;
  const whom = typeof address === "string" ? `${tint("cyan", printable(address))}  ` : "";
  const beside = Object.entries(facts).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return printable(`${name}=${/[\s"]/.test(text) ? JSON.stringify(text) : text}`);
  });
  const end = beside.length === 0 ? "" : `  ${tint("dim", beside.join(" "))}`;
  const label = tint(tints[level] ?? "dim", printable(level).toUpperCase().padEnd(5));
  return `${tint("dim", printable(time))} ${label} ${whom}${printable(message)}${end}`;
}
