/**
 * Dates that a text states in full: year, month and day. Never relative to today, and never of the
 * kind 03/04/2024, which means two days.
 */
import { strict } from "chrono-node/en";

const year = /(?<![\d.])(?:1[5-9]|20)\d\d(?!\d)/gu;
const cjk = /((?:1[5-9]|20)\d\d)\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]/gu;
/** Text around a year that may hold its day and month. */
const around = 32;
const longestWindow = 4_000;
const mostDates = 100;
/** chrono wants a "now"; nothing that depends on it is taken over. */
const reference = new Date(0);

/** ISO 8601 dates (`2024-03-09`) in order of their first mention, without repeats. */
export function datesOf(text: string): string[] {
  const dates = new Set<string>();
  for (const window of windows(text.replace(cjk, (_, y, m, d) => `${y}-${pad(m)}-${pad(d)}`))) {
    for (const result of strict.parse(window, reference)) {
      if (!isPlain(result.text)) continue;
      for (const part of result.end ? [result.start, result.end] : [result.start]) {
        const sure = part.isCertain("year") && part.isCertain("month") && part.isCertain("day");
        if (sure) {
          dates.add(`${part.get("year")}-${pad(part.get("month")!)}-${pad(part.get("day")!)}`);
        }
        if (dates.size >= mostDates) return [...dates];
      }
    }
  }
  return [...dates];
}

/** Parts of the text that hold years; the parser is too slow for all of it. */
function* windows(text: string): Generator<string> {
  let from = -1;
  let until = -1;
  for (const { index } of text.matchAll(year)) {
    if (from >= 0 && index - around <= until && index - from < longestWindow) {
      until = index + around;
      continue;
    }
    if (from >= 0) yield text.slice(from, until);
    // From a space on: half a number would make another day.
    const near = Math.max(0, index - around);
    const space = near === 0 ? 0 : text.slice(near, index).search(/\s/u);
    from = space < 0 ? index : near + space;
    until = index + around;
  }
  if (from >= 0) yield text.slice(from, until);
}

/** A month by name, or year first: everything else can be read in two ways. */
function isPlain(text: string): boolean {
  return /\p{L}{3}/u.test(text) || /^\d{4}-\d{1,2}-\d{1,2}/u.test(text) ||
    /^\d{4}\/\d{1,2}\/\d{1,2}/u.test(text);
}

function pad(number: number | string): string {
  return String(number).padStart(2, "0");
}
