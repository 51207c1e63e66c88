/** One running instance per HOME: a kernel lock that dies with its holder. */
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DreamError } from "../errors.ts";
import type { Home } from "../home.ts";

export interface HomeLock {
  release(): void;
}

/**
 * Makes HOME (0700) and takes it.
 *
 * @throws {DreamError} `home_in_use` with the holder's pid; `bad_config` when it cannot be made
 */
export function lockHome(home: string, pid: number): HomeLock {
  const path = join(home, "lock");
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    chmodSync(home, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DreamError("bad_config", `Cannot use ${home} as HOME: ${reason}`, { cause: error });
  }
  const file = Deno.openSync(path, { create: true, read: true, write: true, mode: 0o600 });
  if (!file.tryLockSync(true)) {
    const holder = new TextDecoder().decode(Deno.readFileSync(path)).trim();
    file.close();
    throw new DreamError("home_in_use", `Cannot use ${home}: process ${holder} runs there`, {
      details: { pid: Number(holder) || 0 },
    });
  }
  file.truncateSync(0);
  file.writeSync(new TextEncoder().encode(String(pid)));
  return {
    release() {
      file.truncateSync(0);
      file.close();
    },
  };
}

/**
 * Else a system without anything would start where one was to be restored.
 *
 * @throws {DreamError} `restore_unfinished`
 */
export function refuseHalfRestored({ path, databaseFile, restoreFolder }: Home): void {
  if (existsSync(databaseFile) || !existsSync(restoreFolder)) return;
  throw new DreamError("restore_unfinished", `Cannot start: a restore into ${path} was cut off`);
}
