import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readArchive } from "../backup-archive.ts";
import { type BackupManifest, formatBytes } from "../backup-manifest.ts";
import { DreamError } from "../errors.ts";
import type { Command, Run } from "./command.ts";
import { onInterrupt } from "./on-interrupt.ts";
import { openProgress, type Progress } from "./progress.ts";
import { findService } from "./service.ts";

export const backupCommand: Command = {
  usage: "FILE",
  summary: "write a whole, consistent copy of the running system to one file",
  about: [
    "The system goes on meanwhile. The file holds all agents, states, messages, timers, memory and",
    "the code of agents; not the token, logs, the inbox folder and the source of the swarm. It is",
    "a gzipped tar, read once more and checked before it gets its name.",
  ],
  options: {
    force: { type: "boolean", help: "replace FILE when it exists" },
  },
  examples: ["dreamos backup dreamos.tar.gz", "dreamos backup ~/backups/today.tar.gz --json"],
  takes: [1, 1],
  async run(run) {
    const path = resolve(run.cwd, run.args[0]!);
    checkPlace(path, run.options.force === true);
    const progress = openProgress(run.terminal);
    try {
      const { manifest, sizeBytes } = await fetchBackup(run, path, progress);
      progress.end();
      print(run, path, manifest, sizeBytes);
    } finally {
      progress.end();
    }
    return 0;
  },
};

/** Before the service begins: its work would be for nothing. */
function checkPlace(path: string, force: boolean): void {
  const folder = dirname(path);
  if (!existsSync(folder)) {
    throw new DreamError("file_not_found", `Cannot write ${path}: there is no folder ${folder}`);
  }
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    throw new DreamError("file_exists", `Cannot write ${path}: it is a folder; name a file in it`);
  }
  if (force) return;
  throw new DreamError("file_exists", `Cannot write ${path}: it exists`);
}

/** Written whole under another name first, so that `path` is never half a backup. */
async function fetchBackup(
  run: Run,
  path: string,
  progress: Progress,
): Promise<{ manifest: BackupManifest; sizeBytes: number }> {
  progress.step("Copying the database");
  const { sizeBytes, body } = await findService(run).client.backup();
  const part = join(dirname(path), `.${basename(path)}.${Deno.pid}.part`);
  const stopListening = onInterrupt(() => rmSync(part, { force: true }));
  try {
    progress.step("Writing");
    await save(part, body, sizeBytes, progress);
    progress.step("Checking");
    const manifest = await readArchive(part, { onProgress: progress.bytes });
    // Somebody else may have made one meanwhile.
    checkPlace(path, run.options.force === true);
    renameSync(part, path);
    return { manifest, sizeBytes };
  } catch (error) {
    if (error instanceof DreamError && error.code === "bad_backup") {
      // Of what was never there under its name.
      throw new DreamError("bad_backup", error.message.replace(part, `what came for ${path}`));
    }
    throw asRefusal(error, path);
  } finally {
    rmSync(part, { force: true });
    stopListening();
  }
}

async function save(
  part: string,
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
  progress: Progress,
): Promise<void> {
  const handle = openSync(part, "wx", 0o600);
  let done = 0;
  try {
    for await (const chunk of body) {
      for (let at = 0; at < chunk.length;) at += writeSync(handle, chunk, at);
      done += chunk.length;
      progress.bytes(done, sizeBytes);
    }
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  if (done === sizeBytes) return;
  throw new DreamError("not_running", `The service sent ${done} of ${sizeBytes} bytes and ended`);
}

function asRefusal(error: unknown, path: string): unknown {
  const { code } = error as { code?: string };
  if (code === "ENOSPC") {
    return new DreamError("storage_unavailable", `Cannot write ${path}: its disk is full`);
  }
  if (code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return new DreamError("denied", `Cannot write ${path}: ${code}`);
  }
  if (error instanceof TypeError) {
    return new DreamError("not_running", "The service ended while the backup was being sent");
  }
  return error;
}

function print(run: Run, path: string, manifest: BackupManifest, sizeBytes: number): void {
  const { terminal } = run;
  if (run.json) return terminal.print(JSON.stringify({ file: path, sizeBytes, manifest }));
  const { agents = 0, messages = 0, documents = 0 } = manifest.counts;
  terminal.print(
    `Wrote ${path}: ${formatBytes(sizeBytes)}, ${agents} agents, ${messages} messages, ` +
      `${documents} documents`,
  );
  terminal.print(terminal.tint("dim", `Not in it: ${manifest.leftOut.join(", ")}`));
}
