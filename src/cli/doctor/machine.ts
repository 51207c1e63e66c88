/** The machine: disk, clock, open files, memory. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { freemem } from "node:os";
import { dirname } from "node:path";
import { formatBytes } from "../../backup-manifest.ts";
import { systemClock } from "../../clock.ts";
import { defaultLimits } from "../../limits.ts";
import { type Check, findingsOf } from "./finding.ts";

const diskMeans = "Below minFreeBytes new requests are refused, so that what was taken is kept.";
/** Numbers of file systems on other machines, where SQLite's locks cannot be trusted. */
const remoteTypes: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x517b: "SMB",
  0x01021997: "9P",
};

/** Space, and whether the file system keeps its word. */
export const diskCheck: Check = {
  name: "disk",
  means: diskMeans,
  look({ run: { home } }) {
    const { ok, fail, warn } = findingsOf("disk");
    let path = home.path;
    while (!existsSync(path)) path = dirname(path);
    const { bavail, bsize, type, ffree, files } = statfsSync(path);
    const free = bavail * bsize;
    const { minFreeBytes } = defaultLimits;
    const found = `${formatBytes(free)} free for ${path}`;
    const remote = remoteTypes[type];
    if (remote) {
      return [warn({
        found: `${path} is on ${remote}`,
        means: "Locks and fsync of network file systems can fail without a word: a power cut or " +
          "a second machine may damage the database.",
        next: "Put HOME on a disk of this machine: --home DIR",
      })];
    }
    const next = "Free some space";
    if (free < minFreeBytes) return [fail({ found, means: diskMeans, next })];
    if (files > 0 && ffree < 1_000) {
      return [
        fail({ found: `${ffree} files can still be made in ${path}`, means: diskMeans, next }),
      ];
    }
    if (free < 10 * minFreeBytes) return [warn({ found, means: diskMeans, next })];
    return [ok({ found, means: diskMeans })];
  },
};

const clockMeans = "Times in messages, expiry and schedules follow the wall clock; delays and " +
  "restarts do not.";
/** A clock before this cannot be right: the program is younger. */
const earliestMs = Date.UTC(2026, 0, 1);

/** Whether the wall clock can be right, and somebody keeps it so. */
export const clockCheck: Check = {
  name: "clock",
  means: clockMeans,
  async look() {
    const { ok, fail, warn } = findingsOf("clock");
    const nowMs = systemClock.wallMs();
    const found = `It is ${new Date(nowMs).toISOString()}`;
    const next = "Set the clock, and let it be kept: timedatectl set-ntp true";
    if (nowMs < earliestMs) return [fail({ found, means: clockMeans, next })];
    const isKept = await askForSync();
    if (isKept === false) {
      const said = `${found}, and no time service keeps it so`;
      return [warn({ found: said, means: clockMeans, next })];
    }
    return [ok({ found, means: clockMeans })];
  },
};

/** Null where nobody can say. */
function askForSync(): Promise<boolean | null> {
  return new Promise((resolve) => {
    const args = ["show", "-p", "NTPSynchronized", "--value"];
    execFile("timedatectl", args, { timeout: 2_000 }, (error, text) => {
      resolve(error ? null : text.trim() === "yes");
    });
  });
}

const limitMeans = "Every connection, process and file takes one open file.";
const fewestFiles = 1_024;

/** Open files and memory. */
export const resourcesCheck: Check = {
  name: "resources",
  means: limitMeans,
  look() {
    const { ok, warn } = findingsOf("resources");
    const files = openFilesLimit();
    if (files !== null && files < fewestFiles) {
      return [warn({
        found: `${files} open files at most`,
        means: limitMeans,
        next: `ulimit -n ${fewestFiles}, or more`,
      })];
    }
    const free = availableMemory();
    const found = `${formatBytes(free)} of memory free, ${files ?? "any number of"} open files`;
    if (free >= 512 * 1024 * 1024) return [ok({ found, means: limitMeans })];
    const means =
      "An agent in a thread takes 12 MiB and its own data; the system then kills hosts.";
    return [warn({ found, means, next: "Free memory, or lower maxThreads" })];
  },
};

function openFilesLimit(): number | null {
  if (Deno.build.os !== "linux") return null;
  const text = readFileSync("/proc/self/limits", "utf8");
  const [, soft] = /^Max open files\s+(\S+)/m.exec(text) ?? [];
  return soft === undefined || soft === "unlimited" ? null : Number(soft);
}

/** What caches would give back counts as free. */
function availableMemory(): number {
  if (Deno.build.os !== "linux") return freemem();
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
  return match ? Number(match[1]) * 1_024 : freemem();
}
