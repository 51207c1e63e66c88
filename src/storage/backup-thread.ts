/// <reference lib="deno.worker" />
/**
 * Makes one backup, in a thread of its own with a connection of its own: the copy is one read
 * transaction, so it is of one moment, and the writer goes on meanwhile.
 */
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { measure, type Source, writeArchive } from "../backup-archive.ts";
import { type BackupManifest, configName, databaseName, leftOut } from "../backup-manifest.ts";
import type { BackupOrder, BackupReport } from "./backups.ts";
import { countsOf, schemaOf } from "./counts.ts";

/** A whole copy of the database, without holes, in a file of its own. */
function copyDatabase(
  from: string,
  to: string,
): { schema: number; counts: BackupManifest["counts"] } {
  // Made here, so that it has its mode from the first byte on.
  closeSync(openSync(to, "wx", 0o600));
  const source = new Database(from, { readonly: true });
  try {
    source.exec("PRAGMA busy_timeout = 5000");
    source.prepare("VACUUM INTO ?").run(to);
  } finally {
    source.close();
  }
  const copy = new Database(to, { readonly: true });
  try {
    return { schema: schemaOf(copy), counts: countsOf(copy) };
  } finally {
    copy.close();
  }
}

async function make({ database, folder, config, about }: BackupOrder): Promise<BackupReport> {
  const copy = join(folder, databaseName);
  const path = join(folder, "backup.tar.gz");
  const found = copyDatabase(database, copy);
  const sources: Source[] = [];
  const files: BackupManifest["files"] = [];
  if (config !== null) {
    const source = { bytes: new TextEncoder().encode(config) };
    sources.push(source);
    files.push({ name: configName, ...await measure(source) });
  }
  sources.push({ path: copy });
  files.push({ name: databaseName, ...await measure({ path: copy }) });
  const manifest: BackupManifest = {
    ...{ what: "dreamos-backup", format: 1, ...about, ...found, files, leftOut },
  };
  await writeArchive(path, manifest, sources);
  rmSync(copy);
  return { t: "made", path, manifest };
}

self.onmessage = ({ data }: MessageEvent<BackupOrder>) => {
  make(data).catch((error): BackupReport => {
    // The driver's own message can hold more than its code.
    const { code, name } = error as { code?: unknown; name?: unknown };
    return { t: "failed", code: String(code ?? name).slice(0, 80) };
  }).then((report) => {
    self.postMessage(report);
    self.close();
  });
};
