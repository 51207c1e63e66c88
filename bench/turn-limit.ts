/** What a turn takes with nothing around it: no API, no mailbox, no store. */
import { fileURLToPath } from "node:url";
import type { FromThread, ToThread } from "../src/actors/protocol.ts";
import { systemClock } from "../src/clock.ts";
import { bundleAgent } from "../src/host/bundle.ts";
import { openHosts } from "../src/host/host-pool.ts";
import { buildRuntime } from "../src/host/runtime.ts";
import { defaultLimits } from "../src/limits.ts";
import { addressOf } from "./counters.ts";
import { askOf } from "./envelopes.ts";
import { percentile } from "./figures.ts";

const counter = fileURLToPath(new URL("./counter.ts", import.meta.url));
/** Turns before those that count: V8 compiles the last of them after some 500. */
const warmUp = 1_000;

/**
 * L3.turn: ms of the way of L3 to a real agent that handles one ask in a hot thread, p50 of
 * `count`, one after the other.
 *
 * @throws {Error} when a turn does not handle its envelope
 */
export async function measureTurn(folder: string, count = 3_000): Promise<number> {
  const runtime = await buildRuntime(folder);
  const execPath = Deno.execPath();
  const onLog = (line: string) => console.error(line);
  const hosts = await openHosts({
    limits: defaultLimits,
    clock: systemClock,
    execPath,
    folder,
    onLog,
    runtime,
  });
  const address = addressOf(0);
  try {
    const place = { address, generation: 1, group: "bench", read: [], alone: false };
    let heard = Promise.withResolvers<FromThread>();
    const thread = await hosts.place({ ...place, bundle: await bundleAgent(counter) }, {
      onFrame: (frame) => heard.resolve(frame),
      onLost: ({ message }) => heard.reject(new Error(`The agent was lost: ${message}`)),
    });
    const tell = async (frame: ToThread): Promise<FromThread> => {
      heard = Promise.withResolvers();
      thread.send(frame);
      return await heard.promise;
    };
    await tell({ t: "start", address, state: null, input: "{}", limits: defaultLimits });
    await tell({ t: "deliver", turn: 1, nowMs: systemClock.wallMs(), envelopes: [] });
    const times: number[] = [];
    for (let i = 0; i < warmUp + count; i++) {
      const envelopes = [askOf(0, i + 1)];
      const started = performance.now();
      const turned = await tell({ t: "deliver", turn: i + 2, nowMs: 0, envelopes });
      const tookMs = performance.now() - started;
      if (turned.t !== "turned" || turned.consumed !== 1) throw new Error(`Turn ${i} did nothing`);
      if (i >= warmUp) times.push(tookMs);
    }
    return percentile(times, 0.5);
  } finally {
    await hosts.stop();
  }
}
