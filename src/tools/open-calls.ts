/** Calls that wait for a result of the tool host, each until its deadline. */
import type { CancelTimer, Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { FromToolHost, ToolGrant, ToToolHost } from "./tool-protocol.ts";

export interface ToolCall {
  /** The same for every attempt of one call. */
  key: string;
  name: string;
  input: unknown;
  grant: ToolGrant;
  deadlineMs: number;
}

interface Open {
  call: ToolCall;
  /** To the process that runs now: only then does its end leave a doubt. */
  isSent: boolean;
  result: PromiseWithResolvers<unknown>;
  cancelTimer: CancelTimer;
}

export class OpenCalls {
  #clock: Clock;
  /** False when there is no process that takes it. */
  #send: (message: ToToolHost) => boolean;
  #open = new Map<string, Open>();

  constructor(clock: Clock, { send }: { send(message: ToToolHost): boolean }) {
    this.#clock = clock;
    this.#send = send;
  }

  /** The same key again while it is open: the same call. */
  open(call: ToolCall): Promise<unknown> {
    const twin = this.#open.get(call.key);
    if (twin) return twin.result.promise;
    const { key, name, deadlineMs } = call;
    const result = Promise.withResolvers<unknown>();
    const cancelTimer = this.#clock.after(deadlineMs, () => {
      this.#end(key, `${name} took more than ${deadlineMs} ms`, "call_timeout");
    });
    const open = { call, isSent: false, result, cancelTimer };
    this.#open.set(key, open);
    this.#dispatch(open);
    return result.promise;
  }

  cancel(key: string): void {
    this.#end(key, "The call was cancelled", "call_failed");
  }

  settle(frame: Extract<FromToolHost, { t: "result" }>): void {
    const open = this.#take(frame.key);
    if (frame.ok) return open?.result.resolve(frame.value);
    const { code, message, details } = frame.error;
    open?.result.reject(new DreamError(code, message, { details }));
  }

  /** A process takes calls: those that none has been given yet. */
  sendAll(): void {
    for (const open of this.#open.values()) this.#dispatch(open);
  }

  /** The process ended with the calls that it had been given. */
  lose(): void {
    for (const [key, { isSent, result }] of this.#open) {
      if (!isSent) continue;
      this.#take(key);
      result.reject(new DreamError("host_lost", "The tool host ended before it had a result"));
    }
  }

  /** Nothing is settled any more. */
  close(): void {
    for (const { cancelTimer } of this.#open.values()) cancelTimer();
    this.#open.clear();
  }

  #dispatch(open: Open): void {
    if (open.isSent) return;
    const { call: { input, ...call } } = open;
    open.isSent = this.#send({ t: "call", ...call, input: input as Json });
  }

  #take(key: string): Open | undefined {
    const open = this.#open.get(key);
    open?.cancelTimer();
    this.#open.delete(key);
    return open;
  }

  #end(key: string, message: string, code: "call_timeout" | "call_failed"): void {
    const open = this.#take(key);
    if (open?.isSent) this.#send({ t: "cancel", key });
    open?.result.reject(new DreamError(code, message));
  }
}
