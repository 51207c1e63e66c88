/** Bounds of one agent's state that the thread keeps by itself (R9). */
import { DreamError } from "../errors.ts";
import type { TurnSystem } from "./system.ts";

/** @throws {DreamError} `crashed` when more of one kind is open than may be */
export function checkOpen(system: TurnSystem, timers: number, most: number): void {
  const open = {
    timers,
    calls: system.work.count("call"),
    asks: system.work.count("ask"),
    runs: system.work.count("run"),
  };
  for (const [what, count] of Object.entries(open)) {
    if (count <= most) continue;
    throw new DreamError(
      "crashed",
      `The agent has ${count} open ${what}; at most ${most} may be`,
      { details: { count, max: most } },
    );
  }
}

/**
 * A state that is too large parks the agent: the next envelope would meet the same end.
 *
 * @throws {DreamError} `not_durable`
 */
export function checkSize(text: string, most: number): void {
  // UTF-8 has at most three bytes for each unit of UTF-16: most states need no counting.
  if (text.length * 3 <= most) return;
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= most) return;
  throw new DreamError(
    "not_durable",
    `The agent's state has ${bytes} bytes; at most ${most} can be stored. ` +
      "Keep less in context: the path of a file, or a key in memory",
    { details: { bytes, max: most } },
  );
}

/**
 * A frame that the control process would not take is the agent's failure here.
 *
 * @param size characters of its texts, about; most frames need no counting
 * @throws {DreamError} `crashed`
 */
export function checkFrame(frame: unknown, size: number, most: number): void {
  // Quotes in texts double, and a unit of UTF-16 has at most three bytes.
  if (size * 6 + 100_000 <= most) return;
  const bytes = new TextEncoder().encode(JSON.stringify(frame)).length;
  if (bytes <= most) return;
  throw new DreamError(
    "crashed",
    `One turn made a frame of ${bytes} bytes; at most ${most} may be. Send less at once`,
    { details: { bytes, max: most } },
  );
}
