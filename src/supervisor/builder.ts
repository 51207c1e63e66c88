/** From files to kinds of agents: bundled apart from this process, described by a thread (R13). */
import { dirname, resolve } from "node:path";
import { readDescribed } from "../actors/read-described.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { DreamError } from "../errors.ts";
import { bundleAgentFiles, evaluateSwarmFiles } from "../host/bundle.ts";
import type { Hosts } from "../host/hosts.ts";
import type { KeptBuilds } from "../host/kept-builds.ts";
import { placeOf } from "../host/load-place.ts";
import type { BuiltKind } from "./deployments.ts";
import { parseSwarm, type SwarmSpec } from "../swarm.ts";
import { resolveFolders } from "../swarm-folders.ts";

const describeMs = 10_000;
/** With which `defineAgent` refuses. */
const codes = ["not_durable", "reserved_type"] as const;
/** What a module says whose default export is none; it may still be a swarm. */
const noAgent = /its default export is no agent/;

/** The files that something was made of, and when they were read at the earliest. */
interface Inputs {
  files: ReadonlySet<string>;
  /** Epoch ms. */
  fromMs: number;
}

export class Builder {
  #config: Config;
  #hosts: Hosts;
  #clock: Clock;
  #kept: KeptBuilds | null;
  /** Kind of the configured swarm → what it was made of last. */
  #kinds = new Map<string, Inputs>();
  #swarm: Inputs = { files: new Set(), fromMs: 0 };

  /** @param kept what was built before; by default everything is built anew */
  constructor(config: Config, hosts: Hosts, clock: Clock, kept: KeptBuilds | null = null) {
    this.#config = config;
    this.#hosts = hosts;
    this.#clock = clock;
    this.#kept = kept;
  }

  /** @throws {DreamError} `bad_swarm` with file and line */
  async readSwarm(path: string = this.#config.swarm): Promise<SwarmSpec> {
    const fromMs = this.#clock.wallMs();
    const { data, inputs } = await this.#evaluate(path, fromMs);
    if (path === this.#config.swarm) this.#swarm = { files: new Set([path, ...inputs]), fromMs };
    return resolveFolders(parseSwarm(data, path), { ...this.#config, swarm: path });
  }

  async #evaluate(path: string, fromMs: number): Promise<{ data: unknown; inputs: string[] }> {
    const before = this.#kept?.find<unknown>("swarm", path);
    if (before) return { data: before.value, inputs: before.inputs };
    const made = await evaluateSwarmFiles(path);
    if (made.data !== undefined) {
      this.#kept?.keep("swarm", path, made.data, { inputs: made.inputs, fromMs });
    }
    return made;
  }

  /** Builds all kinds of a swarm file, or those in `only`. @throws {DreamError} `bad_bundle` */
  async buildKinds(
    swarm: Pick<SwarmSpec, "kinds">,
    path: string = this.#config.swarm,
    only: ReadonlySet<string> | null = null,
  ): Promise<BuiltKind[]> {
    const wanted = Object.entries(swarm.kinds).filter(([name]) => only === null || only.has(name));
    return await Promise.all(wanted.map(async ([name, module]) => {
      const fromMs = this.#clock.wallMs();
      const { built, inputs } = await this.#buildModule(resolve(dirname(path), module), name);
      if (built.manifest.kind === name) {
        // What somebody else deploys or only checks from elsewhere is not looked at.
        if (path === this.#config.swarm) this.#kinds.set(name, { files: new Set(inputs), fromMs });
        return built;
      }
      throw new DreamError(
        "bad_bundle",
        `Cannot load kind "${name}" from ${module}: it defines kind "${built.manifest.kind}"`,
      );
    }));
  }

  /** A swarm file or one agent's module. @throws {DreamError} `bad_bundle`, `bad_swarm` */
  async build(path: string): Promise<BuiltKind[]> {
    if (!path.endsWith(".json")) {
      try {
        return [(await this.#buildModule(path, null)).built];
      } catch (error) {
        if (!(error instanceof DreamError) || !noAgent.test(error.message)) throw error;
      }
    }
    return await this.buildKinds(await this.readSwarm(path), path);
  }

  async #buildModule(
    path: string,
    name: string | null,
  ): Promise<{ built: BuiltKind; inputs: string[] }> {
    const before = this.#kept?.find<BuiltKind>("agent", path);
    if (before) return { built: before.value, inputs: before.inputs };
    const fromMs = this.#clock.wallMs();
    const { bundle, inputs } = await bundleAgentFiles(path);
    const what = name === null ? "an agent" : `kind "${name}"`;
    const told = await this.#hosts.describe(bundle, describeMs).catch((thrown) => {
      if (!(thrown instanceof DreamError)) throw thrown;
      throw new DreamError(thrown.code, `Cannot load ${what} from ${path}: ${thrown.message}`);
    });
    const described = readDescribed(told);
    if (!described.ok) {
      const { error } = described;
      const place = await placeOf(path, bundle, error.stack);
      const at = place === null ? "" : `${place}: `;
      throw new DreamError(
        codes.find((code) => code === error.name) ?? "bad_bundle",
        `Cannot load ${what} from ${path}: ${at}${error.message}`,
      );
    }
    const { manifest } = described;
    const built = { name: manifest.kind, bundle, manifest };
    this.#kept?.keep("agent", path, built, { inputs, fromMs });
    return { built, inputs };
  }

  /** Every file of the swarm and its kinds, with when it was read at the earliest. */
  get files(): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const { files, fromMs } of [this.#swarm, ...this.#kinds.values()]) {
      for (const file of files) found.set(file, Math.min(fromMs, found.get(file) ?? fromMs));
    }
    return found;
  }

  /** Kinds that one of `files` is a part of; null for all, where the swarm itself is. */
  kindsOf(files: Iterable<string>): ReadonlySet<string> | null {
    const changed = new Set(files);
    if (!changed.isDisjointFrom(this.#swarm.files)) return null;
    const found = [...this.#kinds].filter(([, made]) => !changed.isDisjointFrom(made.files));
    return new Set(found.map(([name]) => name));
  }
}
