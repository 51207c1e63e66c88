/**
 * The control side of the tool host: calls and adapters, with a process behind them that is started
 * again, ever more slowly, whenever it ends.
 */
import type { CancelTimer, Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import type { Json } from "../json.ts";
import { OpenCalls, type ToolCall } from "./open-calls.ts";
import { type FromToolHost, mostOpenEvents } from "./tool-protocol.ts";
import { type ProcessEnd, ToolProcess } from "./tool-process.ts";

export type { ToolCall } from "./open-calls.ts";

export interface ToolHostOptions {
  clock: Clock;
  ids: Ids;
  execPath: string;
  /** Where the process is noted, and Deno's cache lies. */
  folder: string;
  /** Absolute folders that tools and adapters may read. */
  read: readonly string[];
  /** A process is up, the first or a later one: adapters have to be started in it. */
  onReady(): void;
  onEvent(address: string, key: string, type: string, payload: Json): void;
  onAdapterState(address: string, state: "up" | "failed", message: string | null): void;
  onLog(line: string): void;
  /** A process has ended that nobody stopped; another is started after `pauseMs`. */
  onExit?(end: ProcessEnd & { pauseMs: number }): void;
}

const firstPauseMs = 200;
const longestPauseMs = 10_000;
/** A process that has lived this long has not failed at its start. */
const stableMs = 10_000;
/** Failures before the first process takes calls after which the start is given up. */
const mostFirstFailures = 5;
/** A process that lets a ping wait for this long no longer works. */
const pingMs = 20_000;
/** Paths have up to 4,000 characters: these stay far below the largest frame. */
const knownPortion = 500;

/**
 * Starts the tool host and waits until it can take calls.
 *
 * @throws {DreamError} `bad_swarm` for folders that cannot be granted, `internal` when it ends
 * again and again
 */
export async function openToolHost(options: ToolHostOptions): Promise<ToolHost> {
  const host = new ToolHost(options);
  await host.ready;
  return host;
}

/** What the gateway and the adapters of the tree see: it stays while processes come and go. */
export class ToolHost {
  #options: ToolHostOptions;
  #process: ToolProcess | null = null;
  #isReady = false;
  #ready = Promise.withResolvers<void>();
  #calls: OpenCalls;
  /** Keys that the adapters of the running process wait for. */
  #events = new Map<string, Set<string>>();
  #failures = 0;
  #startedMs = 0;
  #hasBeenReady = false;
  #stopped = false;
  #cancelRestart: CancelTimer = () => {};
  #cancelPing: CancelTimer = () => {};

  constructor(options: ToolHostOptions) {
    this.#options = options;
    this.#calls = new OpenCalls(options.clock, {
      send: (message) => this.#isReady && this.#process ? this.#process.send(message) : false,
    });
    this.#start();
  }

  /** Resolves when the first process takes calls. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /**
   * Carries out one call; waits for a process while there is none. A call that is open when `stop`
   * is called stays open: its key may be called again in a later life.
   *
   * @throws {DreamError} the tool's own, `call_timeout`, or `host_lost` when the process ended
   * first: then nobody knows how far it came
   */
  call(call: ToolCall): Promise<unknown> {
    return this.#calls.open(call);
  }

  cancel(key: string): void {
    this.#calls.cancel(key);
  }

  /** Tells an adapter all that the system holds to be outside, before its start or later. */
  tellKnown(address: string, known: Json[]): void {
    let at = 0;
    do {
      const portion = known.slice(at, at + knownPortion);
      at += knownPortion;
      const isLast = at >= known.length;
      this.#process?.send({ t: "adapter.known", address, known: portion, isLast });
    } while (at < known.length);
  }

  startAdapter(address: string, adapter: string, options: Json): void {
    this.#events.set(address, new Set());
    this.#process?.send({ t: "adapter.start", address, adapter, options });
  }

  stopAdapter(address: string): void {
    this.#events.delete(address);
    this.#process?.send({ t: "adapter.stop", address });
  }

  ack(address: string, key: string): void {
    if (!this.#events.get(address)?.delete(key)) return;
    this.#process?.send({ t: "adapter.ack", address, key });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRestart();
    this.#cancelPing();
    this.#calls.close();
    await this.#process?.kill();
  }

  #start(): void {
    if (this.#stopped) return;
    this.#startedMs = this.#options.clock.monotonicMs();
    this.#process = new ToolProcess({
      ...this.#options,
      onFrame: (frame) => this.#hear(frame),
      onExit: (end) => this.#ended(end),
    });
  }

  #hear(frame: FromToolHost): void {
    switch (frame.t) {
      case "ready":
        return this.#becomeReady();
      case "pong":
        this.#cancelPing();
        this.#cancelPing = this.#options.clock.after(pingMs, () => this.#ping());
        return;
      case "result":
        return this.#calls.settle(frame);
      case "adapter.event":
        return this.#event(frame);
      case "adapter.state":
        return this.#options.onAdapterState(frame.address, frame.state, frame.message);
    }
  }

  #becomeReady(): void {
    if (this.#isReady) return this.#process?.refuse("it says twice that it is ready");
    this.#isReady = true;
    this.#hasBeenReady = true;
    this.#ready.resolve();
    this.#ping();
    this.#calls.sendAll();
    this.#options.onReady();
  }

  #ping(): void {
    this.#process?.send({ t: "ping" });
    this.#cancelPing = this.#options.clock.after(pingMs, () => {
      this.#process?.refuse(`it did not answer for ${pingMs} ms`);
    });
  }

  #event({ address, key, type, payload }: Extract<FromToolHost, { t: "adapter.event" }>): void {
    const open = this.#events.get(address);
    // On its way when the adapter was stopped.
    if (!open) return;
    open.add(key);
    if (open.size > mostOpenEvents) {
      return this.#process?.refuse(`more than ${mostOpenEvents} events are open`);
    }
    this.#options.onEvent(address, key, type, payload);
  }

  #ended(end: ProcessEnd): void {
    const { clock, ids, onLog, onExit } = this.#options;
    this.#process = null;
    this.#isReady = false;
    this.#events.clear();
    this.#cancelPing();
    if (this.#stopped) return;
    this.#calls.lose();
    const wasStable = clock.monotonicMs() - this.#startedMs > stableMs;
    this.#failures = wasStable ? 1 : this.#failures + 1;
    if (!this.#hasBeenReady && this.#failures >= mostFirstFailures) {
      this.#stopped = true;
      const message = `Cannot start the tool host: it ended ${this.#failures} times (${end.why})`;
      return this.#ready.reject(new DreamError("internal", message));
    }
    const bound = Math.min(longestPauseMs, firstPauseMs * 2 ** (this.#failures - 1));
    const pauseMs = Math.floor(bound * ids.random());
    onLog(`the tool host ended (${end.why}) and is started again in ${pauseMs} ms`);
    onExit?.({ ...end, pauseMs });
    this.#cancelRestart = clock.after(pauseMs, () => this.#start());
  }
}
