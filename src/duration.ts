/** Times as people write them: `10m`, `1.5s`, `250` (milliseconds), or a moment: `10m` ago. */

const unitMs: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const duration = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/;
const isoMoment =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** How a duration is written, for messages. */
export const durationForm = "a duration such as 250ms, 30s, 10m, 2h or 7d";

/**
 * Reads a duration; a number alone is milliseconds.
 *
 * @returns whole milliseconds, or null when `text` is no duration
 */
export function parseDuration(text: string): number | null {
  const match = duration.exec(text.trim());
  if (!match) return null;
  const ms = Number(match[1]) * unitMs[match[2] ?? "ms"]!;
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : null;
}

/**
 * Reads a moment: a duration with its unit means so long before `nowMs`; else ISO 8601, or epoch
 * milliseconds as the API's answers hold them.
 *
 * @returns epoch milliseconds, or null when `text` is none of these
 */
export function parseMoment(text: string, nowMs: number): number | null {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) {
    const ms = Number(trimmed);
    return Number.isSafeInteger(ms) ? ms : null;
  }
  const ago = parseDuration(trimmed);
  if (ago !== null) return nowMs - ago;
  if (!isoMoment.test(trimmed)) return null;
  const ms = Date.parse(trimmed.replace(" ", "T"));
  return Number.isNaN(ms) ? null : ms;
}

/** Writes a duration for a table: `850ms`, `12s`, `4m`, `3h`, `2d`; rounded down. */
export function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"]) {
    if (ms >= unitMs[unit]!) return `${Math.floor(ms / unitMs[unit]!)}${unit}`;
  }
  return `${Math.max(0, Math.floor(ms))}ms`;
}
