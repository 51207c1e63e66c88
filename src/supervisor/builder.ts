/** From files to kinds of agents: bundled apart from this process, described by a thread (R13). */
import { dirname, resolve } from "node:path";
import { readDescribed } from "../actors/read-described.ts";
import type { Config } from "../config.ts";
import { DreamError } from "../errors.ts";
import { bundleAgentFiles, evaluateSwarm } from "../host/bundle.ts";
import type { Hosts } from "../host/hosts.ts";
import type { BuiltKind } from "./deployments.ts";
import { parseSwarm, type SwarmSpec } from "../swarm.ts";
import { resolveFolders } from "../swarm-folders.ts";

const describeMs = 10_000;
/** With which `defineAgent` refuses. */
const codes = ["not_durable", "reserved_type"] as const;
/** What a module says whose default export is none; it may still be a swarm. */
const noAgent = /its default export is no agent/;

export class Builder {
  #config: Config;
  #hosts: Hosts;
  /** Kind → the files that its newest bundle was made of. */
  #inputs = new Map<string, ReadonlySet<string>>();

  constructor(config: Config, hosts: Hosts) {
    this.#config = config;
    this.#hosts = hosts;
  }

  /** @throws {DreamError} `bad_swarm` with file and line */
  async readSwarm(path: string = this.#config.swarm): Promise<SwarmSpec> {
    const swarm = parseSwarm(await evaluateSwarm(path), path);
    return resolveFolders(swarm, { ...this.#config, swarm: path });
  }

  /** Builds all kinds of a swarm file, or those in `only`. @throws {DreamError} `bad_bundle` */
  async buildKinds(
    swarm: Pick<SwarmSpec, "kinds">,
    path: string = this.#config.swarm,
    only: ReadonlySet<string> | null = null,
  ): Promise<BuiltKind[]> {
    const wanted = Object.entries(swarm.kinds).filter(([name]) => only === null || only.has(name));
    return await Promise.all(wanted.map(async ([name, module]) => {
      const built = await this.#buildModule(resolve(dirname(path), module), name);
      if (built.manifest.kind === name) return built;
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
        return [await this.#buildModule(path, null)];
      } catch (error) {
        if (!(error instanceof DreamError) || !noAgent.test(error.message)) throw error;
      }
    }
    return await this.buildKinds(await this.readSwarm(path), path);
  }

  async #buildModule(path: string, name: string | null): Promise<BuiltKind> {
    const { bundle, inputs } = await bundleAgentFiles(path);
    const what = name === null ? "an agent" : `kind "${name}"`;
    const told = await this.#hosts.describe(bundle, describeMs).catch((thrown) => {
      if (!(thrown instanceof DreamError)) throw thrown;
      throw new DreamError(thrown.code, `Cannot load ${what} from ${path}: ${thrown.message}`);
    });
    const described = readDescribed(told);
    if (!described.ok) {
      const { error } = described;
      throw new DreamError(
        codes.find((code) => code === error.name) ?? "bad_bundle",
        `Cannot load ${what} from ${path}: ${error.message}`,
      );
    }
    const { manifest } = described;
    this.#inputs.set(manifest.kind, new Set(inputs));
    return { name: manifest.kind, bundle, manifest };
  }

  /** Every file that some bundle was made of. */
  get files(): ReadonlySet<string> {
    return new Set([...this.#inputs.values()].flatMap((inputs) => [...inputs]));
  }

  /** Kinds that one of `files` is a part of. */
  kindsOf(files: Iterable<string>): ReadonlySet<string> {
    const changed = new Set(files);
    const found = [...this.#inputs].filter(([, inputs]) => !changed.isDisjointFrom(inputs));
    return new Set(found.map(([name]) => name));
  }
}
