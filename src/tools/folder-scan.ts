/** Walks a folder: every real folder once, links that lead out of it not followed. */
import { join } from "node:path";
import { isInside } from "./inside.ts";

export interface FoundFile {
  path: string;
  sizeBytes: number;
  mtimeMs: number;
}

/** Names that programs use for what is not finished or not meant to be seen. */
const passing = /^\.|~$|^#.*#$|\.(swp|swx|tmp|temp|part|partial|crdownload|download)$/i;

export function isPassingName(name: string): boolean {
  return passing.test(name);
}

/**
 * All regular files below `folder` whose extension is wanted. What cannot be read is passed over:
 * the next scan sees it again.
 *
 * @param extensions lower case, without the dot
 */
export async function* scanFolder(
  folder: string,
  extensions: ReadonlySet<string>,
): AsyncGenerator<FoundFile> {
  const root = await Deno.realPath(folder).catch(() => null);
  if (root === null) return;
  const seen = new Set<string>([root]);
  const open = [{ path: folder, real: root }];
  while (open.length > 0) {
    const { path } = open.pop()!;
    for (const entry of await listFolder(path)) {
      if (isPassingName(entry.name)) continue;
      const child = join(path, entry.name);
      const real = entry.isSymlink ? await Deno.realPath(child).catch(() => null) : child;
      if (real === null || (entry.isSymlink && !isInside(real, root))) continue;
      const info = await Deno.stat(child).catch(() => null);
      if (info?.isDirectory) {
        const target = await Deno.realPath(child).catch(() => null);
        if (target === null || seen.has(target)) continue;
        seen.add(target);
        open.push({ path: child, real: target });
      } else if (info?.isFile && extensions.has(extensionOf(entry.name))) {
        yield { path: child, sizeBytes: info.size, mtimeMs: info.mtime?.getTime() ?? 0 };
      }
    }
  }
}

export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

async function listFolder(path: string): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(path)) entries.push(entry);
  } catch {
    return entries;
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}
