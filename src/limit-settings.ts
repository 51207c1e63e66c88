/** Limits as settings: how each is written, and what they are on this machine. */
import { availableParallelism } from "node:os";
import { z } from "zod";
import { durationForm, parseDuration } from "./duration.ts";
import { DreamError } from "./errors.ts";
import { defaultLimits, type Limits } from "./limits.ts";

/** Limits that may be 0: everything else has to be 1 or more. */
const mayBeZero = new Set<string>(["idleAfterMs", "minFreeBytes", "killGraceMs", "drainMs"]);

export const limitNames = Object.keys(defaultLimits) as (keyof Limits)[];
export const limits = z.strictObject(
  Object.fromEntries(limitNames.map((name) => [name, limitSchema(name).optional()])),
);

/** A number, or its digits; `wanted` says which. */
export function wholeNumber(wanted: string, min: number, max: number) {
  const digits = z.string().regex(/^\d+$/).transform(Number);
  const number = z.union([z.number(), digits], `wanted ${wanted}`);
  return number.pipe(
    z.number().int(`wanted ${wanted}`).min(min, `wanted ${wanted}`)
      .max(max, `wanted ${wanted}`),
  );
}

function limitSchema(name: string) {
  const min = mayBeZero.has(name) ? 0 : 1;
  if (!name.endsWith("Ms")) {
    return wholeNumber(`a whole number from ${min}`, min, Number.MAX_SAFE_INTEGER);
  }
  const wanted = `${durationForm}, at least ${min} ms`;
  const text = z.string().transform((value) => parseDuration(value) ?? NaN);
  return z.union([z.number(), text], `wanted ${wanted}`)
    .pipe(z.number(`wanted ${wanted}`).int(`wanted ${wanted}`).min(min, `wanted ${wanted}`));
}

/** What an agent in a thread takes beside its own data, and the part of the memory for all. */
const threadBytes = 12 * 1024 * 1024;
const threadsShare = 0.5;
const fewestThreads = 8;

/** As many threads as memory allows, up to the default (R7). */
function threadsFor(memoryBytes: number): number {
  const most = Math.floor(memoryBytes * threadsShare / threadBytes);
  return Math.min(defaultLimits.maxThreads, Math.max(fewestThreads, most));
}

/** Defaults that depend on the machine. */
export function limitsOfMachine(memoryBytes: number): Partial<Limits> {
  return {
    maxThreads: threadsFor(memoryBytes),
    turnsInHand: Math.max(defaultLimits.turnsInHand, 2 * availableParallelism()),
  };
}

/** The defaults, with what the sources say instead; the last one wins. */
export function joinLimits(...sources: (Partial<Record<string, number>> | undefined)[]): Limits {
  const joined: Limits = { ...defaultLimits };
  for (const source of sources) {
    for (const name of limitNames) joined[name] = source?.[name] ?? joined[name];
  }
  const inside = joined.payloadBytes + joined.stateBytes;
  if (joined.frameBytes >= inside && joined.bodyBytes >= joined.payloadBytes) return joined;
  throw new DreamError(
    "bad_config",
    "Cannot use these limits: frameBytes has to hold payloadBytes and stateBytes together " +
      `(${joined.frameBytes} of ${inside}), bodyBytes has to hold payloadBytes ` +
      `(${joined.bodyBytes} of ${joined.payloadBytes})`,
    { details: { key: "limits" } },
  );
}
