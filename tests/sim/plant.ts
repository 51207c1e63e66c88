/** Plants each bug in a copy of the sources and lets the simulation look for it. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bug, bugs } from "./bugs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const copied = ["src", "tests/sim", "tests/torture/random.ts", "package.json", "deno.json"];
/** A bug may keep the simulation itself from coming to an end. */
const mostMs = 120_000;

/** @throws when the place of a bug is not there, or not the only one */
export function planted(text: string, { name, file, find, replace }: Bug): string {
  const count = text.split(find).length - 1;
  if (count !== 1) throw new Error(`${file}: the place of "${name}" occurs ${count} times`);
  return text.replace(find, () => replace);
}

export function readSource({ file }: Bug): Promise<string> {
  return readFile(join(root, "src", file), "utf8");
}

/** @returns how many were found */
export async function plantAll(args: readonly string[], say: (line: string) => void) {
  const folder = await mkdtemp(join(tmpdir(), "dreamos-sim-"));
  let found = 0;
  try {
    for (const path of copied) await cp(join(root, path), join(folder, path), { recursive: true });
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const sound = await search(folder, args);
    if (sound !== null) throw new Error(`Without any planted bug: ${sound}`);
    for (const bug of bugs) {
      const text = await readSource(bug);
      const path = join(folder, "src", bug.file);
      await writeFile(path, planted(text, bug));
      const how = await search(folder, args);
      await writeFile(path, text);
      if (how !== null) found++;
      say(`${how === null ? "MISSED" : "found "}  ${bug.name}: ${how ?? bug.file}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  say(`${found} of ${bugs.length} planted bugs found`);
  return { found, all: bugs.length };
}

/** @returns what the simulation found, or null */
async function search(folder: string, args: readonly string[]): Promise<string | null> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "tests/sim/main.ts", ...args],
    cwd: folder,
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(mostMs),
  });
  const { code, signal, stdout, stderr } = await child.output();
  if (code === 0) return null;
  const text = new TextDecoder();
  const line = text.decode(stdout).split("\n").find((one) => one.startsWith("seed "));
  if (line) return line;
  if (signal !== null) return "it came to no end";
  throw new Error(`The simulation did not run: ${text.decode(stderr).slice(0, 2_000)}`);
}
