/**
 * One run of one part in a process of its own, so that no run finds code compiled by another:
 * Modules are loaded as parts need them.
 * `run-once.ts PART FOLDER [--quick]` prints one JSON object of values by figure name.
 */
import { join } from "node:path";
import type { Way } from "./service.ts";

type Values = Record<string, number>;

const [part, folder, ...flags] = Deno.args as [string, string, ...string[]];
const isQuick = flags.includes("--quick");

async function limits(): Promise<Values> {
  const { measureCommit, measureRows } = await import("./limits.ts");
  const { measureRoundTrip } = await import("./round-trip.ts");
  return {
    L1: measureCommit(folder, isQuick ? 200 : 2_000),
    L2: measureRows(folder, isQuick ? 20 : 300),
    L3: await measureRoundTrip(folder, isQuick ? 300 : 3_000),
  };
}

async function oneWay(way: Way): Promise<Values> {
  const { measureOneWay } = await import("./one-way.ts");
  const { startService } = await import("./service.ts");
  const service = await startService(way, join(folder, "home"));
  const sizes = isQuick ? { cold: 5_000, warm: 10_000 } : { cold: 50_000, warm: 500_000 };
  const { cold, warm } = await measureOneWay(service.client, sizes);
  await service.stop();
  return { [`W1.${way}.cold`]: cold, [`W1.${way}.warm`]: warm };
}

async function asks(way: Way): Promise<Values> {
  const { measureAsks } = await import("./asks.ts");
  const { startService } = await import("./service.ts");
  const service = await startService(way, join(folder, "home"));
  const sizes = isQuick ? { sequential: 200, each: 10 } : { sequential: 2_000, each: 200 };
  const { sequential, together } = await measureAsks(service.client, sizes);
  await service.stop();
  return {
    [`W2.${way}.p50`]: sequential.p50,
    [`W2.${way}.p99`]: sequential.p99,
    [`W2.${way}.rate`]: sequential.perSecond,
    [`W2.${way}.64.p50`]: together.p50,
    [`W2.${way}.64.p99`]: together.p99,
    [`W2.${way}.64.rate`]: together.perSecond,
  };
}

const parts: Record<string, () => Promise<Values>> = {
  limits,
  "one-way.inProcess": () => oneWay("inProcess"),
  "one-way.http": () => oneWay("http"),
  "asks.inProcess": () => asks("inProcess"),
  "asks.http": () => asks("http"),
};

const run = parts[part];
if (!run) throw new Error(`There is no part ${part}: ${Object.keys(parts).join(", ")}`);
console.log(JSON.stringify(await run()));
Deno.exit(0);
