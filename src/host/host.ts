/**
 * Main of a host process: a router between the socket to the control process and threads. It has
 * no permissions but to read what its threads may read, parses no turn frame, and ends with its
 * socket.
 */
import { Socket } from "node:net";
import { systemClock } from "../clock.ts";
import { type AgentWorker, silent } from "./agent-worker.ts";
import { FrameDecoder, frameKinds, FrameWriter } from "./frame.ts";
import {
  encodeHostMessage,
  type FromHost,
  type LoadFailure,
  type ToHost,
} from "./host-protocol.ts";
import type { Bundle } from "./hosts.ts";
import { WorkerPool } from "./worker-pool.ts";

/** The descriptor that the control process left open; neither stdin nor stdout (R5). */
const socketDescriptor = 3;
/** The control process is believed; the bound only keeps a broken stream from filling memory. */
const largestFrame = 256 * 1024 * 1024;

type News = FromHost extends infer Message
  ? Message extends { pool: unknown } ? Omit<Message, "pool"> : never
  : never;

class Host {
  readonly #writer: FrameWriter;
  readonly #bundles = new Map<string, Bundle>();
  readonly #slots = new Map<number, AgentWorker>();
  /** Slots whose threads are being ended because the control process said so. */
  readonly #killed = new Set<number>();
  #pool: WorkerPool | null = null;
  #frameBytes = 0;

  constructor(socket: Socket) {
    this.#writer = new FrameWriter(socket);
  }

  deliver(slot: number, body: Uint8Array<ArrayBuffer>): void {
    this.#slots.get(slot)?.post(body);
  }

  handle(message: ToHost): void {
    switch (message.op) {
      case "hello":
        this.#frameBytes = message.frameBytes;
        this.#pool = new WorkerPool(message, systemClock, endStuck);
        return;
      case "bundle":
        this.#bundles.set(message.bundle.hash, message.bundle);
        return;
      case "place":
        this.#place(message.slot, message.hash, message.isKnown);
        return;
      case "describe":
        this.#describe(message.slot, message.hash);
        return;
      case "release":
        this.#release(message.slot);
        return;
      case "kill":
        this.#kill(message.slot);
        return;
      case "probe":
        this.#say({ op: "probed", id: message.id });
    }
  }

  #say(news: News): void {
    const message = { ...news, pool: this.#pool!.counts() } as FromHost;
    this.#writer.write(frameKinds.host, 0, encodeHostMessage(message));
  }

  async #ready(slot: number, hash: string, isKnown: boolean): Promise<AgentWorker> {
    const bundle = this.#bundles.get(hash)!;
    const worker = await this.#take(slot, bundle);
    worker.events = {
      onFrame: (body) => this.#forward(slot, worker, body),
      onEnd: (message) => {
        this.#slots.delete(slot);
        this.#killed.delete(slot);
        if (message === null) this.#say({ op: "gone", slot });
        else this.#say({ op: "ended", slot, message: message.slice(0, 2000) });
      },
    };
    if (worker.bundle === null) await worker.load(bundle, isKnown);
    return worker;
  }

  /** A thread that has forgotten the agent before; one that cannot is left for another. */
  #take(slot: number, bundle: Bundle): Promise<AgentWorker> {
    const worker = this.#pool!.take(bundle);
    this.#slots.set(slot, worker);
    return new Promise((resolve) => {
      const tryAnother = () => {
        if (this.#slots.get(slot) === worker && !this.#killed.has(slot)) {
          worker.events = silent;
          resolve(this.#take(slot, bundle));
        }
      };
      worker.events = {
        ...silent,
        onEnd: () => {
          if (!this.#killed.delete(slot)) return tryAnother();
          this.#slots.delete(slot);
          this.#say({ op: "gone", slot });
        },
      };
      worker.blanked.then(() => resolve(worker), tryAnother);
    });
  }

  async #place(slot: number, hash: string, isKnown: boolean): Promise<void> {
    try {
      await this.#ready(slot, hash, isKnown);
      if (this.#slots.has(slot)) this.#say({ op: "placed", slot });
    } catch (thrown) {
      this.#unfit(slot, (error) => ({ op: "unfit", slot, error }), thrown);
    }
  }

  async #describe(slot: number, hash: string): Promise<void> {
    try {
      const worker = await this.#ready(slot, hash, false);
      const described = await worker.describe();
      if (!this.#slots.delete(slot)) return;
      this.#say({ op: "described", slot, described });
      this.#pool!.give(worker);
    } catch (thrown) {
      const failed = (error: LoadFailure): News => (
        { op: "described", slot, described: { ok: false, error } }
      );
      this.#unfit(slot, failed, thrown);
    }
  }

  /** A thread whose bundle threw is not used again: its globals may be half made. */
  #unfit(slot: number, news: (error: LoadFailure) => News, thrown: unknown): void {
    const worker = this.#slots.get(slot);
    if (!worker) return;
    this.#slots.delete(slot);
    worker.events = silent;
    worker.terminate();
    this.#say(news(readFailure(thrown)));
  }

  #forward(slot: number, worker: AgentWorker, body: Uint8Array): void {
    if (body.length <= this.#frameBytes) {
      this.#writer.write(frameKinds.thread, slot, body);
      return;
    }
    // One thread's fault must not end the host, which the control process would do.
    this.#slots.delete(slot);
    worker.events = silent;
    worker.terminate();
    const message = `The thread sent a frame of ${body.length} bytes: ` +
      `at most ${this.#frameBytes} are taken`;
    this.#say({ op: "ended", slot, message });
  }

  #release(slot: number): void {
    const worker = this.#slots.get(slot);
    if (!worker) return;
    this.#slots.delete(slot);
    this.#pool!.give(worker);
    this.#say({ op: "gone", slot });
  }

  #kill(slot: number): void {
    // An ended thread has already been reported.
    const worker = this.#slots.get(slot);
    if (!worker) return;
    this.#killed.add(slot);
    worker.terminate();
  }
}

/** `terminate()` of Deno does not stop a tight loop: only the end of the process does. */
function endStuck(): void {
  console.error("The host ends: a thread of it would not stop");
  Deno.exit(1);
}

function readFailure(thrown: unknown): LoadFailure {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    name: error.name.slice(0, 200),
    message: error.message.slice(0, 4000),
    stack: error.stack?.slice(0, 8000) ?? null,
  };
}

function main(): void {
  const socket = new Socket({ fd: socketDescriptor, readable: true, writable: true });
  const host = new Host(socket);
  const frames = new FrameDecoder(largestFrame);
  const decoder = new TextDecoder();
  const end = () => Deno.exit(0);
  socket.on("end", end);
  socket.on("close", end);
  socket.on("error", end);
  socket.on("data", (chunk: Uint8Array) => {
    for (const { kind, slot, body } of frames.push(chunk)) {
      if (kind === frameKinds.thread) host.deliver(slot, body);
      else host.handle(JSON.parse(decoder.decode(body)) as ToHost);
    }
  });
}

main();
