/** One worker thread as its host holds it. */
import * as Comlink from "comlink";
import { MessageChannel } from "node:worker_threads";
import type { Described } from "../actors/protocol.ts";
import type { CancelTimer, Clock } from "../clock.ts";
import type { Bundle } from "./hosts.ts";
import type { ThreadApi } from "./thread-body.ts";

export interface WorkerEvents {
  onFrame(body: Uint8Array): void;
  /** Nothing of the thread runs any more; null when it was terminated on purpose. */
  onEnd(message: string | null): void;
}

/** Web workers of Deno take permissions (`--unstable-worker-options`). */
interface WorkerPermissions {
  read: string[] | false;
  write: false;
  net: false;
  env: false;
  run: false;
  sys: false;
  ffi: false;
  import: false;
}

export interface WorkerSetup {
  /** URL of the thread's built file. */
  file: string;
  /** Absolute folders it may read. */
  read: readonly string[];
  clock: Clock;
  killGraceMs: number;
  onEnded(worker: AgentWorker): void;
  /** It was terminated and still runs after `killGraceMs`: only the end of the process ends it. */
  onStuck(): void;
}

/** How long the reason for an end may come after it. */
const errorMs = 100;

/** Nobody listens. */
export const silent: WorkerEvents = { onFrame: () => {}, onEnd: () => {} };

/**
 * Ends of a thread are seen at the turn port: it closes when the thread's isolate is gone, be it by
 * `Deno.exit()` (which tells nobody), an escaped error or `terminate()`; it stays open while a
 * tight loop goes on. Only ports of node:worker_threads tell of their closing.
 */
export class AgentWorker {
  events: WorkerEvents = silent;
  /** Hash of the bundle it has loaded; null for a spare thread. */
  bundle: string | null = null;
  ended = false;
  /** Settles when the thread has forgotten the agent that was in it before. */
  blanked: Promise<void> = Promise.resolve();
  readonly #worker: Worker;
  readonly #api: Comlink.Remote<ThreadApi>;
  readonly #port: MessagePort;
  readonly #setup: WorkerSetup;
  #error: string | null = null;
  #terminated = false;
  #cancelStuck: CancelTimer = () => {};

  constructor(options: WorkerSetup) {
    const { file, read } = options;
    this.#setup = options;
    const permissions: WorkerPermissions = {
      read: read.length > 0 ? [...read] : false,
      write: false,
      net: false,
      env: false,
      run: false,
      sys: false,
      ffi: false,
      import: false,
    };
    const deno: WorkerOptions & { deno: { permissions: WorkerPermissions } } = {
      type: "module",
      deno: { permissions },
    };
    this.#worker = new Worker(file, deno);
    this.#worker.onerror = (event) => {
      // Else the error would end the host and all threads with it.
      event.preventDefault();
      this.#error ??= event.message;
    };
    this.#api = Comlink.wrap<ThreadApi>(this.#worker);
    const { port1, port2 } = new MessageChannel();
    port1.on("message", (data) => {
      if (data instanceof Uint8Array) this.events.onFrame(data);
    });
    port1.on("close", () => this.#end());
    this.#port = port1 as unknown as MessagePort;
    const inner = port2 as unknown as MessagePort;
    this.#api.open(Comlink.transfer(inner, [inner])).catch(() => {});
  }

  /** Resolves once the bundle is loaded; rejects with what it threw. Never settles on an end. */
  async load(bundle: Bundle, isKnown: boolean): Promise<void> {
    await this.#api.load(bundle, isKnown);
    this.bundle = bundle.hash;
  }

  async describe(): Promise<Described> {
    return await this.#api.describe();
  }

  /** Blanks the thread for another agent of the same bundle. */
  async reset(): Promise<void> {
    this.events = silent;
    await this.#api.reset();
  }

  post(body: Uint8Array<ArrayBuffer>): void {
    if (!this.ended) this.#port.postMessage(body, [body.buffer]);
  }

  /** `onEnd` follows when the thread has really ended: never, while it is in a tight loop. */
  terminate(): void {
    if (this.#terminated) return;
    this.#terminated = true;
    this.#worker.terminate();
    const { clock, killGraceMs, onStuck } = this.#setup;
    this.#cancelStuck = clock.after(killGraceMs, onStuck);
  }

  #end(): void {
    if (this.ended) return;
    this.ended = true;
    const wanted = this.#terminated;
    const { clock, onEnded } = this.#setup;
    onEnded(this);
    const finish = () => {
      // A thread that closes its port and goes on is ended all the same.
      this.terminate();
      this.#cancelStuck();
      this.events.onEnd(wanted ? null : this.#error ?? "The thread ended itself");
    };
    // The error that ended it may come after the end, and would be lost by terminating it.
    if (wanted || this.#error !== null) finish();
    else clock.after(errorMs, finish);
  }
}
