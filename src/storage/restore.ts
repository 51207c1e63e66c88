/**
 * From a backup to a HOME that a system can start from. Everything is written beside the place
 * where it belongs; the database is moved there last, so that a restore is done whole or not at
 * all.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { readArchive } from "../backup-archive.ts";
import {
  type BackupManifest,
  badBackup,
  configName,
  databaseName,
  formatBytes,
} from "../backup-manifest.ts";
import { DreamError } from "../errors.ts";
import type { Home } from "../home.ts";
import { countsOf, schemaOf } from "./counts.ts";
import { checkVersion } from "./migrate.ts";
import { openDatabase } from "./open-database.ts";

export interface RestoreOptions {
  /** The backup. */
  file: string;
  /** Locked by the caller, and empty. */
  home: Home;
  /** Epoch ms. */
  nowMs: number;
  /** Programs get in with their tokens of then, those too that were revoked since. */
  keepTokens: boolean;
  onProgress(done: number, total: number): void;
}

/** Also what the indexes of a newer schema may take. */
const spareBytes = 16 * 1024 * 1024;

/**
 * @returns what the backup says of itself
 * @throws {DreamError} `bad_backup`, `database_newer`, `storage_unavailable`; HOME is left as it
 * was then
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupManifest> {
  const { home } = options;
  const folder = home.restoreFolder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  try {
    const manifest = await unpack(options, folder);
    prepare(join(folder, databaseName), manifest, options);
    const move = (name: string, to: string) => renameSync(join(folder, name), to);
    if (existsSync(join(folder, configName))) move(configName, home.configFile);
    syncPath(home.path);
    move(databaseName, home.databaseFile);
    syncPath(home.path);
    return manifest;
  } catch (error) {
    const { code } = error as { code?: string };
    if (code !== "ENOSPC" && code !== "SQLITE_FULL") throw error;
    throw new DreamError("storage_unavailable", `Cannot restore: the disk of ${home.path} is full`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function unpack(
  { file, home, onProgress }: RestoreOptions,
  folder: string,
): Promise<BackupManifest> {
  const open = new Map<string, number>();
  const handleOf = (name: string) => {
    const known = open.get(name);
    if (known !== undefined) return known;
    const handle = openSync(join(folder, name), "wx", 0o600);
    open.set(name, handle);
    return handle;
  };
  try {
    return await readArchive(file, {
      onManifest: (manifest) => checkSpace(manifest, home.path),
      write(name, chunk) {
        const handle = handleOf(name);
        for (let at = 0; at < chunk.length;) at += writeSync(handle, chunk, at);
      },
      onProgress,
    });
  } finally {
    for (const handle of open.values()) {
      fsyncSync(handle);
      closeSync(handle);
    }
  }
}

/** Before anything is written: a backup may say, or be, more than the disk holds. */
function checkSpace({ files }: BackupManifest, home: string): void {
  const needed = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, spareBytes);
  const { bavail, bsize } = statfsSync(home);
  if (needed <= bavail * bsize) return;
  throw new DreamError(
    "storage_unavailable",
    `Cannot restore: it takes ${formatBytes(needed)} in ${home}, of ` +
      `${formatBytes(bavail * bsize)} free`,
  );
}

/** Checks the database as it came, then makes it one that a system of now can start from. */
function prepare(file: string, manifest: BackupManifest, options: RestoreOptions): void {
  checkDatabase(file, manifest, options.file);
  let db: Database.Database;
  try {
    db = openDatabase(file);
  } catch (error) {
    if (error instanceof DreamError && error.code !== "database_corrupt") throw error;
    throw badBackup(options.file, "its database is damaged");
  }
  try {
    db.exec("BEGIN IMMEDIATE");
    // The original went on after the backup: what it had asked for it has most likely done. Calls
    // that may be repeated are made again, all others wait for a person.
    db.exec("UPDATE calls SET status = 'running' WHERE status = 'requested'");
    // How the original's last starts ended says nothing about this one.
    db.exec("DELETE FROM meta WHERE name = 'uncleanEnds'");
    if (!options.keepTokens) db.exec("DELETE FROM tokens");
    const { madeAtMs, version, schema } = manifest;
    db.prepare("INSERT INTO events (at_ms, type, address, data) VALUES (?, ?, NULL, ?)")
      .run(options.nowMs, "system.restored", JSON.stringify({ madeAtMs, version, schema }));
    db.exec("COMMIT");
    db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
  } finally {
    db.close();
  }
  syncPath(file);
}

function checkDatabase(file: string, manifest: BackupManifest, backup: string): void {
  const db = new Database(file, { readonly: true });
  try {
    checkVersion(db, backup);
    if (schemaOf(db) !== manifest.schema) {
      throw badBackup(backup, "its database is of another schema than its manifest says");
    }
    const found = db.prepare("PRAGMA integrity_check(1)").get() as { integrity_check: string };
    if (found.integrity_check !== "ok") {
      throw badBackup(backup, `its database is damaged: ${found.integrity_check.slice(0, 200)}`);
    }
    const counts = countsOf(db);
    for (const [what, count] of Object.entries(manifest.counts)) {
      if (counts[what] === count) continue;
      throw badBackup(backup, `it holds ${counts[what]} ${what}, its manifest says ${count}`);
    }
  } catch (error) {
    if (error instanceof DreamError) throw error;
    throw badBackup(backup, "its database cannot be read");
  } finally {
    db.close();
  }
}

function syncPath(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}
