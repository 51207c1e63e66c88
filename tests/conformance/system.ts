/**
 * Cases of the corpus as agents of a whole system: supervisor, database file, host processes with
 * threads. After each step all agents are passivated, so every turn but the first finds a thread
 * that knows nothing but the stored text. The supervisor's clock can be moved on.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AgentThread } from "../../src/actors/agent-thread.ts";
import type { Described } from "../../src/actors/protocol.ts";
import type { InnerMachine } from "../../src/actors/xstate-inner.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { bundleAgent } from "../../src/host/bundle.ts";
import { openHosts } from "../../src/host/host-pool.ts";
import type { Bundle, Hosts } from "../../src/host/hosts.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits } from "../../src/limits.ts";
import { openLibsqlStore } from "../../src/storage/libsql-store.ts";
import type { Store } from "../../src/storage/store.ts";
import { System } from "../../src/supervisor/system.ts";
import { parseSwarm } from "../../src/swarm.ts";
import { eventually } from "../support/eventually.ts";
import { type Case, hour, type Step } from "./case.ts";
import { lookAt } from "./turns.ts";

const caller = { name: "tester" };
const pathOf = (file: string) => fileURLToPath(new URL(`./agents/${file}`, import.meta.url));
const addressOf = (i: number) => `/case-${i}`;

/** The machine's own clock, with leaps forward. */
class LeapingClock implements Clock {
  #leapt = 0;
  readonly #waiting = new Set<{ atMs: number; fire: () => void; cancel: () => void }>();

  wallMs(): number {
    return systemClock.wallMs() + this.#leapt;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#leapt;
  }

  after(delayMs: number, fire: () => void): () => void {
    const one = { atMs: this.monotonicMs() + delayMs, fire, cancel: () => {} };
    one.cancel = systemClock.after(delayMs, () => this.#waiting.delete(one) && fire());
    this.#waiting.add(one);
    return () => {
      one.cancel();
      this.#waiting.delete(one);
    };
  }

  leap(ms: number): void {
    this.#leapt += ms;
    const now = this.monotonicMs();
    for (const one of [...this.#waiting].sort((a, b) => a.atMs - b.atMs)) {
      if (one.atMs > now || !this.#waiting.delete(one)) continue;
      one.cancel();
      one.fire();
    }
  }
}

/** All cases in one bundle's code, each time with another one chosen. */
async function bundleCases(cases: readonly Case[]): Promise<Bundle[]> {
  const { code } = await bundleAgent(pathOf("one-case.ts"));
  const mark = '"the chosen case"';
  if (code.split(mark).length !== 2) throw new Error("The bundle has no place for the name");
  return cases.map(({ name }) => {
    const chosen = code.replace(mark, () => JSON.stringify(name));
    return { hash: createHash("sha256").update(chosen).digest("hex"), code: chosen };
  });
}

function describe(bundle: Bundle): Described {
  const agent = new AgentThread({ clock: systemClock, post: () => {} });
  agent.load(bundle);
  const described = agent.describe();
  agent.dispose();
  return described;
}

const noTools = {
  pid: null,
  call: () => Promise.reject(new Error("no tools here")),
  cancel: () => {},
  tellKnown: () => {},
  startAdapter: () => {},
  stopAdapter: () => {},
  ack: () => {},
};

const limits = {
  ...defaultLimits,
  idleAfterMs: 0,
  // The clock leaps by hours.
  turnDeadlineMs: 10_000 * hour,
  resumeAfterMs: 10_000 * hour,
  keepEndedMs: 10_000 * hour,
  keepConsumedMs: 10_000 * hour,
};

export interface SystemSeen {
  /** The stored state after the start and after each step. */
  seen: { tree: unknown; timers: string[] }[];
  /** Everything that the agent emitted, sent and answered until its last step. */
  said: { emitted: unknown[]; told: unknown[]; answers: unknown[] };
}

export class SystemRun {
  readonly #clock: LeapingClock;
  readonly #cases: readonly Case[];
  readonly #keys = new Map<string, number>();
  /** What asks were answered with, oldest first, by case. */
  readonly #answers = new Map<number, Promise<unknown>[]>();

  private constructor(
    clock: LeapingClock,
    cases: readonly Case[],
    readonly system: System,
    readonly store: Store,
    readonly hosts: Hosts,
  ) {
    this.#clock = clock;
    this.#cases = cases;
  }

  static async open(folder: string, cases: readonly Case[]): Promise<SystemRun> {
    const clock = new LeapingClock();
    const hosts = await openHosts({
      limits,
      clock: systemClock,
      execPath: Deno.execPath(),
      folder: join(folder, "processes"),
      onLog: () => {},
    });
    const store = await openLibsqlStore({ file: join(folder, "dreamos.db"), clock });
    const named = (await bundleCases(cases)).map((bundle, i) => ({ name: `case-${i}`, bundle }));
    const all = [...named, { name: "sink", bundle: await bundleAgent(pathOf("sink.ts")) }];
    const kinds = [];
    for (const { name, bundle } of all) {
      const described = describe(bundle);
      if (!described.ok) throw new Error(`${name}: ${described.error.message}`);
      kinds.push({ name, bundle, manifest: described.manifest });
    }
    const children = all.map(({ name }) => ({
      type: "agent",
      id: name,
      agent: name,
      restart: "temporary",
    }));
    const data = { kinds: Object.fromEntries(all.map(({ name }) => [name, "./x.ts"])), children };
    const system = new System({
      clock,
      ids: systemIds(clock),
      limits,
      store,
      hosts,
      tools: noTools,
      log: () => {},
      swarm: parseSwarm(data, "test"),
      kinds,
      about: { home: folder, version: "test", pid: 0 },
      onFatal: (code) => {
        throw new Error(`The system has ended with ${code}`);
      },
      onShutdown: () => {},
    });
    await system.start();
    const run = new SystemRun(clock, cases, system, store, hosts);
    for (const { record } of await store.agents()) run.#keys.set(record.address, record.key);
    await run.quiet();
    return run;
  }

  /** Waits until all is done that is to be done, and no agent is in memory. */
  async quiet(): Promise<void> {
    await eventually(async () => {
      this.#clock.leap(300);
      const { items } = await this.system.agents({ limit: 500 });
      const busy = items.filter(({ status, mailboxDepth, turns }) =>
        turns === 0 || (status !== "completed" && (status !== "passive" || mailboxDepth > 0))
      );
      // What is due by now has come, and nothing else will.
      const until = { wallMs: this.#clock.wallMs() - 1, runMs: 0 };
      if (busy.length === 0) return (await this.store.dueTimers(until, 1)).length === 0;
      const shown = busy.map(({ address, status, lastError }) =>
        `${address} ${status} ${lastError?.message ?? ""}`
      );
      throw new Error(`Still busy: ${shown.slice(0, 5).join("; ")}`);
    }, { everyMs: 20, deadlineMs: 60_000 });
  }

  /**
   * Takes every case through its steps. One clock serves all: whoever waits waits for the others to
   * come to a wait as well, then an hour passes for all of them.
   */
  async run(): Promise<SystemSeen[]> {
    const all = await Promise.all(this.#cases.map(async (_, i) => ({
      seen: [await this.#look(i)],
      hours: 0,
      said: await this.#said(i),
    })));
    const stepOf = (i: number): Step | undefined => this.#cases[i]!.steps[all[i]!.seen.length - 1];
    const pick = (is: (step: Step) => boolean) =>
      this.#cases.keys().filter((i) => {
        const step = stepOf(i);
        return step !== undefined && is(step);
      }).toArray();
    const look = async (i: number) => {
      all[i]!.hours = 0;
      all[i]!.seen.push(await this.#look(i));
      if (stepOf(i) === undefined) all[i]!.said = await this.#said(i);
    };
    for (;;) {
      const acting = pick((step) => !("wait" in step));
      const waiting = acting.length > 0 ? [] : pick((step) => "wait" in step);
      if (acting.length + waiting.length === 0) break;
      for (const i of acting) await this.#say(i, stepOf(i)!);
      if (waiting.length > 0) this.#clock.leap(hour);
      await this.quiet();
      for (const i of acting) await look(i);
      for (const i of waiting) {
        all[i]!.hours += 1;
        const step = stepOf(i);
        if (step && "wait" in step && step.wait === all[i]!.hours) await look(i);
      }
    }
    return all;
  }

  async #say(i: number, step: Step): Promise<void> {
    const to = addressOf(i);
    if ("send" in step) {
      const { type, ...payload } = step.send;
      await this.system.send(caller, [{ to, type, payload: payload as never }]);
    } else if ("ask" in step) {
      const { type, ...payload } = step.ask;
      const asked = this.system.ask(caller, {
        to,
        type,
        payload: payload as never,
        timeoutMs: 600_000,
      });
      const answer = asked.then(
        ({ reply }) => ({ ok: true, value: reply }),
        (refused) => refused.details.reason,
      );
      this.#answers.set(i, [...this.#answers.get(i) ?? [], answer]);
    }
  }

  async #look(i: number): Promise<{ tree: unknown; timers: string[] }> {
    const row = await this.store.state(this.#keys.get(addressOf(i))!);
    return lookAt(this.#cases[i]!.make() as InnerMachine, row!.state.text, new Map());
  }

  async #said(i: number): Promise<SystemSeen["said"]> {
    const address = addressOf(i) as never;
    const events = await this.store.events({ address, limit: 1_000 });
    const { items } = await this.store.messages({ from: address, limit: 100 });
    const told = items.map(({ envelope }) => envelope).filter(({ to }) => to === "/sink")
      .sort((a, b) => a.seq - b.seq)
      .map(({ to, type, payload }) => ["send", to, type, JSON.parse(payload)]);
    return {
      emitted: events.filter(({ type }) => type.startsWith("e."))
        .map(({ type, data }) => ({ type, ...JSON.parse(data) })),
      told,
      answers: await Promise.all(this.#answers.get(i) ?? []),
    };
  }

  async close(): Promise<void> {
    await this.system.stop(0);
    await this.hosts.stop();
    await this.store.close();
  }
}
