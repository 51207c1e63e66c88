import type { ToThread } from "../src/actors/protocol.ts";
import { defaultLimits } from "../src/limits.ts";
import { openEchoHosts, placeEcho } from "./echo-hosts.ts";
import { percentile } from "./figures.ts";

/** The smallest turn frame; the echoing thread does not read it. */
const frame: ToThread = { t: "deliver", turn: 1, nowMs: 0, envelopes: [] };

/** Round trips before those that count: the code on both sides is compiled then. */
const warmUp = 500;

/**
 * L3: ms of one way from the control process over the real socket to a thread in a host process and
 * back, p50 of `count`, one after the other. Frames are checked as those of agents are.
 */
export async function measureRoundTrip(folder: string, count = 3_000): Promise<number> {
  const hosts = await openEchoHosts(folder, defaultLimits);
  try {
    let arrived = Promise.withResolvers<void>();
    const thread = await placeEcho(hosts, {
      onFrame: () => arrived.resolve(),
      onLost: ({ message }) => arrived.reject(new Error(`The echo thread was lost: ${message}`)),
    });
    const times: number[] = [];
    for (let i = 0; i < warmUp + count; i++) {
      arrived = Promise.withResolvers();
      const started = performance.now();
      thread.send(frame);
      await arrived.promise;
      if (i >= warmUp) times.push(performance.now() - started);
    }
    return percentile(times, 0.5);
  } finally {
    await hosts.stop();
  }
}
