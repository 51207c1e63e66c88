/**
 * Keeps the state true: connects, reads the tree, follows events, and connects again when the
 * service went away or does not answer.
 *
 * Invariants:
 * - I1 Requests of one kind do not pile up: the next begins when the last has ended.
 * - I2 What was read stays on the screen while there is no service, and the screen says so.
 */
import type { Clock } from "../../clock.ts";
import { toErrorData } from "../../errors.ts";
import type { Service } from "../service.ts";
import { LookFeed } from "./look-feed.ts";
import type { State } from "./state.ts";
import { within } from "./within.ts";

/** A service that is silent for so long counts as lost. */
const silentMs = 3_000;
const pollMs = 1_000;
/** Without any event the tree is read again all the same: adapters and supervisors have none. */
const treeMs = 5_000;
/** Between two readings of the tree so many times as long as one takes, within bounds. */
const restFactor = 3;
const longestRestMs = 1_000;
/** Events come in bursts: the tree is read again so long after the first of them. */
const settleMs = 100;
const retryMs = 1_000;
/** Dead letters that are counted by address; to the chosen agent more are looked for. */
const mostLetters = 1_000;
const mostOwnLetters = 100;

export interface FeedOptions {
  /** Finds the service anew at each try: it may have come back at another port. */
  open(): Service;
  state: State;
  clock: Clock;
  /** Something on the screen may be different. */
  changed(): void;
}

export class Feed {
  #options: FeedOptions;
  #service: Service | null = null;
  #stopped = false;
  #connection = new AbortController();
  #isReading = false;
  #again = false;
  #lettersAreOld = true;
  /** Monotonic ms of the newest tree, and how long it took. */
  #readMs = 0;
  #tookMs = 0;
  /** The agent that was chosen when they were counted. */
  #counted = "/";
  readonly look: LookFeed;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.look = new LookFeed({ ...options, client: () => this.#service?.client ?? null });
  }

  /** The client of the service that was found last. */
  get service(): Service | null {
    return this.#service;
  }

  /** Goes on until `stop`. */
  async run(): Promise<void> {
    const { state, clock } = this.#options;
    while (!this.#stopped) {
      this.#connection = new AbortController();
      try {
        await this.#connect();
        await this.#stay();
      } catch (error) {
        this.#lost(toErrorData(error).message);
      }
      this.#connection.abort();
      if (state.link.status === "up") this.#lost("it has ended");
      if (!this.#stopped) await pause(clock, retryMs);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#connection.abort();
    this.look.stop();
  }

  #lost(why: string): void {
    const { state, clock, changed } = this.#options;
    if (this.#stopped) return;
    const isFirst = state.link.status === "connecting" && state.swarm.root === null;
    const sinceMs = state.link.status === "up" ? clock.wallMs() : state.link.sinceMs;
    state.link = { status: isFirst ? "connecting" : "lost", why, sinceMs };
    changed();
  }

  async #connect(): Promise<void> {
    const { open, state, clock, changed } = this.#options;
    const service = open();
    this.#service = service;
    await this.#readStatus();
    await this.#readTree();
    await this.#readLetters();
    state.url = service.url;
    state.link = { status: "up", why: "", sinceMs: clock.wallMs() };
    changed();
    this.look.refresh();
  }

  /** Returns or throws when the service has gone. */
  async #stay(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#connection;
    const following = Promise.race([this.#follow(signal), this.#followCounters(signal)]);
    let isOver = false;
    const end = () => void (isOver = true);
    following.then(end, end);
    while (!isOver && !this.#stopped) {
      await Promise.race([pause(clock, pollMs, signal), following]);
      if (this.#stopped) return;
      await this.#readStatus();
      if (clock.monotonicMs() - this.#readMs >= treeMs) this.refresh();
    }
    await following;
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { state, changed } = this.#options;
    const client = this.#service!.client;
    try {
      for await (const event of await client.events({ signal })) {
        state.lastEvent = event;
        if (/^(envelope|mailbox)\./.test(event.type)) this.#lettersAreOld = true;
        this.look.happened(event);
        this.refresh();
        changed();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #followCounters(signal: AbortSignal): Promise<void> {
    const { state, changed } = this.#options;
    try {
      for await (const frame of await this.#service!.client.counters({ signal })) {
        if (state.swarm.update(frame)) this.refresh();
        if (frame.totals) state.turnsPerSecond = frame.totals.turnsPerS;
        const { system } = state;
        if (system && frame.totals) state.system = { ...system, agents: frame.totals.agents };
        changed();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Reads the tree soon; several wishes are one. */
  refresh(): void {
    if (this.#isReading) return void (this.#again = true);
    this.#isReading = true;
    this.#read().catch(() => {
      // Who polls the status notices the same, and tells.
    }).finally(() => {
      this.#isReading = false;
      if (this.#again && !this.#stopped) this.refresh();
    });
  }

  async #read(): Promise<void> {
    const { clock } = this.#options;
    await pause(clock, Math.max(settleMs, Math.min(longestRestMs, this.#tookMs * restFactor)));
    this.#again = false;
    await this.#readTree();
    if (this.#lettersAreOld || this.#counted !== this.#options.state.chosen) {
      await this.#readLetters();
    }
  }

  async #readStatus(): Promise<void> {
    const { state, clock, changed } = this.#options;
    const client = this.#service!.client;
    state.system = await within(clock, silentMs, (signal) => client.status({ signal }));
    changed();
  }

  async #readTree(): Promise<void> {
    const { state, clock, changed } = this.#options;
    const begunMs = clock.monotonicMs();
    const tree = await within(clock, silentMs, () => this.#service!.client.tree());
    state.swarm.take(tree, clock.wallMs());
    this.#readMs = clock.monotonicMs();
    this.#tookMs = this.#readMs - begunMs;
    changed();
  }

  async #readLetters(): Promise<void> {
    const { state, clock, changed } = this.#options;
    this.#lettersAreOld = false;
    const { client } = this.#service!;
    const { items } = await within(
      clock,
      silentMs,
      () => client.deadLetters({ limit: mostLetters }),
    );
    const letters = new Map<string, number>();
    for (const { envelope } of items) {
      letters.set(envelope.to, (letters.get(envelope.to) ?? 0) + 1);
    }
    await this.#countOwn(letters);
    state.letters = letters;
    changed();
  }

  /** Older letters to the agent that is chosen may be behind a thousand to others. */
  async #countOwn(letters: Map<string, number>): Promise<void> {
    const { state, clock } = this.#options;
    const { chosen: to } = state;
    this.#counted = to;
    if (letters.has(to) || (state.system?.deadLetters ?? 0) < mostLetters) return;
    if (state.swarm.find(to)?.type !== "agent") return;
    const { client } = this.#service!;
    const own = await within(
      clock,
      silentMs,
      () => client.deadLetters({ to, limit: mostOwnLetters }),
    );
    if (own.items.length > 0) letters.set(to, own.items.length);
  }
}

/** Resolves after `ms`, or when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    signal?.addEventListener("abort", () => {
      cancel();
      resolve();
    }, { once: true });
  });
}
