/** Ink's keys as ours. Several keys that came at once are told apart. */
import type { Key as InkKey } from "ink";
import type { Key } from "./key.ts";

const controls: Readonly<Record<string, NonNullable<Key["name"]>>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x1b": "escape",
};

/** One key, or one for each character of what came in one piece. */
export function readKeys(input: string, key: InkKey): Key[] {
  const { ctrl: isCtrl, shift: isShift } = key;
  const name = nameOf(key);
  if (name !== null) return [{ input: "", name, isCtrl, isShift }];
  if (isCtrl) return [{ input, name: null, isCtrl, isShift }];
  // Alt with a key, and sequences that nobody knows, mean nothing.
  if (key.meta) return [];
  return [...new Intl.Segmenter().segment(input)].map(({ segment }) => {
    const control = controls[segment] ?? null;
    return { input: control ? "" : segment, name: control, isCtrl: false, isShift };
  });
}

function nameOf(key: InkKey): Key["name"] {
  if (key.upArrow) return "up";
  if (key.downArrow) return "down";
  if (key.leftArrow) return "left";
  if (key.rightArrow) return "right";
  if (key.pageUp) return "pageUp";
  if (key.pageDown) return "pageDown";
  if (key.home) return "home";
  if (key.end) return "end";
  if (key.return) return "enter";
  if (key.escape) return "escape";
  if (key.tab) return "tab";
  if (key.backspace) return "backspace";
  return key.delete ? "delete" : null;
}
