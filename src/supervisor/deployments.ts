/**
 * New code for the running system (R13): a kind gets another bundle, its agents move to it at the
 * end of a turn, and what does not fit is parked with the reason.
 *
 * Invariants:
 * - I1 A bundle is stored before an agent is started with it.
 * - I2 No turn in hand is cut off, no state or message is changed by a deployment itself.
 */
import { parentOf } from "../address.ts";
import type { Manifest } from "../actors/manifest.ts";
import { DreamError } from "../errors.ts";
import type { Bundle } from "../host/hosts.ts";
import type { Grants } from "../swarm.ts";
import type { Cell } from "./cell.ts";
import type { Caller } from "./control.ts";
import type { DeploymentCheck, DeploymentView, KindDeployment } from "./deployment-views.ts";
import type { Core } from "./core.ts";
import { checkKind, worst } from "./deployment-check.ts";
import { Draft } from "./draft.ts";
import { grantsFor } from "./spawn.ts";
import type { Tree } from "./tree.ts";

/** One kind, bundled and described, not yet known to the system. */
export interface BuiltKind {
  name: string;
  bundle: Bundle;
  manifest: Manifest;
}

/** Bundles a swarm file or an agent's module apart from this process. */
export type Build = (path: string) => Promise<BuiltKind[]>;

/** What a new definition may heal. */
const healed: ReadonlySet<string> = new Set(["definition_changed", "bad_bundle", "not_durable"]);

export class Deployments {
  #core: Core;
  #tree: Tree;
  #build: Build;
  #restart: (address: string, by: string) => Promise<unknown>;

  constructor(
    core: Core,
    tree: Tree,
    build: Build | undefined,
    restart: (address: string, by: string) => Promise<unknown>,
  ) {
    this.#core = core;
    this.#tree = tree;
    this.#restart = restart;
    this.#build = build ?? (() => {
      throw new DreamError("internal", "This system was started without a way to build code");
    });
  }

  /** @throws {DreamError} `bad_bundle`, `bad_swarm` with file and line; nothing is changed then */
  async deploy(caller: Caller, path: string): Promise<DeploymentView> {
    const built = await this.#build(path);
    return { path, kinds: await this.take(built, `@${caller.name}`) };
  }

  async check(path: string): Promise<DeploymentCheck> {
    const kinds = [];
    for (const built of await this.#build(path)) kinds.push(await checkKind(this.#core, built));
    return { path, verdict: worst(kinds.map(({ verdict }) => verdict)), kinds };
  }

  /** Makes code that is built already live. */
  async take(built: readonly BuiltKind[], by: string): Promise<KindDeployment[]> {
    const done: KindDeployment[] = [];
    for (const one of built) done.push(await this.#takeKind(one, by));
    return done;
  }

  async #takeKind({ name, bundle, manifest }: BuiltKind, by: string): Promise<KindDeployment> {
    const { kinds, clock, ledger, log } = this.#core;
    const before = kinds.find(name);
    const about = {
      kind: name,
      bundle: bundle.hash,
      fromVersion: before?.manifest.version ?? null,
      toVersion: manifest.version,
    };
    if (before?.hash === bundle.hash) return { ...about, isChanged: false, agents: 0 };
    const kind = await kinds.deploy(name, bundle, manifest, clock.wallMs());
    const draft = new Draft();
    const moved = [...this.#core.registry.all()]
      .filter((cell) => cell.kind === kind && !cell.hasEnded);
    for (const cell of moved) this.#note(draft, cell);
    const agents = moved.length;
    draft.event(clock.wallMs(), "bundle.deployed", null, { ...about, agents, by });
    await ledger.commit(draft);
    log("info", "deployed", { ...about, agents });
    for (const cell of moved) await this.#move(cell, by);
    return { ...about, isChanged: true, agents };
  }

  #note(draft: Draft, cell: Cell): void {
    const { kind } = cell;
    const grants = JSON.stringify(grantsFor(kind, this.#grantsOf(cell)));
    cell.record = { ...cell.record, bundle: kind.hash, grants };
    cell.checkUpTo = cell.lastSeq;
    draft.change({ op: "agent", record: cell.record });
  }

  async #move(cell: Cell, by: string): Promise<void> {
    const { status, lastError } = cell.record;
    if (status === "parked" && lastError && healed.has(lastError.code)) {
      await this.#restart(cell.address, by);
    } else this.#core.dispatcher.renew(cell);
  }

  #grantsOf(cell: Cell): Grants {
    const node = this.#tree.node(cell.address) ?? this.#tree.node(parentOf(cell.address));
    return node?.type === "agent" || node?.type === "dynamic"
      ? node.spec.grants
      : { calls: [], files: [] };
  }
}
