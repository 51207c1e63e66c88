/**
 * The control side of the tool host: calls and adapters, with a process behind them that is started
 * again, ever more slowly, whenever it ends.
 */
import type { CancelTimer, Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import type { Json } from "../json.ts";
import type { FromToolHost, ToolGrant } from "./tool-protocol.ts";
import { ToolProcess } from "./tool-process.ts";

export interface ToolHostOptions {
  clock: Clock;
  ids: Ids;
  execPath: string;
  folder: string;
  read: readonly string[];
  /** A process is up, the first or a later one: adapters have to be started in it. */
  onReady(): void;
  onEvent(address: string, key: string, type: string, payload: Json): void;
  onAdapterState(address: string, state: "up" | "failed", message: string | null): void;
  onLog(line: string): void;
}

export interface ToolCall {
  key: string;
  name: string;
  input: unknown;
  grant: ToolGrant;
  deadlineMs: number;
}

interface Open {
  resolve(value: unknown): void;
  reject(error: Error): void;
  cancelTimer: CancelTimer;
}

const firstPauseMs = 100;
const longestPauseMs = 10_000;
/** A process that has lived this long has not failed at its start. */
const stableMs = 10_000;
const knownPortion = 2_000;

/** Starts the tool host and waits until it can take calls. */
export async function openToolHost(options: ToolHostOptions): Promise<ToolHost> {
  const host = new ToolHost(options);
  await host.ready;
  return host;
}

export class ToolHost {
  #options: ToolHostOptions;
  #process: ToolProcess | null = null;
  #open = new Map<string, Open>();
  #failures = 0;
  #startedMs = 0;
  #stopped = false;
  #cancelRestart: CancelTimer = () => {};
  #ready = Promise.withResolvers<void>();

  constructor(options: ToolHostOptions) {
    this.#options = options;
    this.#start();
  }

  /** Resolves when a process takes calls. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /**
   * Carries out one call.
   *
   * @throws {DreamError} the tool's own, `call_timeout`, or `host_lost` when the process ended first:
   * then nobody knows how far it came
   */
  async call(call: ToolCall): Promise<unknown> {
    await this.#ready.promise;
    const { key, name, grant, deadlineMs } = call;
    return await new Promise((resolve, reject) => {
      const cancelTimer = this.#options.clock.after(deadlineMs, () => {
        this.#open.delete(key);
        this.cancel(key);
        reject(new DreamError("call_timeout", `${name} took more than ${deadlineMs} ms`));
      });
      this.#open.set(key, { resolve, reject, cancelTimer });
      const input = call.input as Json;
      this.#process?.send({ t: "call", key, name, input, grant, deadlineMs });
    });
  }

  cancel(key: string): void {
    const open = this.#open.get(key);
    open?.cancelTimer();
    this.#open.delete(key);
    this.#process?.send({ t: "cancel", key });
    open?.reject(new DreamError("call_failed", "The call was cancelled"));
  }

  /** Tells an adapter what the system holds to be outside, before its start or later. */
  tellKnown(address: string, known: Json[]): void {
    for (let at = 0; at < known.length; at += knownPortion) {
      const portion = known.slice(at, at + knownPortion);
      this.#process?.send({ t: "adapter.known", address, known: portion });
    }
  }

  startAdapter(address: string, adapter: string, options: Json): void {
    this.#process?.send({ t: "adapter.start", address, adapter, options });
  }

  stopAdapter(address: string): void {
    this.#process?.send({ t: "adapter.stop", address });
  }

  ack(address: string, key: string): void {
    this.#process?.send({ t: "adapter.ack", address, key });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRestart();
    await this.#process?.kill();
  }

  #start(): void {
    if (this.#stopped) return;
    this.#startedMs = this.#options.clock.monotonicMs();
    this.#process = new ToolProcess({
      ...this.#options,
      onFrame: (frame) => this.#hear(frame),
      onExit: () => this.#ended(),
    });
  }

  #hear(frame: FromToolHost): void {
    switch (frame.t) {
      case "ready":
        this.#ready.resolve();
        return this.#options.onReady();
      case "result": {
        const open = this.#open.get(frame.key);
        this.#open.delete(frame.key);
        open?.cancelTimer();
        if (frame.ok) open?.resolve(frame.value);
        else open?.reject(new DreamError(frame.error.code, frame.error.message));
        return;
      }
      case "adapter.event":
        return this.#options.onEvent(frame.address, frame.key, frame.type, frame.payload);
      case "adapter.state":
        return this.#options.onAdapterState(frame.address, frame.state, frame.message);
    }
  }

  #ended(): void {
    this.#process = null;
    if (this.#stopped) return;
    const { clock, ids, onLog } = this.#options;
    this.#ready = Promise.withResolvers();
    for (const { reject, cancelTimer } of this.#open.values()) {
      cancelTimer();
      reject(new DreamError("host_lost", "The tool host ended before it had a result"));
    }
    this.#open.clear();
    const wasStable = clock.monotonicMs() - this.#startedMs > stableMs;
    this.#failures = wasStable ? 0 : this.#failures + 1;
    const bound = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures);
    onLog("the tool host ended and is started again");
    this.#cancelRestart = clock.after(Math.floor(bound * ids.random()), () => this.#start());
  }
}
