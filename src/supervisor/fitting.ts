/** Tries stored states with another definition, in a thread of its own, without effect (R13). */
import type { FailedFrame, FromThread, StoredState } from "../actors/protocol.ts";
import { DreamError } from "../errors.ts";
import type { Bundle, Thread } from "../host/hosts.ts";
import type { Core } from "./core.ts";

/** One answer of the definition: null when the state fits it. */
export type Misfit = Pick<FailedFrame, "reason" | "error"> | null;

const group = "(check)";

/**
 * One thread that becomes one stored agent after the other. Promises and callbacks of their states
 * start in it and are ended with the next one: they reach nothing outside.
 */
export class Fitting {
  #core: Core;
  #bundle: Bundle;
  #thread: Thread | null = null;
  #answer: PromiseWithResolvers<Misfit> | null = null;

  constructor(core: Core, bundle: Bundle) {
    this.#core = core;
    this.#bundle = bundle;
  }

  /** Whether the agent at `address` could go on from `state`. */
  async try(address: string, state: StoredState): Promise<Misfit> {
    const thread = this.#thread ??= await this.#open();
    const answer = this.#answer = Promise.withResolvers<Misfit>();
    const { clock, limits } = this.#core;
    const cancel = clock.after(limits.turnDeadlineMs, () => {
      answer.resolve(failure("crashed", "It did not answer in time"));
      this.close();
    });
    thread.send({ t: "start", address, state, input: "{}", limits });
    return await answer.promise.finally(cancel);
  }

  /** Ends the thread; the next `try` gets another. */
  close(): void {
    this.#thread?.kill().catch(() => {});
    this.#thread = null;
  }

  async #open(): Promise<Thread> {
    const request = { address: group, generation: 0, bundle: this.#bundle, group, read: [] };
    return await this.#core.hosts.place({ ...request, alone: false }, {
      onFrame: (frame) => this.#hear(frame),
      onLost: ({ message }) => {
        this.#thread = null;
        this.#answer?.resolve(failure("crashed", message));
      },
    });
  }

  #hear(frame: FromThread): void {
    if (frame.t === "started") this.#answer?.resolve(null);
    else if (frame.t === "failed") this.#answer?.resolve(frame);
  }
}

function failure(reason: FailedFrame["reason"], message: string): Misfit {
  return { reason, error: { name: DreamError.name, message, stack: null } };
}
