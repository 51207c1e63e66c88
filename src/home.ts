/**
 * HOME, the one folder that is written, and what every part finds in it. Imports nothing, not even
 * node:path, so that short commands start fast.
 */

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
  /** The central log, one JSON line per entry, and its archives. */
  logFolder: string;
  /** Where files are dropped to be read, unless configured otherwise. */
  inboxFolder: string;
}

/** HOME: the flag, else `DREAMOS_HOME`, else `./runtime`; relative to `cwd`. */
export function findHome(options: {
  flag?: string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}): Home {
  const path = absolute(options.cwd, options.flag || options.env.DREAMOS_HOME || "runtime");
  const join = (folder: string, name: string) => `${folder === "/" ? "" : folder}/${name}`;
  return {
    path,
    configFile: join(path, "config.json"),
    serviceFile: join(path, "service.json"),
    tokenFile: join(path, "token"),
    databaseFile: join(path, "dreamos.db"),
    backupFolder: join(path, "backup.part"),
    restoreFolder: join(path, "restore.part"),
    logFolder: join(path, "logs"),
    inboxFolder: join(path, "inbox"),
  };
}

/** `path` as seen from `cwd`, an absolute path. */
function absolute(cwd: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${cwd}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
