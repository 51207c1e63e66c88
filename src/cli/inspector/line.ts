/**
 * A line of the screen as data: parts with how they look. Only default colours of the terminal are
 * used, and no background but its inverse, so that dark and light terminals are served alike; and
 * no colour says what a word does not say too.
 */
import { cut, harmless } from "../text.ts";
import { paintText, type Tint } from "../tints.ts";
import { widthOf } from "../width.ts";

export interface Part {
  text: string;
  tint?: Tint;
  bold?: boolean;
}

export interface Line {
  parts: readonly Part[];
  /** Of the chosen row, over the whole width. */
  isInverse?: boolean;
}

/** At most `width` columns, with `…` where something is missing. */
export function fit(text: string, width: number): string {
  return width <= 0 ? "" : cut(text, width);
}

/** Exactly `width` columns. */
export function fill(text: string, width: number, right = false): string {
  const kept = fit(text, width);
  const gap = " ".repeat(Math.max(0, width - widthOf(kept)));
  return right ? gap + kept : kept + gap;
}

/** A line of one part. */
export function say(text: string, tint?: Tint, bold = false): Line {
  return { parts: [tint === undefined ? { text, bold } : { text, tint, bold }] };
}

/** The line as text with escape sequences, cut to `width` columns. */
export function paint({ parts, isInverse }: Line, width: number, hasColour: boolean): string {
  let left = width;
  let out = "";
  for (const { text, tint, bold } of parts) {
    // Names, kinds, replies: all of it is somebody else's words.
    const shown = fit(harmless(text), left);
    left -= widthOf(shown);
    // A bar of several colours would hide which row is meant.
    out += wrapIn(shown, isInverse ? undefined : tint, bold === true, hasColour);
    if (left <= 0) break;
  }
  return isInverse ? `\x1b[7m${out}${" ".repeat(Math.max(0, left))}\x1b[27m` : out;
}

function wrapIn(text: string, tint: Tint | undefined, bold: boolean, hasColour: boolean): string {
  if (text === "") return "";
  // Dim and bold are no colours, and stay without them.
  const isSeen = tint !== undefined && (hasColour || tint === "dim" || tint === "bold");
  const out = isSeen ? paintText(tint, text) : text;
  return bold ? paintText("bold", out) : out;
}

/** Bytes as people read them: `812K`, `13M`. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  for (const [unit, size] of [["G", 2 ** 30], ["M", 2 ** 20], ["K", 2 ** 10]] as const) {
    if (bytes >= size) {
      const count = bytes / size;
      return `${count < 10 ? count.toFixed(1) : Math.round(count)}${unit}`;
    }
  }
  return "";
}

/** A count in at most five columns: `9999`, `12k`, `3.4M`. */
export function countText(count: number): string {
  if (count < 10_000) return String(count);
  if (count < 1_000_000) return `${Math.floor(count / 1_000)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}

/** Turns a second: `0.2`, `13`, `1.2k`; nothing for none. */
export function rateText(perSecond: number): string {
  if (perSecond <= 0) return "";
  if (perSecond < 10) return perSecond.toFixed(1);
  return perSecond < 10_000 ? String(Math.round(perSecond)) : countText(perSecond);
}
