/** Paths as a person in a shell would type them. */
import { isAbsolute, relative } from "node:path";

/** Relative when the path lies in the current folder, else as it is. */
export function nearPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === "" ? "." : near.startsWith("..") || isAbsolute(near) ? path : near;
}
