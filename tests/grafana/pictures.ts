/** Where the picture of a row of the dashboard lies. */
import { folder } from "./rules.ts";

export function pictureOf(row: string): URL {
  return new URL(`pictures/${row.toLowerCase().replaceAll(" ", "-")}.svg`, folder);
}
