/**
 * `dreamos up --watch`: new code is live soon after it was saved. Files are looked at by time and
 * size: notices of the system follow links and are lost on some file systems.
 *
 * Invariants:
 * - I1 A save is deployed, or told to be at fault, whenever it comes: before the first look, while
 *   another one is built, or to a file that nothing was made of when it was last built.
 * - I2 What is at fault leaves what ran as it was.
 */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import type { CancelTimer, Clock } from "../clock.ts";
import { toErrorData } from "../errors.ts";
import type { SwarmSpec } from "../swarm.ts";
import type { Builder } from "./builder.ts";
import type { KindDeployment } from "./deployment-views.ts";
import type { Deployments } from "./deployments.ts";

const lookMs = 250;
/** A file is read when it has not changed for so long: editors write in more than one step. */
const settleMs = 100;

export interface CodeWatchOptions {
  clock: Clock;
  builder: Pick<Builder, "files" | "kindsOf" | "readSwarm" | "buildKinds">;
  deployments: Pick<Deployments, "take">;
  /** The swarm file. */
  swarm: string;
  /** The tree that runs. */
  children: SwarmSpec["children"];
  onDone(text: string): void;
  /** What was saved cannot be built; what ran before goes on. */
  onFault(message: string): void;
}

export class CodeWatch {
  #options: CodeWatchOptions;
  #seen = new Map<string, string>();
  /**
   * After a fault: what its message names, and folders where something missing may appear; with
   * when they were read at the earliest, epoch ms.
   */
  #suspects: ReadonlyMap<string, number> = new Map();
  #fault: string | null = null;
  #tree: string;
  #cancel: CancelTimer = () => {};
  #stopped = false;

  constructor(options: CodeWatchOptions) {
    this.#options = options;
    this.#tree = JSON.stringify(options.children);
    this.#again(0, new Set());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** @param saved what has changed and was not built yet */
  #again(delayMs: number, saved: ReadonlySet<string>): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(delayMs, async () => {
      const changed = this.#changed();
      if (changed.length > 0) return this.#again(settleMs, new Set([...saved, ...changed]));
      if (saved.size > 0) await this.#redeploy(saved);
      this.#again(lookMs, new Set());
    });
  }

  /** Files that are not as they were at the last look, or when they were built. */
  #changed(): string[] {
    const { builder: { files } } = this.#options;
    const changed: string[] = [];
    for (const [path, readMs] of new Map([...this.#suspects, ...files])) {
      const now = stampOf(path);
      const before = this.#seen.get(path);
      this.#seen.set(path, now.text);
      const isNew = before === undefined ? now.savedMs >= readMs : before !== now.text;
      if (isNew) changed.push(path);
    }
    return changed;
  }

  async #redeploy(saved: ReadonlySet<string>): Promise<void> {
    const { builder, clock, deployments, swarm, onFault } = this.#options;
    const readMs = clock.wallMs();
    try {
      const only = this.#fault === null ? builder.kindsOf(saved) : null;
      const read = await builder.readSwarm();
      const built = await builder.buildKinds(read, swarm, only);
      this.#tell(await deployments.take(built, "@watch"), read);
      this.#fault = null;
      this.#suspects = new Map();
    } catch (error) {
      const { code, message } = toErrorData(error);
      // Something else in a folder that is looked at: nothing new to tell.
      if (message === this.#fault && ![...saved].some((path) => builder.files.has(path))) return;
      this.#fault = message;
      this.#suspects = this.#suspectsOf(message, readMs);
      onFault(`${code}: ${message}; what ran before goes on`);
    }
  }

  #tell(done: readonly KindDeployment[], { children }: SwarmSpec): void {
    const { onDone } = this.#options;
    for (const { kind, isChanged, fromVersion, toVersion, agents } of done) {
      if (!isChanged) continue;
      const version = fromVersion === toVersion || fromVersion === null
        ? `version ${toVersion}`
        : `version ${fromVersion} to ${toVersion}`;
      onDone(`Deployed ${kind}, ${version}: ${agents} ${agents === 1 ? "agent" : "agents"}`);
    }
    if (this.#fault !== null && !done.some(({ isChanged }) => isChanged)) {
      onDone("The files are as what runs was made of again");
    }
    const tree = JSON.stringify(children);
    if (tree !== this.#tree) onDone("The tree of the swarm file changes at the next start");
    this.#tree = tree;
  }

  #suspectsOf(message: string, readMs: number): ReadonlyMap<string, number> {
    const { builder: { files } } = this.#options;
    const named = [...message.matchAll(/(?<=^|[\s(])(\/[^:]+):\d+:\d+/g)].map(([, path]) => path!);
    const folders = [...files.keys(), ...named].map((path) => dirname(path));
    return new Map([...named, ...folders].map((path) => [path, readMs]));
  }
}

/** What changes when a file is saved, and when that was, epoch ms. */
function stampOf(path: string): { text: string; savedMs: number } {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return { text: `${mtimeMs} ${size} ${ino}`, savedMs: mtimeMs };
  } catch {
    return { text: "missing", savedMs: 0 };
  }
}
