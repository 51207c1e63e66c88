/** The configuration's file as a backup keeps it, for a HOME that may lie elsewhere. */
import { readFileSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { pathSettings } from "./config.ts";
import type { Home } from "./home.ts";

/**
 * Paths in it are relative to HOME; those that lead out of it become absolute.
 *
 * @returns JSON text; null when there is no file or none that could be read at a start
 */
export function portableConfig({ path, configFile }: Home): string | null {
  let settings: Record<string, unknown>;
  try {
    settings = JSON.parse(readFileSync(configFile, "utf8"));
  } catch {
    return null;
  }
  for (const name of pathSettings) {
    const value = settings[name];
    if (typeof value !== "string" || isAbsolute(value)) continue;
    const target = resolve(path, value);
    if (relative(path, target).startsWith("..")) settings[name] = target;
  }
  return `${JSON.stringify(settings, null, 2)}\n`;
}
