/** Paths as a person in a shell would type them. */
import { isAbsolute, relative } from "node:path";

/** Relative when the path lies in the current folder, else as it is. */
export function nearPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === "" ? "." : near.startsWith("..") || isAbsolute(near) ? path : near;
}

/** As one word for a shell: only what has special characters gets quotes. */
export function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
