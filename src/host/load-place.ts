/** From a place in a bundle to the place in its author's files. */
import { SourceMap } from "node:module";
import { dirname, resolve } from "node:path";
import { type BundleOptions, sourceMapOf } from "./bundle.ts";
import type { Bundle } from "./hosts.ts";

/** `new Function` writes its parameters in front of the code that it is given. */
const linesBefore = 2;

/**
 * Where a bundle threw while it was loaded: `file:line:column`, the file absolute; null when that
 * cannot be known.
 *
 * @param modulePath absolute path of the agent's module
 * @param stack frames of the bundle as its thread tells them, so perhaps made up
 */
export async function placeOf(
  modulePath: string,
  bundle: Bundle,
  stack: string | null,
  options: BundleOptions = {},
): Promise<string | null> {
  const frames = Array.from((stack ?? "").matchAll(/<anonymous>:(\d{1,9}):(\d{1,9})\)?$/gm));
  if (frames.length === 0) return null;
  const json = await sourceMapOf(modulePath, bundle, options);
  if (json === null) return null;
  const map = new SourceMap(JSON.parse(json));
  for (const [, line, column] of frames) {
    const entry = map.findEntry(Number(line) - linesBefore - 1, Number(column) - 1);
    if (!("originalSource" in entry)) continue;
    const { originalSource, originalLine, originalColumn } = entry;
    // Places are counted from 0 in maps, from 1 in editors.
    const file = resolve(dirname(modulePath), originalSource);
    return `${file}:${originalLine + 1}:${originalColumn + 1}`;
  }
  return null;
}
