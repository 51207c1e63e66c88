/**
 * The running system: puts the parts together, brings everything stored back to life, and is the
 * `Control` that the API calls.
 */
import { parseAddress, rootAddress } from "../address.ts";
import { codeOf } from "../log.ts";
import { CommitRejected } from "../storage/store.ts";
import { Adapters } from "./adapters.ts";
import { agentHistory } from "./agent-history.ts";
import { Asks } from "./asks.ts";
import { backUp } from "./backing-up.ts";
import { loadAgents } from "./boot.ts";
import type { Control, SystemStatus } from "./control.ts";
import type { Core } from "./core.ts";
import { Counters } from "./counters.ts";
import { Deployments } from "./deployments.ts";
import { Dispatcher } from "./dispatcher.ts";
import { Door } from "./door.ts";
import { Draft } from "./draft.ts";
import { EventLog } from "./event-log.ts";
import { Failures } from "./failures.ts";
import { Gateway } from "./gateway.ts";
import { Gauges } from "./gauges.ts";
import { Housekeeping } from "./housekeeping.ts";
import { Kinds } from "./kinds.ts";
import { Ledger } from "./ledger.ts";
import { Letters } from "./letters.ts";
import { listingOf } from "./listing.ts";
import type { Listing } from "./listing-views.ts";
import { Mail } from "./mail.ts";
import { buildTree } from "./node.ts";
import { messageHistory } from "./message-history.ts";
import { Meters } from "./meters.ts";
import { Prints } from "./prints.ts";
import { Registry } from "./registry.ts";
import { Resumption } from "./resumption.ts";
import { SafeMode } from "./safe-mode.ts";
import { spawnAt } from "./spawn-at.ts";
import type { SystemParts } from "./system-parts.ts";
import { Traces } from "../traces/traces.ts";
import { Timers } from "./timers.ts";
import { TokenBook } from "./token-book.ts";
import { Tree } from "./tree.ts";
import { TurnWatch } from "./turn-watch.ts";
import { Verbs } from "./verbs.ts";
import { viewSystem } from "./view-system.ts";
import { pageOfAgents, viewCheckpoints, viewDetail, viewMachine, viewTree } from "./views.ts";

export class System implements Control {
  #core: Core;
  #parts: SystemParts;
  #tree: Tree;
  #asks: Asks;
  #gateway: Gateway;
  #timers: Timers;
  #dispatcher: Dispatcher;
  #resumption: Resumption;
  #safeMode: SafeMode;
  #door: Door;
  #housekeeping: Housekeeping;
  #verbs: Verbs;
  #letters: Letters;
  #counters: Counters;
  readonly traces: Traces;
  readonly gauges: Gauges;
  readonly deployments: Deployments;
  readonly adapters: Adapters;
  readonly tokens: TokenBook;
  readonly listing: Listing;
  #startedAtMs: number;
  #recovering: Promise<void> | null = null;

  constructor(parts: SystemParts) {
    this.#parts = parts;
    this.traces = parts.traces ?? new Traces({ clock: parts.clock, ids: parts.ids, percent: 0 });
    const core = {
      ...parts,
      isOpen: false,
      isHalted: true,
      isLoading: false,
      rejected: (error: Error) => this.#rejected(error),
      fatal: (code: number, error: Error) => parts.onFatal(code, error),
      registry: new Registry(),
      turnWatch: new TurnWatch(),
      meters: new Meters(),
      traces: this.traces,
      eventLog: new EventLog(parts.store, parts.clock),
      kinds: new Kinds(parts.store),
    } as unknown as Core;
    this.#core = core;
    core.ledger = new Ledger(core);
    core.mail = new Mail(core);
    core.prints = new Prints(core);
    core.failures = new Failures(core);
    core.dispatcher = this.#dispatcher = new Dispatcher(core);
    core.resumption = this.#resumption = new Resumption(core);
    core.safeMode = this.#safeMode = new SafeMode(core);
    core.asks = this.#asks = new Asks(core);
    core.timers = this.#timers = new Timers(core);
    core.gateway = this.#gateway = new Gateway(core);
    core.tree = this.#tree = new Tree(core, buildTree(parts.swarm));
    core.places = this.#tree.places;
    this.#door = new Door(core, this.#asks);
    this.listing = listingOf(core);
    this.tokens = new TokenBook({
      ...{ clock: parts.clock, ids: parts.ids, store: parts.store },
      commit: (changes) => core.ledger.commit(new Draft().change(...changes)),
      checkOpen: () => this.#door.checkOpen(),
      keepOwner: parts.keepOwner ?? (() => () => {}),
    });
    this.#letters = new Letters(core, this.#door);
    core.verbs = this.#verbs = new Verbs(core, this.#door);
    this.deployments = new Deployments(
      core,
      this.#tree,
      parts.build,
      (address, by) => this.#verbs.carryOut({ name: by.slice(1) }, { verb: "restart", address }),
    );
    this.#housekeeping = new Housekeeping(core, this.#dispatcher, this.#resumption);
    this.adapters = new Adapters(core, this.#door, this.#tree, parts.tools);
    this.#counters = new Counters(core);
    this.gauges = new Gauges(core, this.#tree.tally, parts.about.home);
    this.#startedAtMs = parts.clock.wallMs();
    parts.store.onFatal((error) => parts.onFatal(1, error));
  }

  /** Brings back what is stored, starts what the swarm wishes, and opens the door. */
  async start(): Promise<void> {
    const { kinds } = this.#core;
    await kinds.load();
    for (const { name, bundle, manifest } of this.#parts.kinds) {
      await kinds.deploy(name, bundle, manifest, this.#core.clock.wallMs());
    }
    await this.#safeMode.enter(this.#parts.safe ?? false);
    await this.#load();
    this.#core.isOpen = true;
    this.#housekeeping.start();
    this.adapters.start();
  }

  /** Lets agents, calls, delays and adapters go on; nothing to do outside of safe mode. */
  async leaveSafeMode(): Promise<void> {
    if (!this.#safeMode.leave()) return;
    await this.#takeUpWork();
    for (const cell of this.#core.registry.awake()) this.#dispatcher.wake(cell);
    this.adapters.start();
  }

  /** The process ends as it should: what comes next is no start after an unclean end (R7). */
  endedWell(): void {
    this.#safeMode.ended();
  }

  /** Takes nothing new from outside. */
  close(): void {
    this.#core.isOpen = false;
    this.#core.turnWatch.close();
    this.#counters.close();
    this.#core.eventLog.close();
  }

  /**
   * Ends in order: nothing new comes in, turns in hand end, everything accepted is durable.
   *
   * @param drainMs how long turns may take before their threads are ended by force
   */
  async stop(drainMs: number): Promise<void> {
    this.#core.isOpen = false;
    this.#core.isHalted = true;
    this.#housekeeping.stop();
    this.#timers.stop();
    this.tokens.close();
    this.adapters.stop();
    const late = Promise.withResolvers<void>();
    const cancel = this.#core.clock.after(drainMs, late.resolve);
    await Promise.race([this.#tree.stopAll(), late.promise]);
    cancel();
    this.#asks.stop();
  }

  async status(): Promise<SystemStatus> {
    const startedAtMs = this.#startedAtMs;
    const retention = await this.#housekeeping.sweeps.view();
    const safeMode = this.#safeMode.reason;
    const about = { ...this.#parts.about, startedAtMs, safeMode, retention };
    return await viewSystem(this.#core, about, this.#tree.tally);
  }

  send: Control["send"] = (caller, messages, idempotency) =>
    this.#door.send(caller, messages, idempotency);

  ask: Control["ask"] = (caller, input, idempotency) => this.#door.ask(caller, input, idempotency);

  readAsk: Control["readAsk"] = (id) => this.#asks.read(id);

  spawn: Control["spawn"] = (caller, input, idempotency) =>
    spawnAt(this.#core, this.#tree, this.#door, caller, input, idempotency);

  delete: Control["delete"] = async (caller, address) => {
    await this.carryOut(caller, { verb: "delete", address });
  };

  carryOut: Control["carryOut"] = async (caller, input, idempotency) => {
    if (input.verb === "resume" && input.address === rootAddress) await this.leaveSafeMode();
    return await this.#verbs.carryOut(caller, input, idempotency);
  };

  machine: Control["machine"] = (address) =>
    Promise.resolve(viewMachine(this.#core.registry.get(parseAddress(address))));

  checkpoints: Control["checkpoints"] = async (address) =>
    await viewCheckpoints(this.#core, this.#core.registry.get(parseAddress(address)));

  agents: Control["agents"] = (query) => Promise.resolve(pageOfAgents(this.#core, query));

  agent: Control["agent"] = async (address) =>
    await viewDetail(this.#core, this.#core.registry.get(parseAddress(address)));

  tree: Control["tree"] = () => Promise.resolve(viewTree(this.#core, this.#tree));
  followTurns: Control["followTurns"] = (at, who) => this.#core.turnWatch.follow(at, who);
  followCounters: Control["followCounters"] = (who) => this.#counters.follow(who);
  followEvents: Control["followEvents"] = () => this.#core.eventLog.follow();
  metrics: Control["metrics"] = () => this.gauges.text();
  messages: Control["messages"] = (query) => this.#core.store.messages(query);
  deadLetters: Control["deadLetters"] = (query) => this.#core.store.deadLetters(query);
  deadLetter: Control["deadLetter"] = (id) => this.#letters.find(id);

  replay: Control["replay"] = (caller, id, idempotency) =>
    this.#letters.replay(caller, id, idempotency);

  dropLetter: Control["dropLetter"] = (caller, id) => this.#letters.drop(caller, id);

  deploy: Control["deploy"] = (caller, path) => this.deployments.deploy(caller, path);
  checkDeployment: Control["checkDeployment"] = (path) => this.deployments.check(path);
  recall: Control["recall"] = (query, options) => this.#core.store.memory.recall(query, options);

  messageHistory: Control["messageHistory"] = (id, query) =>
    messageHistory(this.#core.store, id, query);
  agentHistory: Control["agentHistory"] = (address, query) =>
    agentHistory(this.#core, address, query);

  backup: Control["backup"] = (caller) => backUp(this.#core, this.#parts.backup, caller);

  shutdown(): void {
    this.#parts.onShutdown();
  }

  async #load(): Promise<void> {
    const draft = await loadAgents(this.#core, this.#tree);
    this.#letters.clear();
    this.#asks.load(await this.#core.store.openAsks());
    this.#core.isLoading = false;
    // Not waited for: with a full disk the API still has to come up.
    this.#core.ledger.commit(draft).catch(() => {});
    this.#tree.hold();
    this.#core.isHalted = false;
    if (this.#safeMode.reason === null) await this.#takeUpWork();
    this.#tree.begin();
    for (const cell of [...this.#core.registry.awake()]) this.#verbs.rested(cell);
  }

  /** Calls, delays and open work that were left by the process before. */
  async #takeUpWork(): Promise<void> {
    this.#gateway.load(await this.#core.store.calls());
    await this.#timers.load();
    this.#resumption.clear();
    for (const cell of this.#core.registry.awake()) this.#resumption.takeUp(cell);
  }

  /**
   * The store refused a commit: what was accepted after the last durable commit is thrown away, and
   * everybody starts again from there (R3).
   */
  #rejected(error: Error): void {
    if (!(error instanceof CommitRejected)) return this.#parts.onFatal(1, error);
    if (error.own) {
      this.#core.log("error", "the store refused a commit", { code: codeOf(error.cause) });
    }
    this.#recovering ??= this.#recover().finally(() => this.#recovering = null)
      .catch((failure) => this.#parts.onFatal(1, failure));
  }

  async #recover(): Promise<void> {
    this.#core.log("error", "a commit was refused: going back to the last durable state", {});
    this.#core.isHalted = true;
    this.#core.isLoading = true;
    const evicted = [...this.#dispatcher.resident].map((cell) =>
      this.#dispatcher.evict(cell, true)
    );
    await Promise.allSettled(evicted);
    this.#gateway.clear();
    await this.#core.store.recover();
    await this.#core.store.commit(this.#dispatcher.charges.take());
    await this.#load();
  }
}
