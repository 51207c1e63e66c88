/**
 * What a swarm folder brings of the packages that an agent is given by its thread (R13): there is
 * one copy of xstate and zod in a thread, that of Dream.OS, whatever stands in the folder.
 */
import { readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** Versions that differ so much that code for one does not run with the other. */
export interface Clash {
  name: string;
  brought: string;
  given: string;
  /** The import stands in a package of the folder, not in the author's own files. */
  isInPackage: boolean;
}

/**
 * Looks whether `importer` would get another major version of `path`'s package from its own folder.
 *
 * @param folder where the import is resolved from, absolute
 * @returns null where the one of Dream.OS can stand in, or none is there
 */
export function clashOf(path: string, folder: string): Clash | null {
  const name = path.split("/")[0]!;
  if (name === "dreamos") return null;
  const brought = versionFrom(name, folder);
  const given = versionFrom(name, here);
  if (brought === null || given === null || majorOf(brought) === majorOf(given)) return null;
  const isInPackage = folder.split(sep).includes("node_modules");
  return { name, brought, given, isInPackage };
}

/** Version of the package as Node resolves it from `folder`; null when there is none. */
function versionFrom(name: string, folder: string): string | null {
  for (let at = folder;; at = dirname(at)) {
    const version = readVersion(join(at, "node_modules", name, "package.json"));
    if (version !== null || dirname(at) === at) return version;
  }
}

function readVersion(path: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { version?: unknown };
    return typeof version === "string" ? version : null;
  } catch {
    return null;
  }
}

function majorOf(version: string): string {
  return version.split(".")[0]!;
}
