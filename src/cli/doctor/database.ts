/** The database: whole, of a schema that is known, not of the future. */
import { existsSync } from "node:fs";
import { formatBytes } from "../../backup-manifest.ts";
import { systemClock } from "../../clock.ts";
import { type Check, findingsOf } from "./finding.ts";

const means = "All that agents know and were told is in this one file.";
/** Larger ones take longer to look through than a person waits, unless asked to. */
const mostBytes = 2 * 1024 ** 3;
const mostWalBytes = 512 * 1024 ** 2;
const mostAheadMs = 60_000;

/** Reads beside a service that runs, and changes nothing. */
export const databaseCheck: Check = {
  name: "database",
  means,
  async look({ run: { home }, deep, holder }) {
    const { ok, fail, warn } = findingsOf("database");
    const file = home.databaseFile;
    if (!existsSync(file)) return [ok({ found: "There is none yet", means })];
    const { examine } = await import("../offline.ts");
    const most = deep ? Number.MAX_SAFE_INTEGER : mostBytes;
    const seen = await examine({ file, isHeld: Boolean(holder), most });
    const restore = "Restore a backup: dreamos restore FILE --home DIR; see docs/backup.md";
    if (seen.integrity !== null && seen.integrity !== "ok") {
      return [fail({ found: `${file} is damaged: ${seen.integrity}`, means, next: restore })];
    }
    if (seen.schema > seen.known) {
      return [fail({
        found: `Its schema is ${seen.schema}, this program knows up to ${seen.known}`,
        means: "A newer dreamos has written it; this one would not understand all of it.",
        next: "Install the newer version, or restore a backup of this one",
      })];
    }
    const size = formatBytes(seen.sizeBytes + seen.walBytes);
    const findings = [];
    if (seen.walBytes > mostWalBytes) {
      findings.push(warn({
        found: `${formatBytes(seen.walBytes)} wait beside the file to be put into it`,
        means: "A reader that never ends, or a disk that was full, keeps the log from being cut.",
        next: "dreamos down and up puts it right",
      }));
    }
    if ((seen.newestMs ?? 0) > systemClock.wallMs() + mostAheadMs) {
      findings.push(warn({
        found: `Its newest message is of ${new Date(seen.newestMs!).toISOString()}`,
        means: "The clock was set back since, or was wrong then: what expires does so late.",
        next: "Look at the clock",
      }));
    }
    if (seen.integrity === null) {
      findings.push(warn({
        found: `${size}: too large to be looked through in passing`,
        means,
        next: "dreamos doctor --deep looks through all of it",
      }));
    }
    if (findings.length > 0) return findings;
    const older = seen.schema < seen.known ? ", which the next start brings to this version's" : "";
    return [ok({ found: `${size}, whole; schema ${seen.schema}${older}`, means })];
  },
};
