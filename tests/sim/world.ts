/** One simulated world: a control process that may be killed, its store, its hosts. */
import { fileURLToPath } from "node:url";
import type { AgentDefinition } from "../../src/actors/define-agent.ts";
import { loadBundle } from "../../src/actors/load-bundle.ts";
import type { Manifest } from "../../src/actors/manifest.ts";
import { bundleAgent } from "../../src/host/bundle.ts";
import type { Bundle } from "../../src/host/hosts.ts";
import type { Ids } from "../../src/ids.ts";
import { defaultLimits, type Limits } from "../../src/limits.ts";
import { openInMemoryStore, type StoreFault } from "../../src/storage/in-memory-store.ts";
import { System } from "../../src/supervisor/system.ts";
import { parseSwarm, type SwarmInput } from "../../src/swarm.ts";
import { type Random, randomOf } from "../torture/random.ts";
import { type HostFaults, SimHosts } from "./hosts.ts";
import { JudgedTables } from "./judge.ts";
import { Line, ProcessClock, Scheduler } from "./scheduler.ts";

export interface Kind {
  name: string;
  bundle: Bundle;
  manifest: Manifest;
  definition: AgentDefinition;
}

/** Small, so that every bound is met. */
export const limits: Limits = {
  ...defaultLimits,
  mailbox: 16,
  turnEnvelopes: 6,
  maxThreads: 6,
  turnsInHand: 2,
  turnDeadlineMs: 1_000,
  idleAfterMs: 1_500,
  resumeAfterMs: 20_000,
  askTimeoutMs: 3_000,
};

export interface Faults extends HostFaults {
  store: Record<StoreFault, number>;
  slow: number;
  /** Of a group: it is durable, and the process ends before it knows. */
  unheard: number;
}

const noHostFaults: HostFaults = { hang: 0, twice: 0, forged: 0, noPlace: 0 };
export const noFaults: Faults = {
  ...noHostFaults,
  store: { busy: 0, full: 0, reject: 0, fsync: 0 },
  slow: 0,
  unheard: 0,
};

/** The same every time: a seed and a count. */
function seededIds(random: Random): Ids {
  let count = 0;
  return {
    uuid() {
      const tail = (++count).toString(16).padStart(12, "0");
      return `01900000-0000-7000-8000-${tail}`;
    },
    secret: () => `secret-${++count}`,
    random: () => random.next(),
  };
}

let loading: Promise<Kind> | null = null;

/** The one kind of agent, bundled once for all seeds. */
export function loadKind(): Promise<Kind> {
  return loading ??= (async () => {
    const path = fileURLToPath(new URL("./agents/worker.ts", import.meta.url));
    const bundle = await bundleAgent(path);
    const definition = loadBundle(bundle.code);
    return { name: "worker", bundle, manifest: definition.manifest, definition };
  })();
}

export class World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly tables = new JudgedTables();
  faults: Faults = noFaults;
  hosts!: SimHosts;
  system: System | null = null;
  /** Counts the starts of the control process. */
  boots = 0;
  /** Exit code that the system asked for. */
  exit: number | null = null;
  #kind: Kind;
  #swarm: SwarmInput;
  #ids: Ids;
  #clock: ProcessClock | null = null;
  #crashStore = () => {};
  #trace: (what: string) => void;

  constructor(seed: number, kind: Kind, swarm: SwarmInput, trace: (what: string) => void) {
    this.#kind = kind;
    this.#swarm = swarm;
    this.#trace = trace;
    this.random = randomOf(seed, "world");
    this.scheduler = new Scheduler(randomOf(seed, "order"));
    this.#ids = seededIds(randomOf(seed, "chance"));
    this.tables.maxAttempts = limits.maxAttempts;
    this.tables.mailboxLimit = limits.mailbox;
  }

  /** Starts a control process; it is ready when `system` is set. */
  boot(): void {
    const { scheduler, tables, random } = this;
    const boot = ++this.boots;
    this.exit = null;
    this.#trace(`boot ${boot}`);
    const clock = this.#clock = new ProcessClock(scheduler);
    const reads = new Line(clock);
    const store = openInMemoryStore({
      clock,
      tables,
      commitMs: () => random.chance(this.faults.slow) ? random.next() * 400 : random.next() * 3,
      beforeRead: () => new Promise((resolve) => reads.add(random.next() * 2, resolve)),
      fault: () => this.#storeFault(),
    });
    this.#crashStore = () => store.crash();
    const kind = this.#kind;
    const hosts = this.hosts = new SimHosts({
      clock,
      random,
      definition: () => kind.definition,
      trace: this.#trace,
      faults: () => this.faults,
    });
    const system = new System({
      clock,
      ids: this.#ids,
      limits,
      store,
      hosts,
      tools: {
        pid: null,
        call: () => new Promise<never>(() => {}),
        cancel: () => {},
        tellKnown: () => {},
        startAdapter: () => {},
        stopAdapter: () => {},
        ack: () => {},
      },
      log: (level, message, about) => this.#trace(`${level} ${message} ${JSON.stringify(about)}`),
      swarm: parseSwarm(this.#swarm, "simulation"),
      kinds: [kind],
      about: { home: "/none", version: "simulation", pid: 0 },
      onFatal: (code, error) => {
        if (this.boots !== boot) return;
        this.#trace(`fatal ${code} ${error.message}`);
        this.exit = code;
      },
      onShutdown: () => {},
    });
    system.start().then(() => {
      if (this.boots === boot && this.exit === null) this.system = system;
    }, (error) => {
      this.#trace(`no start: ${error.message}`);
      if (this.boots === boot) this.exit = 1;
    });
  }

  /** As a power cut: what is not durable is gone, and nothing of this process happens again. */
  kill(): void {
    this.#trace("kill");
    this.#clock?.kill();
    this.#crashStore();
    this.system = null;
    this.exit = 0;
  }

  #storeFault(): StoreFault | null {
    const { random, faults: { store, unheard } } = this;
    if (random.chance(unheard)) {
      this.tables.afterCommit = () => {
        this.tables.afterCommit = () => {};
        this.#trace("unheard");
        this.kill();
      };
      return null;
    }
    for (const fault of ["busy", "full", "reject", "fsync"] as const) {
      if (!random.chance(store[fault])) continue;
      this.#trace(`store ${fault}`);
      return fault;
    }
    return null;
  }
}
