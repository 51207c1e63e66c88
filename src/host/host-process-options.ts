/** What one host process is started with, and what it is told first. */
import type { Limits } from "../limits.ts";
import type { HostChildOptions } from "./host-child.ts";
import type { Hello } from "./host-protocol.ts";

export interface HostProcessOptions extends HostChildOptions {
  limits: Limits;
  group: string;
  /** Takes one agent in its life. */
  alone: boolean;
  /** Something changed that the pool decides by: a slot is free, or the process is gone. */
  onChange(): void;
}

/** The first message to the host. */
export function helloOf({ limits, runtime, read, alone }: HostProcessOptions): Hello {
  return {
    op: "hello",
    thread: new URL(`file://${encodeURI(runtime.thread)}`).href,
    read: [...read],
    frameBytes: limits.frameBytes,
    threads: limits.threadsPerHost + 1,
    // Later than the control process, which can tell the neighbours why.
    killGraceMs: limits.killGraceMs + 500,
    spares: alone ? 0 : 1,
  };
}
