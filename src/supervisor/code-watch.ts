/**
 * `dreamos up --watch`: new code is live soon after it was saved. Files are looked at by time and
 * size: notices of the system follow links and are lost on some file systems.
 */
import { statSync } from "node:fs";
import type { CancelTimer, Clock } from "../clock.ts";
import { toErrorData } from "../errors.ts";
import type { Deployments } from "./deployments.ts";
import type { Builder } from "./builder.ts";

const lookMs = 250;

export interface CodeWatchOptions {
  clock: Clock;
  builder: Builder;
  deployments: Pick<Deployments, "take">;
  /** The swarm file. */
  swarm: string;
  onDone(text: string): void;
  /** What was saved cannot be built; what ran before goes on. */
  onFault(message: string): void;
}

export class CodeWatch {
  #options: CodeWatchOptions;
  #seen = new Map<string, string>();
  #cancel: CancelTimer = () => {};
  #stopped = false;

  constructor(options: CodeWatchOptions) {
    this.#options = options;
    this.#changed();
    this.#again();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  #again(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(lookMs, async () => {
      const changed = this.#changed();
      if (changed.length > 0) await this.#redeploy(changed);
      this.#again();
    });
  }

  /** Files that are not as they were at the last look. */
  #changed(): string[] {
    const { builder, swarm } = this.#options;
    const changed: string[] = [];
    for (const path of new Set([swarm, ...builder.files])) {
      const now = stampOf(path);
      const before = this.#seen.get(path);
      this.#seen.set(path, now);
      if (before !== undefined && before !== now) changed.push(path);
    }
    return changed;
  }

  async #redeploy(changed: readonly string[]): Promise<void> {
    const { builder, deployments, swarm, onDone, onFault } = this.#options;
    try {
      const only = changed.includes(swarm) ? null : builder.kindsOf(changed);
      const built = await builder.buildKinds(await builder.readSwarm(), swarm, only);
      const done = await deployments.take(built, "@watch");
      for (const { kind, isChanged, fromVersion, toVersion, agents } of done) {
        if (!isChanged) continue;
        const version = fromVersion === toVersion || fromVersion === null
          ? `version ${toVersion}`
          : `version ${fromVersion} to ${toVersion}`;
        onDone(`Deployed ${kind}, ${version}: ${agents} ${agents === 1 ? "agent" : "agents"}`);
      }
      // Files of a new import were not looked at before.
      this.#changed();
    } catch (error) {
      const { code, message } = toErrorData(error);
      onFault(`${code}: ${message}; what ran before goes on`);
    }
  }
}

/** What changes when a file is saved. */
function stampOf(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return "missing";
  }
}
