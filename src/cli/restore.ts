import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { readArchive } from "../backup-archive.ts";
import { type BackupManifest, formatBytes } from "../backup-manifest.ts";
import { systemClock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import type { Home } from "../home.ts";
import type { Command, Run } from "./command.ts";
import { lockHome } from "./home-lock.ts";
import { shellWord } from "./near-path.ts";
import { onInterrupt } from "./on-interrupt.ts";
import { openProgress, type Progress } from "./progress.ts";
import { printable } from "./text.ts";

export const restoreCommand: Command = {
  usage: "FILE",
  summary: "make a HOME from a backup; HOME must be empty or not there yet",
  about: [
    "The whole backup is checked first: its hash, the database, its version. One of an older",
    "version is brought to this one. Start the system with dreamos up afterwards: it goes on where",
    "it was when the backup was made, with a new token.",
  ],
  options: {
    "keep-tokens": {
      type: "boolean",
      help: "let programs in with their tokens, those too that were revoked since",
    },
    check: { type: "boolean", help: "only read and check the backup" },
  },
  examples: [
    "dreamos restore dreamos.tar.gz --home ./restored",
    "dreamos restore dreamos.tar.gz --check",
  ],
  isLocal: true,
  takes: [1, 1],
  async run(run) {
    const file = resolve(run.cwd, run.args[0]!);
    if (!existsSync(file)) {
      throw new DreamError("file_not_found", `Cannot read ${file}: there is no such file`);
    }
    const progress = openProgress(run.terminal);
    const isCheck = run.options.check === true;
    try {
      progress.step(isCheck ? "Checking" : "Restoring");
      const manifest = isCheck
        ? await readArchive(file, { onProgress: progress.bytes })
        : await restore(file, run, progress);
      progress.end();
      print(run, file, manifest, isCheck);
    } finally {
      progress.end();
    }
    return 0;
  },
};

async function restore(file: string, run: Run, progress: Progress): Promise<BackupManifest> {
  const { home, options } = run;
  checkEmpty(home);
  const wasThere = existsSync(home.path);
  const lock = lockHome(home.path, Deno.pid);
  const undo = () => {
    const what = wasThere ? home.restoreFolder : home.path;
    rmSync(what, { recursive: true, force: true });
  };
  const stopListening = onInterrupt(() => existsSync(home.databaseFile) || undo());
  try {
    checkEmpty(home);
    const { restoreBackup } = await import("./offline.ts");
    const nowMs = systemClock.wallMs();
    const keepTokens = options["keep-tokens"] === true;
    return await restoreBackup({ file, home, nowMs, keepTokens, onProgress: progress.bytes });
  } catch (error) {
    undo();
    throw error;
  } finally {
    stopListening();
    lock.release();
  }
}

/** What a restore that was cut off has left does not count; nor does what a fresh disk holds. */
function checkEmpty({ path, restoreFolder }: Home): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) {
    throw new DreamError("home_not_empty", `Cannot restore into ${path}: it is no folder`);
  }
  const own = [resolve(restoreFolder), resolve(path, "lock"), resolve(path, "lost+found")];
  const [other] = readdirSync(path).filter((name) => !own.includes(resolve(path, name)));
  if (other === undefined) return;
  throw new DreamError(
    "home_not_empty",
    `Cannot restore into ${path}: it is not empty, it holds ${JSON.stringify(other)}`,
  );
}

function print(run: Run, file: string, manifest: BackupManifest, isCheck: boolean): void {
  const { home, json, terminal } = run;
  const { counts, madeAtMs, schema } = manifest;
  // What a file says of itself may be anything.
  const swarm = printable(manifest.swarm);
  const version = printable(manifest.version);
  const start = (which: string) =>
    `Start it with: dreamos up ${which} --home ${shellWord(home.path)}`;
  if (json) {
    const where = isCheck ? {} : { home: home.path };
    return terminal.print(JSON.stringify({ file, ...where, manifest }));
  }
  const size = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { agents = 0, messages = 0, documents = 0 } = counts;
  terminal.print(
    `${isCheck ? "It is whole" : `Restored ${home.path}`}: made ` +
      `${new Date(madeAtMs).toISOString()} by dreamos ${version} (schema ${schema}), ` +
      `${formatBytes(size)}, ${agents} agents, ${messages} messages, ${documents} documents`,
  );
  if (isCheck) return;
  if (existsSync(swarm)) terminal.print(start(shellWord(swarm)));
  else {
    terminal.print(`Its swarm was ${swarm}, which is not there now: bring it back, or use another`);
    terminal.print(start("SWARM"));
  }
  for (const line of nextSteps(run.options["keep-tokens"] === true)) {
    terminal.print(terminal.tint("dim", line));
  }
}

/** What a backup does not hold, and who misses it first. */
function nextSteps(keepsTokens: boolean): string[] {
  return [
    "Before that, put the files of its inbox back: those that are missing count as deleted",
    "The start makes a new token for you" +
    (keepsTokens ? "" : "; programs get theirs anew: dreamos token create NAME"),
  ];
}
