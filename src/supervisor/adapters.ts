/** Adapters of the tree: started in the tool host, their events brought to the door. */
import type { Address } from "../address.ts";
import type { CancelTimer } from "../clock.ts";
import { toErrorData } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Core } from "./core.ts";
import type { Door } from "./door.ts";
import { Draft } from "./draft.ts";
import { type AdapterNode, walk } from "./node.ts";
import type { Tree } from "./tree.ts";

/** Pause before an event that could not be taken is tried again. */
const againMs = 250;
/** Pause before what memory holds is compared with what is outside, after a start and later. */
const firstCompareMs = 5_000;
const compareMs = 60_000;

/** The adapter side of the tool host. */
export interface AdapterRunner {
  tellKnown(address: Address, known: Json[]): void;
  startAdapter(address: Address, adapter: string, options: Json): void;
  stopAdapter(address: Address): void;
  ack(address: Address, key: string): void;
}

export class Adapters {
  #core: Core;
  #door: Door;
  #tree: Tree;
  #runner: AdapterRunner;
  #cancel: CancelTimer = () => {};

  constructor(core: Core, door: Door, tree: Tree, runner: AdapterRunner) {
    this.#core = core;
    this.#door = door;
    this.#tree = tree;
    this.#runner = runner;
  }

  /** Starts every adapter of the tree, in a new tool host too, with what memory already holds. */
  start(): void {
    if (!this.#core.isOpen || this.#core.safeMode.reason !== null) return;
    this.#startAll().catch((error) => {
      this.#core.log("error", "adapters could not be started", { code: error?.code });
    });
  }

  async #startAll(): Promise<void> {
    for (const node of this.#all()) {
      this.#runner.tellKnown(node.address, await this.#known());
      this.#runner.startAdapter(node.address, node.spec.adapter, node.spec.options);
    }
    this.#compareLater(firstCompareMs);
  }

  /**
   * Tells adapters again what memory holds: what went away between the end of one tool host and the
   * start of the next, its arrival not yet noted then, would else stay for ever.
   */
  #compareLater(waitMs: number): void {
    this.#cancel();
    this.#cancel = this.#core.clock.after(waitMs, () => {
      this.#compare().catch((error) => {
        this.#core.log("warn", "adapters could not be compared", { code: error?.code });
      }).finally(() => this.#core.isOpen && this.#compareLater(compareMs));
    });
  }

  async #compare(): Promise<void> {
    for (const node of this.#all()) {
      this.#runner.tellKnown(node.address, await this.#known());
    }
  }

  stop(): void {
    this.#cancel();
    for (const node of this.#all()) this.#runner.stopAdapter(node.address);
  }

  /** An event from outside: tried until it is durable, then acknowledged. */
  onEvent(address: Address, key: string, type: string, payload: Json): void {
    const node = this.#tree.node(address);
    if (node?.type !== "adapter" || !this.#core.isOpen) return;
    this.#deliver(node, key, type, payload).then(
      () => this.#runner.ack(address, key),
      (thrown) => this.#refused(node, thrown, { key, type, payload }),
    );
  }

  onState(address: Address, state: "up" | "failed", message: string | null): void {
    const node = this.#tree.node(address);
    if (node?.type !== "adapter") return;
    node.isUp = state === "up";
    node.lastError = message === null ? null : { code: "call_failed", message };
    if (state === "failed") node.restarts++;
    this.#core.log(state === "up" ? "info" : "warn", `adapter ${state}`, {
      address,
      detail: message,
    });
  }

  async #deliver(node: AdapterNode, key: string, type: string, payload: Json): Promise<void> {
    const cell = this.#core.registry.get(node.spec.to);
    await this.#door.event(cell, node.address, key, type, payload);
  }

  /** Full or closed for now: again later. Never acceptable: a dead letter, and on. */
  #refused(node: AdapterNode, thrown: unknown, event: {
    key: string;
    type: string;
    payload: Json;
  }): void {
    const error = toErrorData(thrown);
    const passing = ["mailbox_full", "storage_unavailable", "shutting_down", "internal"];
    if (passing.includes(error.code)) {
      const again = () => this.onEvent(node.address, event.key, event.type, event.payload);
      this.#core.clock.after(againMs, again);
      return;
    }
    const payload = JSON.stringify(event.payload);
    const letter = { from: node.address, type: event.type, payload };
    const envelope = this.#core.mail.envelope(node.spec.to, letter);
    const draft = new Draft();
    this.#core.mail.bury(draft, envelope, error.code, error.message);
    draft.onDurable(() => this.#runner.ack(node.address, event.key));
    this.#core.ledger.commit(draft).catch(() => {});
  }

  async #known(): Promise<Json[]> {
    const known: Json[] = [];
    let afterPath: string | undefined;
    while (true) {
      const rows = await this.#core.store.memory.sources({ limit: 1_000, afterPath });
      for (const { path, hash, ready, deletedAtMs } of rows) {
        if (deletedAtMs === null) known.push({ path, hash, ready });
      }
      if (rows.length < 1_000) return known;
      afterPath = rows.at(-1)!.path;
    }
  }

  #all(): AdapterNode[] {
    return [...walk(this.#tree.root)].filter((node) => node.type === "adapter");
  }
}
