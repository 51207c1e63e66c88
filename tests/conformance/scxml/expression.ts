/** The ECMAScript data model: expressions over the context and `_event`. */
import type { Given } from "../case.ts";

/** A document that does not apply, with the reason. */
export class Unsupported extends Error {}

const unknown: readonly [RegExp, string][] = [
  [/\bIn\s*\(/, "In()"],
  [/\b_(name|ioprocessors|x)\b/, "system variables of SCXML"],
  [
    /\b_event\.(type|raw)\b/,
    "fields of _event that XState lacks",
  ],
];

/** @throws {Unsupported} for what XState has no word for */
export function checkExpression(expr: string): void {
  for (const [pattern, reason] of unknown) if (pattern.test(expr)) throw new Unsupported(reason);
  if (!compiles(expr)) throw new Unsupported("events of SCXML's own errors");
}

function compiles(expr: string): boolean {
  try {
    return new Function(`return (${expr});`) !== null;
  } catch {
    return false;
  }
}

const names = /^[A-Za-z_$][\w$]*$/;

/** Evaluates text of a trusted test document. */
export function evaluate(expr: string, { context, event }: Given): unknown {
  const keys = Object.keys(context).filter((key) => names.test(key));
  const { type, data } = event;
  const made = new Function("_event", "_sessionid", ...keys, `return (${expr});`);
  return made({ name: type, data }, "session", ...keys.map((key) => context[key]));
}
