/**
 * HOME, the one folder that is written, and what every part finds in it. Imports next to nothing,
 * so that short commands start fast.
 */
import { join, resolve } from "node:path";

export interface Home {
  path: string;
  /** Written by people: configuration (config.ts). */
  configFile: string;
  /** Written at start: `{ url, pid }`. */
  serviceFile: string;
  /** Made once, mode 0600: the bearer token of the API. */
  tokenFile: string;
  databaseFile: string;
  /** There while a backup is made. */
  backupFolder: string;
  /** There while a backup is restored, or when that was cut off. */
  restoreFolder: string;
  /** Where files are dropped to be read, unless configured otherwise. */
  inboxFolder: string;
}

/** HOME: the flag, else `DREAMOS_HOME`, else `./runtime`; relative to `cwd`. */
export function findHome(options: {
  flag?: string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}): Home {
  const path = resolve(options.cwd, options.flag || options.env.DREAMOS_HOME || "runtime");
  return {
    path,
    configFile: join(path, "config.json"),
    serviceFile: join(path, "service.json"),
    tokenFile: join(path, "token"),
    databaseFile: join(path, "dreamos.db"),
    backupFolder: join(path, "backup.part"),
    restoreFolder: join(path, "restore.part"),
    inboxFolder: join(path, "inbox"),
  };
}
