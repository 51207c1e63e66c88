/**
 * What agents print. In a thread that belongs to an agent the console speaks to the control
 * process, which knows whom it has placed there; what is printed before, while code is loaded,
 * stays output of the host.
 */
import type { PrintedFrame } from "../actors/protocol.ts";
import { longestPrint } from "../actors/protocol.ts";
import type { Clock } from "../clock.ts";
import type { LogLevel } from "../log.ts";
import { RateBound } from "../rate-bound.ts";

/** Characters that an agent may print a second; each line counts as some more. */
const perSecond = 65_536;
const lineCost = 64;

const levels: Record<string, LogLevel> = {
  debug: "debug",
  trace: "debug",
  log: "info",
  info: "info",
  dir: "info",
  table: "info",
  warn: "warn",
  error: "error",
};

/** Puts itself before the console's methods. `post` answers whether an agent is there to say it. */
export function capturePrints(clock: Clock, post: (frame: PrintedFrame) => boolean): void {
  const bound = new RateBound(clock, perSecond, (dropped) => {
    post({ t: "printed", level: "warn", text: "", dropped });
  });
  for (const [name, level] of Object.entries(levels)) {
    const method = name as "log";
    const plain = console[method].bind(console);
    console[method] = (...parts: unknown[]) => {
      const text = textOf(parts);
      if (!bound.takes(text.length + lineCost)) return;
      if (!post({ t: "printed", level, text, dropped: 0 })) plain(...parts);
    };
  }
}

/** As the console would show it, on bounded space. */
function textOf(parts: readonly unknown[]): string {
  let text = "";
  for (const part of parts.slice(0, 50)) {
    if (text.length > longestPrint) break;
    if (text !== "") text += " ";
    text += typeof part === "string" ? part.slice(0, longestPrint + 1) : shown(part);
  }
  return text.length > longestPrint ? `${text.slice(0, longestPrint - 1)}…` : text;
}

function shown(value: unknown): string {
  try {
    return Deno.inspect(value, { depth: 3, iterableLimit: 20, strAbbreviateSize: 1_000 });
  } catch {
    return `(${typeof value})`;
  }
}
