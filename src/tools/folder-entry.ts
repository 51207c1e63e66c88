/** What lies at a path of a watched folder, and whether it is for us. */
import { basename, join } from "node:path";
import { isInside } from "./inside.ts";
import { errorKindOf, factsOfInfo, type FileFacts } from "./open-file.ts";

export interface FoundFile {
  path: string;
  /** Behind a link; else the path itself. */
  real: string;
  facts: FileFacts;
}

export interface Skipped {
  path: string;
  code: "denied" | "file_unreadable" | "file_too_large" | "file_not_text";
  message: string;
  /** The same trouble has the same mark: it is told once. */
  mark: string;
}

export type Entry =
  | { is: "file"; file: FoundFile }
  | { is: "folder"; path: string }
  | { is: "skipped"; skipped: Skipped }
  /** Not there, or not for us. */
  | { is: "nothing" };

export interface Watched {
  /** As it is named to others: paths of files begin with it. */
  folder: string;
  /** Behind all links. */
  real: string;
  /** Lower case, without the dot. */
  extensions: ReadonlySet<string>;
}

/** Names that programs use for what is not finished or not meant to be seen. */
const passing = /^\.|~$|^#.*#$|\.(swp|swx|tmp|temp|part|partial|crdownload|download)$/i;
/** In bytes: longer ones cannot be opened. */
const longestPath = 4_000;
const encoder = new TextEncoder();
const nothing: Entry = { is: "nothing" };

export function isPassingName(name: string): boolean {
  return passing.test(name);
}

function isTooLong(path: string): boolean {
  // A character has at most three bytes in UTF-8, or four where it counts as two.
  return path.length * 3 > longestPath && encoder.encode(path).length > longestPath;
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

function isWanted(name: string, { extensions }: Watched): boolean {
  return extensions.has(extensionOf(name));
}

/**
 * Links to folders are not followed: what lies in the watched folder has its own place there, what
 * lies outside is not ours, and so no circle has to be found out.
 *
 * @throws never
 */
export async function entryAt(path: string, watched: Watched): Promise<Entry> {
  const name = basename(path);
  if (isPassingName(name)) return nothing;
  if (isTooLong(path)) {
    return skip(path.slice(0, longestPath), "file_unreadable", "Its path is too long", "long");
  }
  try {
    const info = await Deno.lstat(path);
    if (info.isDirectory) return { is: "folder", path };
    if (info.isSymlink) return await linkedEntry(path, watched);
    if (!isWanted(name, watched)) return nothing;
    if (!info.isFile) return skip(path, "file_unreadable", "It is no regular file", "no file");
    return { is: "file", file: { path, real: path, facts: factsOfInfo(info) } };
  } catch (error) {
    return troubleAt(path, error, watched);
  }
}

async function linkedEntry(path: string, watched: Watched): Promise<Entry> {
  const real = await Deno.realPath(path);
  if (!isInside(real, watched.real)) {
    return isWanted(basename(path), watched)
      ? skip(path, "denied", "It is a link that leads out of the folder", "outside")
      : nothing;
  }
  const info = await Deno.stat(real);
  if (info.isDirectory) {
    const message = "It is a link to a folder, which is read at its own place";
    return skip(path, "file_unreadable", message, "folder link");
  }
  if (!isWanted(basename(path), watched)) return nothing;
  if (!info.isFile) return skip(path, "file_unreadable", "It is no regular file", "no file");
  return { is: "file", file: { path, real, facts: factsOfInfo(info) } };
}

function troubleAt(path: string, error: unknown, watched: Watched): Entry {
  const kind = errorKindOf(error);
  // A name that is no UTF-8 is listed with replacement characters, which do not lead to it: then
  // it may also be a folder.
  if (kind === "missing" && basename(path).includes("\ufffd")) {
    return skip(path, "file_unreadable", "Its name is no UTF-8", "name");
  }
  if (!isWanted(basename(path), watched)) return nothing;
  switch (kind) {
    case "missing":
      return nothing;
    case "denied":
      return skip(path, "denied", "It leads out of the folder", "outside");
    case "forbidden":
      return skip(path, "file_unreadable", "Its permissions forbid reading it", "forbidden");
    case "loop":
      return skip(path, "file_unreadable", "It is a link that leads back to itself", "loop");
    default:
      return skip(path, "file_unreadable", "The system cannot read it", "other");
  }
}

function skip(path: string, code: Skipped["code"], message: string, mark: string): Entry {
  return { is: "skipped", skipped: { path, code, message, mark } };
}

/** Entries that are looked at side by side. */
const atOnce = 32;

/**
 * Everything that is for us directly in one folder, sorted by name.
 *
 * @throws {Error} when it cannot be listed: nobody knows then what is in it
 */
export async function* entriesIn(folder: string, watched: Watched): AsyncGenerator<Entry> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isPassingName(name) || isFile && !isWanted(name, watched)) continue;
    names.push(name);
  }
  names.sort();
  for (let at = 0; at < names.length; at += atOnce) {
    const some = names.slice(at, at + atOnce);
    yield* await Promise.all(some.map((name) => entryAt(join(folder, name), watched)));
  }
}
