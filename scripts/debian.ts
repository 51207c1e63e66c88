/**
 * Programs of Debian's packages for tests and commands, such as Prometheus: the ones installed, or
 * else unpacked from the package into node_modules/.cache, without root and once. Anything but
 * Debian or its descendants has no such packages.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../node_modules/.cache/debian/", import.meta.url));
const longestMs = 60_000;
const places = ["usr/bin", "usr/sbin", "bin"];

/** The file to run, or why there is none. */
export type DebianProgram = { file: string } | { missing: string };

export function debianProgram(name: string, program: string): Promise<DebianProgram> {
  const known = looked.get(`${name} ${program}`);
  if (known) return known;
  const looking = look(name, program);
  looked.set(`${name} ${program}`, looking);
  return looking;
}

/** What a process has looked for: where nothing can be had, once is enough. */
const looked = new Map<string, Promise<DebianProgram>>();

async function look(name: string, program: string): Promise<DebianProgram> {
  if (await succeeds(program, ["--version"])) return { file: program };
  if (!await succeeds("apt-get", ["--version"])) {
    return {
      missing: `${program} is not installed, and this is no Debian: its package is ${name}`,
    };
  }
  const folder = join(cache, name);
  if (!existsSync(folder)) {
    const failure = await unpack(name, folder);
    if (failure) return { missing: `${program}: the package ${name} cannot be had: ${failure}` };
  }
  const file = places.map((place) => join(folder, place, program)).find(existsSync);
  return file ? { file } : { missing: `The package ${name} has no program ${program}` };
}

/** Resolves with what went wrong, or null. */
async function unpack(name: string, folder: string): Promise<string | null> {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "work-"));
  try {
    // A fresh machine has no lists of packages; with lists of one's own no root is needed.
    const lists = join(work, "lists");
    mkdirSync(join(lists, "partial"), { recursive: true });
    const patience = ["-o", "Acquire::http::Timeout=15", "-o", "Acquire::Retries=1"];
    const own = [...patience, "-o", `Dir::State::lists=${lists}`, "-o", `Dir::Cache=${work}`];
    const found = await succeeds("apt-get", [...patience, "download", name], work) ||
      (await succeeds("apt-get", [...own, "update"], work) &&
        await succeeds("apt-get", [...own, "download", name], work));
    const file = readdirSync(work).find((one) => one.endsWith(".deb"));
    if (!found || !file) return "apt-get download failed";
    const files = join(work, "files");
    if (!await succeeds("dpkg-deb", ["-x", join(work, file), files])) return "dpkg-deb -x failed";
    renameSync(files, folder);
    return null;
  } catch (error) {
    // Another process was first.
    return existsSync(folder) ? null : String(error);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function succeeds(program: string, args: string[], cwd?: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(longestMs),
    }).output();
    return success;
  } catch {
    return false;
  }
}
