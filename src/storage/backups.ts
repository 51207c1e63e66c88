/** Backups of the running system: one at a time, made beside the writer, handed out as a stream. */
import { mkdirSync, rmSync, statfsSync, statSync } from "node:fs";
import type { CancelTimer, Clock } from "../clock.ts";
import { type BackupManifest, formatBytes } from "../backup-manifest.ts";
import { DreamError } from "../errors.ts";

/** What the thread is told; `config` is the text of the configuration's file. */
export interface BackupOrder {
  database: string;
  folder: string;
  config: string | null;
  about: Pick<BackupManifest, "version" | "madeAtMs" | "home" | "swarm">;
}

export type BackupReport =
  | { t: "made"; path: string; manifest: BackupManifest }
  | { t: "failed"; code: string };

export interface BackupsOptions {
  clock: Clock;
  /** The live database. */
  database: string;
  /** A folder of HOME that is there just while a backup is made. */
  folder: string;
  minFreeBytes: number;
  version: string;
  home: string;
  swarm: string;
  /** Text of the configuration as it should be restored; null without one. */
  readConfig(): string | null;
}

/** A backup that is ready; its body must be read or cancelled, which removes it from HOME. */
export interface BackupStream {
  manifest: BackupManifest;
  sizeBytes: number;
  body: ReadableStream<Uint8Array>;
}

export class Backups {
  #options: BackupsOptions;
  #isBusy = false;

  constructor(options: BackupsOptions) {
    this.#options = options;
    // What a kill has left behind.
    this.#clear();
  }

  /** @throws {DreamError} `backup_running`; `storage_unavailable` when it does not fit */
  async make(): Promise<BackupStream> {
    if (this.#isBusy) {
      throw new DreamError("backup_running", "Cannot make a backup: another one is being made");
    }
    this.#checkSpace();
    this.#isBusy = true;
    try {
      return await this.#make();
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  async #make(): Promise<BackupStream> {
    const { clock, database, folder, home, swarm, version, readConfig } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const about = { version, madeAtMs: clock.wallMs(), home, swarm };
    const report = await runThread({ database, folder, config: readConfig(), about });
    if (report.t === "failed") throw notMade(report.code);
    const body = readOnce(await Deno.open(report.path), clock, () => this.#end());
    return { manifest: report.manifest, sizeBytes: statSync(report.path).size, body };
  }

  /** The copy and, at the same time, the archive of it: each at most as large as the database. */
  #checkSpace(): void {
    const { database, home, minFreeBytes } = this.#options;
    const wal = statSync(`${database}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    const needed = 2 * (statSync(database).size + wal) + minFreeBytes;
    const { bavail, bsize } = statfsSync(home);
    if (bavail * bsize >= needed) return;
    throw new DreamError(
      "storage_unavailable",
      `Cannot make a backup: it may take ${formatBytes(needed - minFreeBytes)} in ${home} for a ` +
        `while, of ${formatBytes(bavail * bsize)} free, and ${formatBytes(minFreeBytes)} must stay`,
    );
  }

  #end(): void {
    this.#clear();
    this.#isBusy = false;
  }

  #clear(): void {
    rmSync(this.#options.folder, { recursive: true, force: true });
  }
}

/** A reader that takes nothing for so long is cut off: the copy is in the way of the next one. */
const slowReaderMs = 60_000;
const pieceBytes = 256 * 1024;

/** The file as a stream, which is closed at its end, when it is cancelled or not read on. */
function readOnce(file: Deno.FsFile, clock: Clock, onEnd: () => void): ReadableStream<Uint8Array> {
  let stopWaiting: CancelTimer = () => {};
  let isOpen = true;
  const end = () => {
    stopWaiting();
    if (isOpen) file.close();
    if (isOpen) onEnd();
    isOpen = false;
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      wait(controller);
    },
    async pull(controller) {
      stopWaiting();
      const piece = new Uint8Array(pieceBytes);
      const count = await file.read(piece).catch((error) => {
        end();
        throw error;
      });
      if (!isOpen) return;
      if (count === null) {
        end();
        return controller.close();
      }
      controller.enqueue(piece.subarray(0, count));
      wait(controller);
    },
    cancel: end,
  }, { highWaterMark: 0 });

  function wait(controller: ReadableStreamDefaultController<Uint8Array>): void {
    stopWaiting = clock.after(slowReaderMs, () => {
      end();
      controller.error(new DreamError("request_timeout", "The backup was not read on"));
    });
  }
}

/** The thread ends by itself: one that is ended by force would leak its connection. */
async function runThread(order: BackupOrder): Promise<BackupReport> {
  const worker = new Worker(new URL("./backup-thread.ts", import.meta.url), { type: "module" });
  const done = Promise.withResolvers<BackupReport>();
  worker.onmessage = ({ data }: MessageEvent<BackupReport>) => done.resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    done.resolve({ t: "failed", code: "thread" });
  };
  worker.postMessage(order);
  return await done.promise;
}

function notMade(code: string): DreamError {
  const isFull = code === "ENOSPC" || code.startsWith("SQLITE_FULL");
  return new DreamError(
    isFull ? "storage_unavailable" : "internal",
    isFull ? "Cannot make a backup: the disk is full" : `Cannot make a backup: ${code}`,
  );
}
