/** One host process as the control process sees it. All that comes from it is hostile (R5). */
import type { Described, ToThread } from "../actors/protocol.ts";
import { readFromThread } from "../actors/read-from-thread.ts";
import type { CancelTimer, Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { FrameDecoder, frameKinds, FrameWriter } from "./frame.ts";
import { type HostChild, startHostChild } from "./host-child.ts";
import { helloOf, type HostProcessOptions } from "./host-process-options.ts";
import { encodeHostMessage, type PoolCounts, type ToHost } from "./host-protocol.ts";
import { BusyThreads, yieldToOthers } from "./host-priority.ts";
import { memoryFault, StrayWatch } from "./host-watch.ts";
import type { Bundle, HostInfo, Thread, ThreadEvents, ThreadLoss, ThreadRequest } from "./hosts.ts";
import { countWorkerThreads, noteProcess, processRssBytes } from "../processes.ts";
import { readFromHost } from "./read-from-host.ts";
import { Slots } from "./slots.ts";

/** A bundle that has not loaded by then does not end its own top level. */
const loadMs = 30_000;
/** A host that leaves so much unread is as good as dead. */
const mostWaitingBytes = 512 * 1024 * 1024;
/** How often stray threads are looked for after an end. */
const pollMs = 5;
/** A process whose socket closed is given this long to end by itself and say how. */
const exitMs = 100;
const encoder = new TextEncoder();

export class HostProcess {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly #options: HostProcessOptions;
  readonly #clock: Clock;
  readonly #child: HostChild;
  readonly #writer: FrameWriter;
  readonly #slots = new Slots();
  readonly #busy = new BusyThreads();
  /** Slots whose threads come after those of others. */
  readonly #behind = new Set<number>();
  readonly #sentBundles = new Set<string>();
  #pool: PoolCounts = { starts: 0, threads: 0, blank: [] };
  readonly #strays = new StrayWatch();
  #wasUsed = false;
  #probes = 0;
  #over = false;

  constructor(options: HostProcessOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#child = startHostChild(options);
    this.pid = this.#child.process.pid!;
    if (options.alone) yieldToOthers(this.pid);
    const forget = noteProcess(options.folder, this.pid);
    this.#writer = new FrameWriter(this.#child.socket);
    this.#listen();
    this.gone = this.#child.exited.then(({ how, outOfMemory }) => {
      const reason = outOfMemory ? "out_of_memory" : "host_lost";
      this.#fail(reason, `Host ${this.pid} was lost: ${how}`);
      forget();
      this.#slots.close();
      options.onChange();
    });
    this.#say(helloOf(options));
  }

  get over(): boolean {
    return this.#over;
  }

  /** Threads that it should have. */
  get #known(): number {
    return this.#pool.threads + this.#slots.countExpected();
  }

  /** Slots in use. */
  get used(): number {
    return this.#slots.size;
  }

  /** Whether one more agent may come; a host with too many starts behind it is retired. */
  get isOpen(): boolean {
    const { limits, alone } = this.#options;
    if (this.#over || this.#pool.starts >= limits.startsPerHost) return false;
    return alone ? !this.#wasUsed : this.#slots.size < limits.threadsPerHost;
  }

  hasBlank(hash: string): boolean {
    return this.#pool.blank.includes(hash);
  }

  info(): HostInfo {
    return {
      pid: this.pid,
      group: this.#options.group,
      threads: this.#slots.countAgents(),
      starts: this.#pool.starts,
      rssBytes: processRssBytes(this.pid),
    };
  }

  async place(id: number, request: ThreadRequest, events: ThreadEvents): Promise<Thread> {
    const { bundle, isKnown = false } = request;
    await this.#ask<void>(loadMs, (waiting) => {
      this.#sendBundle(bundle);
      this.#slots.open(id, { phase: "loading", events, ...waiting });
      this.#say({ op: "place", slot: id, hash: bundle.hash, isKnown });
    }, (_done, fail) => {
      fail(new DreamError("bad_bundle", `The bundle did not load within ${loadMs} ms`));
      this.#kill(id);
    });
    return this.#thread(id);
  }

  async describe(id: number, bundle: Bundle, timeoutMs: number): Promise<Described> {
    return await this.#ask<Described>(timeoutMs, (waiting) => {
      this.#sendBundle(bundle);
      this.#slots.open(id, { phase: "describing", ...waiting });
      this.#say({ op: "describe", slot: id, hash: bundle.hash });
    }, (done) => {
      const message =
        `The bundle did not say what it is within ${timeoutMs} ms: its top level has to end`;
      done({ ok: false, error: { name: "TimeoutError", message, stack: null } });
      this.#kill(id);
    });
  }

  /** Ends the process, being asked to: agents here hear nothing. */
  stop(): Promise<void> {
    if (!this.#over) {
      this.#slots.stop(`Host ${this.pid} is being stopped`);
      this.#end();
    }
    return this.gone;
  }

  #ask<T>(
    timeoutMs: number,
    begin: (waiting: { done(value: T): void; fail(error: DreamError): void }) => void,
    onTimeout: (done: (value: T) => void, fail: (error: DreamError) => void) => void,
  ): Promise<T> {
    this.#wasUsed = true;
    let cancel: CancelTimer = () => {};
    const answer = new Promise<T>((done, fail) => {
      cancel = this.#clock.after(timeoutMs, () => onTimeout(done, fail));
      begin({ done, fail });
    });
    return answer.finally(cancel);
  }

  #thread(id: number): Thread {
    return {
      hostPid: this.pid,
      id,
      send: (frame: ToThread) => {
        if (this.#over || this.#slots.phase(id) !== "live") return;
        this.#writer.write(frameKinds.thread, id, encoder.encode(JSON.stringify(frame)));
        this.#checkWaiting();
      },
      release: () => {
        if (this.#over || this.#slots.phase(id) !== "live") return;
        if (this.#behind.delete(id)) return void this.#kill(id);
        this.#slots.leave(id);
        this.#say({ op: "release", slot: id });
      },
      yieldToOthers: () => {
        if (this.#over || this.#behind.has(id)) return;
        if (this.#busy.yieldBusiest(this.pid, this.#clock.monotonicMs())) this.#behind.add(id);
      },
      kill: () => this.#kill(id),
    };
  }

  async #kill(id: number): Promise<void> {
    if (this.#over) return await this.gone;
    const left = this.#slots.leave(id);
    if (!left) return;
    this.#say({ op: "kill", slot: id });
    const { killGraceMs } = this.#options.limits;
    const message = `a thread of it still ran ${killGraceMs} ms after its end`;
    const cancel = this.#clock.after(killGraceMs, () => this.#endFor(message));
    await left;
    cancel();
    await this.#findStrays();
  }

  /**
   * Threads that go on unseen: nested workers, or one that closed its port and stayed. Where the
   * system can tell, a host with more threads than it knows of is ended.
   */
  async #findStrays(): Promise<void> {
    const until = this.#clock.monotonicMs() + this.#options.limits.killGraceMs;
    while (!this.#over) {
      const running = countWorkerThreads(this.pid);
      if (running === null || running <= this.#known) return;
      this.#probe(this.#clock.monotonicMs() > until);
      await new Promise<void>((resolve) => this.#clock.after(pollMs, resolve));
    }
    await this.gone;
  }

  #probe(counted: boolean): void {
    const id = ++this.#probes;
    if (!counted || this.#strays.begin(this.pid, id)) this.#say({ op: "probe", id });
  }

  /** Looks at what its agents do to it; nested workers only with `strays`, as that takes longer. */
  look(strays: boolean): void {
    if (this.#over || this.used === 0) return;
    const memory = memoryFault(this.pid, this.#options.limits.hostMb);
    if (memory) this.#fail("out_of_memory", `Host ${this.pid} was lost: ${memory}`);
    else if (strays) this.#probe(true);
  }

  #listen(): void {
    const { socket, process } = this.#child;
    const frames = new FrameDecoder(this.#options.limits.frameBytes);
    socket.on("data", (chunk: Uint8Array) => {
      const read = this.#over ? null : this.#believe(() => frames.push(chunk));
      for (const frame of read ?? []) {
        if (this.#over) return;
        if (frame.kind === frameKinds.thread) this.#hearThread(frame.slot, frame.body);
        else if (frame.kind === frameKinds.host && frame.slot === 0) this.#hear(frame.body);
        else this.#violation(`a frame of kind ${frame.kind} in slot ${frame.slot}`);
      }
    });
    socket.on("close", () => this.#clock.after(exitMs, () => process.kill("SIGKILL")));
    socket.on("error", () => {});
  }

  #hearThread(id: number, body: Uint8Array): void {
    const verdict = this.#slots.admits(id);
    if (verdict === "drop") return;
    if (verdict === "violation") return this.#violation(`a frame of slot ${id}, not in use`);
    const frame = this.#believe(() => readFromThread(body, this.#options.limits));
    if (frame) this.#slots.take(id, frame);
  }

  #hear(body: Uint8Array): void {
    const message = this.#believe(() => readFromHost(body));
    if (!message) return;
    this.#pool = message.pool;
    if (message.op === "probed") {
      const stray = this.#strays.answered(this.pid, message.id, this.#known);
      return stray ? this.#endFor(stray) : undefined;
    }
    if (!this.#slots.apply(message)) {
      return this.#violation(`"${message.op}" of slot ${message.slot}, which cannot say that`);
    }
    if (message.op === "ended") this.#findStrays();
    this.#options.onChange();
  }

  /** What `read` makes of the host's bytes; null, and the end of the host, when it throws. */
  #believe<T>(read: () => T): T | null {
    try {
      return read();
    } catch (thrown) {
      this.#violation(thrown instanceof Error ? thrown.message : String(thrown));
      return null;
    }
  }

  #violation(what: string): void {
    this.#fail("bad_frame", `Host ${this.pid} was ended for what it sent: ${what}`);
  }

  #sendBundle(bundle: Bundle): void {
    if (this.#sentBundles.has(bundle.hash)) return;
    this.#sentBundles.add(bundle.hash);
    this.#say({ op: "bundle", bundle });
  }

  #say(message: ToHost): void {
    if (this.#over) return;
    this.#writer.write(frameKinds.host, 0, encodeHostMessage(message));
    this.#checkWaiting();
  }

  #checkWaiting(): void {
    if (this.#writer.waitingBytes < mostWaitingBytes) return;
    this.#endFor(`it left ${mostWaitingBytes} bytes unread`);
  }

  #endFor(what: string): void {
    this.#fail("host_lost", `Host ${this.pid} was ended: ${what}`);
  }

  /** Ends the host and tells everybody in it. */
  #fail(reason: ThreadLoss["reason"], message: string): void {
    if (this.#over) return;
    this.#end();
    this.#slots.lose(reason, message);
  }

  #end(): void {
    this.#over = true;
    this.#child.socket.destroy();
    this.#child.process.kill("SIGKILL");
  }
}
