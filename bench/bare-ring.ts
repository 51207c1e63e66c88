/** L4: the ring of W3 without agents: frames from thread to thread through the control process. */
import type { ToThread } from "../src/actors/protocol.ts";
import { defaultLimits } from "../src/limits.ts";
import type { Hosts, Thread } from "../src/host/hosts.ts";
import { openEchoHosts, placeEcho } from "./echo-hosts.ts";

const threads = 100;

/** A hop as W3 has it: one envelope with one small payload. */
const frame: ToThread = {
  t: "deliver",
  turn: 1,
  nowMs: 0,
  envelopes: [{
    id: "00000000-0000-7000-8000-000000000000",
    seq: 1,
    kind: "message",
    from: "/ring/l-1",
    to: "/ring/l-2",
    type: "hop",
    payload: '{"left":100}',
    lane: "normal",
    correlation: null,
    replyTo: null,
    cause: null,
    hops: 1,
    trace: null,
    attempt: 0,
    sentAtMs: 0,
    expiresAtMs: null,
  }],
};

/** Hops/s of 100 tokens at once, `each` hops each. */
export async function measureBareRing(folder: string, each: number): Promise<number> {
  const hosts = await openEchoHosts(folder, { ...defaultLimits, threadsPerHost: threads });
  try {
    await round(hosts, each >> 2);
    return await round(hosts, each);
  } finally {
    await hosts.stop();
  }
}

/** Each frame that comes back from thread i is a hop, and goes on to thread i + 1. */
async function round(hosts: Hosts, each: number): Promise<number> {
  const total = threads * each;
  const done = Promise.withResolvers<void>();
  const ring: Thread[] = [];
  let hops = 0;
  const hopped = (index: number) => {
    hops++;
    if (hops <= total - threads) ring[(index + 1) % threads]!.send(frame);
    else if (hops === total) done.resolve();
  };
  const places = Array.from(
    { length: threads },
    (_, index) => placeEcho(hosts, { onFrame: () => hopped(index), onLost: done.reject }),
  );
  ring.push(...await Promise.all(places));
  const started = performance.now();
  for (const thread of ring) thread.send(frame);
  await done.promise;
  const ms = performance.now() - started;
  for (const thread of ring) thread.release();
  return total / ms * 1_000;
}
