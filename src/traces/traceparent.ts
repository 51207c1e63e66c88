/** The `traceparent` header of W3C Trace Context (level 1). */

export interface TraceContext {
  /** 32 hex digits. */
  traceId: string;
  /** 16 hex digits: the caller's span, the parent of what comes. */
  spanId: string;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;

/**
 * The header as it travels on in envelopes: version 00, which later versions start like.
 *
 * @returns null for what is none, as the standard wants: then nothing is traced
 */
export function readTraceparent(header: string | null): string | null {
  const match = header === null ? null : form.exec(header);
  if (!match) return null;
  const [, version, traceId, spanId, flags, more] = match;
  if (version === "ff" || (version === "00" && more !== undefined)) return null;
  if (zeros.test(traceId!) || zeros.test(spanId!)) return null;
  return `00-${traceId}-${spanId}-${flags}`;
}

/** Of a sampled trace. */
export function writeTraceparent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Whether somebody upstream wants spans. Looks at one character: it is asked for each envelope. */
export function isSampled(trace: string): boolean {
  const digit = trace.charCodeAt(54);
  // Digits are odd where their codes are, letters where theirs are even.
  return (digit < 58 ? digit : digit + 1) % 2 === 1;
}

/** Its 32 hex digits; the text must have passed `readTraceparent`. */
export function traceIdOf(trace: string): string {
  return trace.slice(3, 35);
}

/** The 16 hex digits of the caller's span. */
export function spanIdOf(trace: string): string {
  return trace.slice(36, 52);
}
