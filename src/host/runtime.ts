/**
 * The files that hosts and threads are started from: one each, so that a thread starts fast and
 * needs to read nothing else. Named by content; built again only when an input has changed.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type BundleOptions, bundleRuntime } from "./bundle.ts";

/** Absolute paths. */
export interface RuntimeFiles {
  host: string;
  thread: string;
}

const sources = {
  host: fileURLToPath(new URL("./host.ts", import.meta.url)),
  thread: fileURLToPath(new URL("./thread.ts", import.meta.url)),
};
/** Decides how things are built, so it counts as an input. */
const bundler = fileURLToPath(new URL("./bundler.ts", import.meta.url));

const recordShape = z.strictObject({
  entries: z.array(z.string()),
  /** Path → SHA-256: times say nothing, npm gives all files of a package one date. */
  inputs: z.record(z.string(), z.string()),
  host: z.string(),
  thread: z.string(),
});

function hashOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function hashFile(path: string): string | null {
  try {
    return hashOf(readFileSync(path));
  } catch {
    return null;
  }
}

function readRecord(file: string): z.output<typeof recordShape> | null {
  try {
    return recordShape.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

/**
 * Builds into `folder`, or finds what was built there. Files of another version are left alone, as
 * hosts may still run from them.
 * @param entries other sources, for tests
 */
export async function buildRuntime(
  folder: string,
  entries: { host: string; thread: string } = sources,
  options: BundleOptions = {},
): Promise<RuntimeFiles> {
  mkdirSync(folder, { recursive: true });
  const wanted = [entries.host, entries.thread];
  const recordFile = join(folder, "runtime.json");
  const record = readRecord(recordFile);
  const isFresh = record !== null && record.entries.join("\n") === wanted.join("\n") &&
    Object.entries(record.inputs).every(([path, hash]) => hashFile(path) === hash);
  if (isFresh) return { host: record.host, thread: record.thread };

  const [host, thread] = await bundleRuntime(wanted, options);
  const files = {
    host: write(folder, "host", host!.code),
    thread: write(folder, "thread", thread!.code),
  };
  const inputs: Record<string, string> = {};
  // The built files count too: one that was changed or removed is built again.
  for (const path of [bundler, files.host, files.thread, ...host!.inputs, ...thread!.inputs]) {
    inputs[path] = hashFile(path) ?? "";
  }
  replace(recordFile, JSON.stringify({ entries: wanted, inputs, ...files }));
  return files;
}

function write(folder: string, name: string, code: string): string {
  const path = join(folder, `${name}-${hashOf(code).slice(0, 16)}.js`);
  replace(path, code);
  return path;
}

/** Whole or not at all, whenever the process ends. */
function replace(path: string, text: string): void {
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text);
  renameSync(draft, path);
}
