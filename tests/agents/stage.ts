/**
 * A small stage for the agents of the default swarm: their real bundles in real `AgentThread`s, one
 * turn at a time, each from the stored text of the turn before. The stage carries out effects as
 * the supervisor does (doors checked by the manifests), with memory and files given by the test.
 */
import { AgentThread } from "../../src/actors/agent-thread.ts";
import type { Effect } from "../../src/actors/effect.ts";
import type { Envelope, Outcome, ReplyTo } from "../../src/actors/envelope.ts";
import type { Manifest } from "../../src/actors/manifest.ts";
import type { FromThread, StoredState, TurnedFrame } from "../../src/actors/protocol.ts";
import { compileManifest, type Validators } from "../../src/actors/validate.ts";
import { systemClock } from "../../src/clock.ts";
import { makeBundle } from "../../src/host/bundler.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits } from "../../src/limits.ts";
import type { Json } from "../../src/json.ts";
import { toErrorData } from "../../src/errors.ts";

export type Calls = Record<string, (input: never, key: string) => unknown>;

interface Kind {
  code: string;
  manifest: Manifest;
  doors: Validators;
}

interface Agent {
  address: string;
  kind: Kind;
  input: string;
  state: StoredState | null;
  mail: Envelope[];
  thread: AgentThread | null;
  frames: FromThread[];
  summary: TurnedFrame["summary"] | null;
  /** Bytes of the largest state so far. */
  largest: number;
  turns: number;
}

const ids = systemIds(systemClock);
const kinds = new Map<string, Promise<Kind>>();

/** Bundles an agent of `agents/` as the control process does. */
export function kindOf(name: string): Promise<Kind> {
  let kind = kinds.get(name);
  if (!kind) {
    kind = bundleKind(name);
    kinds.set(name, kind);
  }
  return kind;
}

async function bundleKind(name: string): Promise<Kind> {
  const path = new URL(`../../agents/${name}/agent.ts`, import.meta.url).pathname;
  const made = await makeBundle({ op: "agent", path });
  if (!made.ok) throw new Error(made.message);
  const { code } = made.outputs[0]!;
  const thread = new AgentThread({ clock: systemClock, post() {} });
  thread.load({ hash: name, code });
  const described = thread.describe();
  if (!described.ok) throw new Error(described.error.message);
  return { code, manifest: described.manifest, doors: compileManifest(described.manifest) };
}

function faultOf({ doors }: Kind, type: string, payload: Json): string | null {
  if (!doors.has(type)) return "unknown_type";
  return doors.accepts(type, payload) === null ? null : "invalid_payload";
}

export class Stage {
  readonly agents = new Map<string, Agent>();
  /** Envelopes that could not be delivered, with the reason. */
  readonly dead: { to: string; type: string; code: string }[] = [];
  /** Answers to asks of the test, by id. */
  readonly answers = new Map<string, Outcome>();
  /** Calls and ends of turns that are under way. */
  #open = 0;
  #timers: { to: string; id: string; dueMs: number }[] = [];
  #nowMs = 1_700_000_000_000;
  #seq = 0;

  private constructor(readonly calls: Calls, readonly kinds: ReadonlyMap<string, Kind>) {}

  /** @param names kinds that may be started or spawned */
  static async open(names: string[], calls: Calls = {}): Promise<Stage> {
    const made = await Promise.all(
      names.map(async (name) => [name, await kindOf(name)] as const),
    );
    return new Stage(calls, new Map(made));
  }

  start(address: string, name: string, input: Json = {}): Agent {
    const kind = this.kinds.get(name);
    if (!kind) throw new Error(`There is no kind ${name} on this stage`);
    const agent: Agent = {
      address,
      kind,
      input: JSON.stringify(input),
      state: null,
      mail: [],
      thread: null,
      frames: [],
      summary: null,
      largest: 0,
      turns: 0,
    };
    const fault = kind.doors.input(input);
    if (fault !== null) throw new Error(`${address}: ${fault}`);
    this.agents.set(address, agent);
    this.#turn(agent);
    return agent;
  }

  /** Sends a message as the API would. */
  send(to: string, type: string, payload: object, replyTo: ReplyTo | null = null): void {
    this.#post("@test", { to, type, payload: JSON.stringify(payload), replyTo });
  }

  /** Asks and waits until everything is quiet. @returns the reply @throws its refusal */
  async ask(to: string, type: string, payload: object): Promise<Record<string, unknown>> {
    const ask = ids.uuid();
    this.send(to, type, payload, { to: "@test", ask, expiresAtMs: this.#nowMs + 30_000 });
    await this.settle();
    const outcome = this.answers.get(ask);
    if (!outcome) throw new Error(`${to} did not answer "${type}"`);
    if (!("ok" in outcome) || !outcome.ok) throw outcome;
    const fault = this.agents.get(to)!.kind.doors.replies(type, outcome.value as Json);
    if (fault !== null) throw new Error(`${to}: reply to "${type}": ${fault}`);
    return outcome.value as Record<string, unknown>;
  }

  /** Runs until nothing is left to do; delays pass at once. */
  async settle(deadlineMs = 20_000): Promise<void> {
    const end = systemClock.monotonicMs() + deadlineMs;
    for (;;) {
      const busy = [...this.agents.values()].filter((agent) => agent.mail.length > 0);
      for (const agent of busy) this.#turn(agent);
      const waits = this.#open > 0 ||
        [...this.agents.values()].some((agent) => (agent.summary?.runs ?? 0) > 0);
      if (busy.length === 0 && !waits && !this.#fireNext()) return;
      if (systemClock.monotonicMs() > end) throw new Error("The stage does not come to rest");
      if (busy.length === 0 && waits) await new Promise<void>((go) => systemClock.after(1, go));
    }
  }

  stateOf(address: string): string {
    return JSON.stringify(this.agents.get(address)?.summary?.value ?? null);
  }

  #fireNext(): boolean {
    this.#timers.sort((a, b) => a.dueMs - b.dueMs);
    const timer = this.#timers.shift();
    if (!timer) return false;
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
    this.#post("system", { to: timer.to, kind: "timer", correlation: timer.id });
    return true;
  }

  #turn(agent: Agent): void {
    const hand = agent.mail.splice(0, 256);
    if (!agent.thread) this.#place(agent);
    agent.thread!.receive({
      t: "deliver",
      turn: ++agent.turns,
      nowMs: this.#nowMs,
      envelopes: hand,
    });
    const frame = agent.frames.find((one) => one.t === "turned" || one.t === "failed");
    agent.frames.length = 0;
    if (frame?.t !== "turned") throw new Error(`${agent.address}: ${JSON.stringify(frame)}`);
    agent.mail.unshift(...hand.slice(frame.consumed));
    agent.state = frame.state;
    agent.summary = frame.summary;
    agent.largest = Math.max(agent.largest, new TextEncoder().encode(frame.state.text).length);
    for (const index of frame.unhandled) {
      this.dead.push({ to: agent.address, type: hand[index]!.type, code: "undelivered" });
    }
    if (frame.summary.status === "done") this.agents.delete(agent.address);
    for (const effect of frame.effects) this.#apply(agent, effect);
    agent.thread!.receive({ t: "committed", turn: agent.turns });
    // The thread is thrown away after each turn, as a crash would, but while a run is at work.
    if (frame.summary.runs === 0) {
      agent.thread!.dispose();
      agent.thread = null;
    }
  }

  #place(agent: Agent): void {
    const thread = new AgentThread({
      clock: systemClock,
      post: (frame) => {
        if (frame.t !== "ran") agent.frames.push(frame);
        else {
          const { id, payload } = frame;
          this.#post("system", { to: agent.address, kind: "ran", correlation: id, payload });
        }
      },
    });
    thread.load({ hash: agent.kind.manifest.kind, code: agent.kind.code });
    const { address, state, input } = agent;
    thread.receive({ t: "start", address, state, input, limits: defaultLimits });
    agent.thread = thread;
  }

  #apply(agent: Agent, effect: Effect): void {
    switch (effect.kind) {
      case "send": {
        const replyTo = effect.ask === null
          ? null
          : { to: agent.address, ask: effect.ask, expiresAtMs: this.#nowMs + 30_000 };
        const { to, type, payload } = effect;
        this.#post(agent.address, { to, type, payload, replyTo });
        return;
      }
      case "reply": {
        this.#answer(agent.address, effect.replyTo, effect.payload);
        return;
      }
      case "schedule":
        this.#timers.push({
          to: agent.address,
          id: effect.id,
          dueMs: this.#nowMs + effect.delayMs,
        });
        return;
      case "cancel":
        this.#timers = this.#timers.filter(({ id }) => id !== effect.id);
        return;
      case "call":
        this.#call(agent, effect);
        return;
      case "spawn":
        this.#spawn(agent, effect);
        return;
      default:
        return;
    }
  }

  #answer(from: string, { to, ask }: ReplyTo, payload: string): void {
    if (to === "@test") this.answers.set(ask, JSON.parse(payload));
    else this.#post(from, { to, kind: "reply", correlation: ask, payload });
  }

  #call(agent: Agent, effect: Effect & { kind: "call" }): void {
    const { name, id } = effect;
    if (!agent.kind.manifest.needs.calls.includes(name)) throw new Error(`not needed: ${name}`);
    this.#open++;
    const run = async () => await this.calls[name]!(JSON.parse(effect.input) as never, id);
    run().then(
      (value): Outcome => ({ ok: true, value }),
      (thrown): Outcome => ({ ok: false, error: toErrorData(thrown, "call_failed") }),
    ).then((outcome) => {
      this.#open--;
      const payload = JSON.stringify(outcome);
      this.#post("system", { to: agent.address, kind: "result", correlation: id, payload });
    });
  }

  #spawn(agent: Agent, effect: Effect & { kind: "spawn" }): void {
    const address = `${effect.under}/${effect.name}`;
    if (this.agents.has(address)) {
      const told = { to: effect.under, messageType: "spawn", code: "address_taken", message: "" };
      this.#system(agent.address, "system.undelivered", told);
      return;
    }
    this.start(address, effect.agent, JSON.parse(effect.input));
  }

  #system(to: string, type: string, payload: object): void {
    if (!this.agents.get(to)?.kind.manifest.system.includes(type)) return;
    this.#post("system", { to, kind: "system", type, payload: JSON.stringify(payload) });
  }

  #post(from: string, letter: Partial<Envelope> & { to: string }): void {
    const envelope: Envelope = {
      id: ids.uuid(),
      seq: ++this.#seq,
      kind: "message",
      lane: "normal",
      from,
      type: "",
      payload: "{}",
      cause: null,
      correlation: null,
      replyTo: null,
      sentAtMs: this.#nowMs,
      expiresAtMs: null,
      hops: 0,
      trace: null,
      attempt: 0,
      ...letter,
    };
    const { to, type, kind, payload } = envelope;
    const agent = this.agents.get(to);
    const code = !agent
      ? "agent_not_found"
      : kind === "message"
      ? faultOf(agent.kind, type, JSON.parse(payload))
      : null;
    if (!code) {
      agent!.mail.push(envelope);
      return;
    }
    this.dead.push({ to, type, code });
    if (envelope.replyTo) {
      const outcome = JSON.stringify({ ok: false, error: { code, message: "" } });
      this.#answer("system", envelope.replyTo, outcome);
    } else this.#system(from, "system.undelivered", { to, messageType: type, code, message: "" });
  }
}
