/** Whether a path lies in a folder, by its names alone: links are resolved by the caller. */
import { relative, resolve, sep } from "node:path";

export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, resolve(path));
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !way.startsWith("/"));
}
