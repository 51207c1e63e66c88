/**
 * The threads of one host that no agent has: blank ones (bundle loaded, used again for the same
 * bundle) and spare ones (nothing loaded). All have the permissions of the host's agents.
 */
import type { CancelTimer, Clock } from "../clock.ts";
import { AgentWorker } from "./agent-worker.ts";
import type { Hello, PoolCounts } from "./host-protocol.ts";
import type { Bundle } from "./hosts.ts";

/** Blank threads kept per host for long: each costs some 10 MB, a new one some 30 ms. */
const mostBlank = 4;
/** More of them are kept this long: where agents take turns, the next one comes at once. */
const trimMs = 2_000;
/** Then one after the other goes: many that end at once look like threads that do not end. */
const trimStepMs = 100;
/** Spare threads are made when no thread was wanted for this long, so as not to be in the way. */
const quietMs = 200;

export class WorkerPool {
  readonly #hello: Hello;
  readonly #clock: Clock;
  readonly #all = new Set<AgentWorker>();
  #blank: AgentWorker[] = [];
  #spare: AgentWorker[] = [];
  #starts = 0;
  #cancelRefill: CancelTimer = () => {};
  #cancelTrim: CancelTimer = () => {};

  readonly #onStuck: () => void;

  constructor(hello: Hello, clock: Clock, onStuck: () => void) {
    this.#hello = hello;
    this.#clock = clock;
    this.#onStuck = onStuck;
  }

  counts(): PoolCounts {
    return {
      starts: this.#starts,
      threads: this.#all.size,
      blank: this.#blank.map((worker) => worker.bundle!),
    };
  }

  /** A thread for `bundle`: loaded when `bundle` of it says so, of use once it is `blanked`. */
  take(bundle: Bundle): AgentWorker {
    this.refill();
    const index = this.#blank.findIndex((worker) => worker.bundle === bundle.hash);
    if (index >= 0) return this.#blank.splice(index, 1)[0]!;
    const spare = this.#spare.pop();
    if (spare) return spare;
    while (this.#all.size >= this.#hello.threads && this.#blank.length > 0) {
      this.drop(this.#blank.shift()!);
    }
    return this.#start();
  }

  /**
   * Takes a thread back that its agent has left. It is in the pool at once, as the next agent often
   * comes in the same moment; who takes it waits until it has reset itself (`worker.blanked`).
   */
  give(worker: AgentWorker): void {
    const late = Promise.withResolvers<never>();
    const cancel = this.#clock.after(this.#hello.killGraceMs, () => {
      late.reject(new Error("The thread did not reset itself in time"));
    });
    worker.blanked = Promise.race([worker.reset(), late.promise]).finally(cancel);
    worker.blanked.catch(() => this.drop(worker));
    this.#blank.push(worker);
    this.#trimAfter(trimMs);
  }

  #trimAfter(ms: number): void {
    this.#cancelTrim();
    this.#cancelTrim = this.#clock.after(ms, () => {
      if (this.#blank.length <= mostBlank) return;
      this.drop(this.#blank.shift()!);
      this.#trimAfter(trimStepMs);
    });
  }

  drop(worker: AgentWorker): void {
    this.#blank = this.#blank.filter((each) => each !== worker);
    worker.terminate();
  }

  /** Plans the making of spare threads for the next quiet moment. */
  refill(): void {
    this.#cancelRefill();
    this.#cancelRefill = this.#clock.after(quietMs, () => {
      const { spares, threads } = this.#hello;
      if (this.#spare.length >= spares || this.#all.size >= threads) return;
      this.#spare.push(this.#start());
      this.refill();
    });
  }

  #start(): AgentWorker {
    this.#starts++;
    const { thread, read, killGraceMs } = this.#hello;
    const worker = new AgentWorker({
      file: thread,
      read,
      clock: this.#clock,
      killGraceMs,
      onEnded: (ended) => {
        this.#all.delete(ended);
        this.#blank = this.#blank.filter((each) => each !== ended);
        this.#spare = this.#spare.filter((each) => each !== ended);
      },
      onStuck: this.#onStuck,
    });
    this.#all.add(worker);
    return worker;
  }
}
