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

async function ring(): Promise<Values> {
  const { measureRing } = await import("./ring.ts");
  const { startService } = await import("./service.ts");
  const service = await startService("inProcess", join(folder, "home"));
  const sizes = isQuick ? { one: 500, each: 20 } : { one: 10_000, each: 1_000 };
  const { hopMs, hopsPerSecond } = await measureRing(service.client, sizes);
  await service.stop();
  return { "W3.hop": hopMs, "W3.rate": hopsPerSecond };
}

async function bareRing(): Promise<Values> {
  const { measureBareRing } = await import("./bare-ring.ts");
  return { L4: await measureBareRing(folder, isQuick ? 50 : 2_000) };
}

async function recovery(): Promise<Values> {
  const { measureRecovery } = await import("./recovery.ts");
  const pending = isQuick ? 5_000 : 100_000;
  const { first, all, perSecond } = await measureRecovery(join(folder, "home"), pending);
  return { "W4.first": first, "W4.all": all, "W4.rate": perSecond };
}

async function density(): Promise<Values> {
  const { measureDensity } = await import("./density.ts");
  const sizes = isQuick
    ? { spawned: 40, passive: 2_000, activations: 20 }
    : { spawned: 1_000, passive: 100_000, activations: 500 };
  return await measureDensity(join(folder, "home"), sizes);
}

async function growth(): Promise<Values> {
  const { measureGrowth } = await import("./growth.ts");
  const sizes = isQuick
    ? { measured: 2_000, history: 5_000 }
    : { measured: 50_000, history: 1_000_000 };
  const { empty, grown, bytesPerMessage } = await measureGrowth(join(folder, "home"), sizes);
  return { "W6.empty": empty, "W6.grown": grown, "W6.bytes": bytesPerMessage };
}

async function beside(): Promise<Values> {
  const { measureBeside } = await import("./beside.ts");
  const found = await measureBeside(join(folder, "home"), isQuick ? 1_000 : 10_000);
  return Object.fromEntries(Object.entries(found).map(([way, p99]) => [`W7.${way}`, p99]));
}

const parts: Record<string, () => Promise<Values>> = {
  limits,
  "one-way.inProcess": () => oneWay("inProcess"),
  "one-way.http": () => oneWay("http"),
  "asks.inProcess": () => asks("inProcess"),
  "asks.http": () => asks("http"),
  "ring.bare": bareRing,
  ring,
  recovery,
  density,
  growth,
  beside,
};

const run = parts[part];
if (!run) throw new Error(`There is no part ${part}: ${Object.keys(parts).join(", ")}`);
console.log(JSON.stringify(await run()));
Deno.exit(0);
