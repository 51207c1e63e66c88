/** A whole system on a clock moved by hand and a store in memory that outlives its kills. */
import { fileURLToPath } from "node:url";
import { bundleAgent } from "../../src/host/bundle.ts";
import type { Bundle } from "../../src/host/hosts.ts";
import { systemIds } from "../../src/ids.ts";
import type { Json } from "../../src/json.ts";
import { defaultLimits, type Limits } from "../../src/limits.ts";
import { openInMemoryStore, type StoreFault } from "../../src/storage/in-memory-store.ts";
import { Tables } from "../../src/storage/in-memory-tables.ts";
import { System } from "../../src/supervisor/system.ts";
import { parseSwarm, type SwarmInput } from "../../src/swarm.ts";
import { HandClock } from "../support/hand-clock.ts";
import { InProcessHosts } from "../support/in-process-hosts.ts";

const caller = { name: "tester" };
const bundles = new Map<string, Promise<Bundle>>();

/** Tools that never answer. */
const silentTools = {
  pid: null,
  cancel: () => {},
  tellKnown: () => {},
  startAdapter: () => {},
  stopAdapter: () => {},
  ack: () => {},
};

export interface ClockRigOptions {
  children: SwarmInput["children"];
  /** Agents of tests/supervisor/agents. */
  kinds: readonly string[];
  limits?: Partial<Limits>;
  swarm?: Partial<SwarmInput>;
  wallMs?: number;
  /** Instead of chance: the jitter of backoffs. */
  random?: () => number;
}

export class ClockRig {
  readonly clock: HandClock;
  readonly tables = new Tables();
  readonly log: { level: string; message: string; about: unknown }[] = [];
  /** Exit codes that the system asked for. */
  readonly ended: number[] = [];
  /** Names of the calls that were carried out. */
  readonly calls: string[] = [];
  hosts = new InProcessHosts();
  /** How long a transaction takes. */
  commitMs = 0;
  /** What happens to the next transaction. */
  fault: StoreFault | null = null;
  /** The next start is one with `--safe`. */
  safe = false;
  #options: ClockRigOptions;
  #system: System | null = null;
  #crash = () => {};
  #answers: (() => void)[] = [];

  constructor(options: ClockRigOptions) {
    this.#options = options;
    this.clock = new HandClock(options.wallMs ?? Date.UTC(2026, 0, 15));
  }

  get system(): System {
    return this.#system!;
  }

  async start(): Promise<this> {
    const { children, kinds, limits, swarm, random } = this.#options;
    const { clock, log, ended, tables } = this;
    const hosts = this.hosts = new InProcessHosts();
    const store = openInMemoryStore({
      ...{ clock, tables },
      commitMs: () => this.commitMs,
      fault: () => {
        const { fault } = this;
        this.fault = null;
        return fault;
      },
    });
    this.#crash = () => store.crash();
    this.calls.length = 0;
    const described = await Promise.all(kinds.map((name) => describe(hosts, name)));
    const named = Object.fromEntries(kinds.map((name) => [name, `./${name}.ts`]));
    const system = this.#system = new System({
      clock,
      ids: random ? { ...systemIds(clock), random } : systemIds(clock),
      limits: { ...defaultLimits, ...limits },
      store,
      hosts,
      tools: {
        ...silentTools,
        call: ({ name }) => {
          this.calls.push(name);
          return new Promise<null>((resolve) => this.#answers.push(() => resolve(null)));
        },
      },
      safe: this.safe,
      log: (level, message, about) => log.push({ level, message, about }),
      swarm: parseSwarm({ kinds: named, backoffMs: 1, ...swarm, children }, "test"),
      kinds: described,
      about: { home: "/none", version: "test", pid: 0 },
      onFatal: (code) => ended.push(code),
      onShutdown: () => {},
    });
    const started = system.start();
    await clock.settle();
    await started;
    await clock.settle();
    return this;
  }

  /** Ends everything in memory at once, as a kill would. */
  async kill(): Promise<void> {
    this.#crash();
    await this.hosts.stop();
    const stopped = this.system.stop(0);
    await this.clock.settle();
    await stopped;
  }

  /** Ends in order. */
  async stop(): Promise<void> {
    const stopped = this.system.stop(0);
    await this.clock.settle();
    await stopped;
    await this.hosts.stop();
  }

  async send(to: string, type: string, payload: Json = {}): Promise<void> {
    const sent = this.system.send(caller, [{ to, type, payload }]);
    // Refused before anybody waits for it.
    sent.catch(() => {});
    await this.clock.settle();
    await sent;
    await this.clock.settle();
  }

  /** Sends an ask and does not wait for its answer. */
  async owe(to: string, type: string, timeoutMs: number): Promise<void> {
    this.system.ask(caller, { to, type, payload: {}, timeoutMs }).catch(() => {});
    await this.clock.settle();
  }

  async ask(to: string, type = "read"): Promise<Json> {
    const asked = this.system.ask(caller, { to, type, payload: {} });
    await this.clock.settle();
    return (await asked).reply;
  }

  /** Answers the calls that are open, with null. */
  answerCalls(): void {
    for (const answer of this.#answers.splice(0)) answer();
  }

  /** Events so far, as `type address`. */
  events(): string[] {
    return this.tables.events.map(({ type, address }) => `${type} ${address}`);
  }
}

async function describe(hosts: InProcessHosts, name: string) {
  const path = fileURLToPath(new URL(`./agents/${name}.ts`, import.meta.url));
  const building = bundles.get(name) ?? bundleAgent(path);
  bundles.set(name, building);
  const bundle = await building;
  const found = await hosts.describe(bundle);
  if (!found.ok) throw new Error(found.error.message);
  return { name, bundle, manifest: found.manifest };
}
