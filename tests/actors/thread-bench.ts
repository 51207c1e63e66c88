/** One `AgentThread` with everything around it played by the test: frames, commits and time. */
import { expect } from "vitest";
import { AgentThread } from "../../src/actors/agent-thread.ts";
import type { Envelope } from "../../src/actors/envelope.ts";
import type {
  FailedFrame,
  FromThread,
  StartFrame,
  StoredState,
  TurnedFrame,
} from "../../src/actors/protocol.ts";
import type { Clock } from "../../src/clock.ts";
import { defaultLimits } from "../../src/limits.ts";
import { envelope } from "../conformance/envelope.ts";

/** A bundle as esbuild writes it: CommonJS with the SDK left out. */
export function bundle(body: string): { hash: string; code: string } {
  const names =
    "defineAgent, setupAgent, assign, tell, reply, refuse, spawnAgent, stopAgent, call," +
    " ask, emit, log, raise, cancel, sendTo, sendParent, spawnChild, stopChild, enqueueActions," +
    " fromPromise, fromCallback, fromTransition, now, z";
  const code = `const { ${names} } = require("dreamos");\nmodule.exports = { default: ${body} };`;
  let hash = 0;
  for (const char of code) hash = (hash * 31 + char.charCodeAt(0)) >>> 0;
  return { hash: hash.toString(16).padStart(64, "0"), code };
}

export class ThreadBench {
  readonly frames: FromThread[] = [];
  readonly thread: AgentThread;
  monotonic = 0;
  nowMs = 1_000_000;
  #turn = 0;
  #limits = { ...defaultLimits };
  #wake: (() => void) | null = null;

  constructor(limits: Partial<StartFrame["limits"]> = {}) {
    const clock: Clock = {
      wallMs: () => this.nowMs,
      monotonicMs: () => this.monotonic,
      after: () => () => {},
    };
    Object.assign(this.#limits, limits);
    this.thread = new AgentThread({
      clock,
      post: (frame) => {
        // Frames are JSON on the wire.
        this.frames.push(JSON.parse(JSON.stringify(frame)));
        this.#wake?.();
      },
    });
  }

  start(
    code: { hash: string; code: string },
    input: unknown = {},
    state: StoredState | null = null,
  ) {
    this.thread.load(code);
    this.thread.receive({
      t: "start",
      address: "/a",
      state,
      input: JSON.stringify(input),
      limits: this.#limits,
    });
    return this.frames.at(-1)!;
  }

  /** A fresh agent, with its first turn. */
  fresh(code: { hash: string; code: string }, input: unknown = {}): TurnedFrame {
    expect(this.start(code, input)).toEqual({ t: "started" });
    return this.turn();
  }

  /** Delivers what is told; the frame that comes back. */
  deliver(...envelopes: Envelope[]): FromThread {
    this.#turn += 1;
    this.thread.receive({ t: "deliver", turn: this.#turn, nowMs: this.nowMs, envelopes });
    return this.frames.findLast((frame) => frame.t === "turned" || frame.t === "failed")!;
  }

  turn(...envelopes: Envelope[]): TurnedFrame {
    const frame = this.deliver(...envelopes);
    if (frame.t !== "turned") throw new Error(`wanted a turn: ${JSON.stringify(frame)}`);
    return frame;
  }

  fail(...envelopes: Envelope[]): FailedFrame {
    const frame = this.deliver(...envelopes);
    if (frame.t !== "failed") throw new Error(`wanted a failure: ${JSON.stringify(frame)}`);
    return frame;
  }

  commit(): void {
    this.thread.receive({ t: "committed", turn: this.#turn });
  }

  /** The next `ran` frame that has not been waited for; fails after two seconds. */
  async ran(): Promise<{ id: string; payload: string }> {
    for (;;) {
      const index = this.frames.findIndex((frame) => frame.t === "ran");
      const frame = this.frames[index];
      if (frame?.t === "ran") {
        this.frames.splice(index, 1);
        return frame;
      }
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error("no run has said anything")), 2_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = null;
    }
  }
}

/** A message to the agent. */
export function message(
  type: string,
  payload: object = {},
  parts: Partial<Envelope> = {},
): Envelope {
  return envelope({ type, payload: JSON.stringify(payload), ...parts });
}

/** What answers a start: timer, result, reply or ran. */
export function answer(
  kind: "timer" | "result" | "reply" | "ran",
  correlation: string,
  outcome: unknown = {},
): Envelope {
  const payload = typeof outcome === "string" ? outcome : JSON.stringify(outcome);
  return envelope({ kind, correlation, payload });
}

/** The context in a stored state. */
export function contextOf(frame: TurnedFrame): Record<string, unknown> {
  return JSON.parse(frame.state.text).root.context;
}
