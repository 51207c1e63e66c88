/**
 * One run of one part in a process of its own, so that no run finds code compiled by another.
 * Modules are loaded as parts need them.
 * `run-once.ts PART FOLDER [--quick]` prints one JSON line a value, as soon as it is known.
 */
import { join } from "node:path";
import type { Way } from "./service.ts";
import { workloadSizes } from "./sizes.ts";

const [part, folder, ...flags] = Deno.args as [string, string, ...string[]];
const home = join(folder, "home");
const sizes = workloadSizes(flags.includes("--quick"));

function say(name: string, value: number): void {
  console.log(JSON.stringify({ name, value }));
}

async function limits(): Promise<void> {
  const { measureCommit, measureRows, measureSync } = await import("./limits.ts");
  const { measureRoundTrip } = await import("./round-trip.ts");
  const { measureStore } = await import("./commit-limit.ts");
  const { measureTurn } = await import("./turn-limit.ts");
  const { measureWriter } = await import("./writer-limit.ts");
  say("L1", measureCommit(folder, sizes.commits));
  say("L1.sync", measureSync(folder, sizes.commits));
  say("L1.store", await measureStore(folder, sizes.commits));
  say("L2", measureRows(folder, sizes.rowCommits));
  say("L2.store", measureWriter(folder, sizes.rowCommits));
  say("L3", await measureRoundTrip(folder, sizes.roundTrips));
  say("L3.turn", await measureTurn(folder, sizes.roundTrips));
}

async function oneWay(way: Way): Promise<void> {
  const { measureOneWay } = await import("./one-way.ts");
  const { startService } = await import("./service.ts");
  const service = await startService(way, home);
  const { cold, warm } = await measureOneWay(service.client, sizes.oneWay);
  await service.stop();
  say(`W1.${way}.cold`, cold);
  say(`W1.${way}.warm`, warm);
}

async function asks(way: Way): Promise<void> {
  const { measureAsks } = await import("./asks.ts");
  const { startService } = await import("./service.ts");
  const service = await startService(way, home);
  const { sequential, together } = await measureAsks(service.client, sizes.asks);
  await service.stop();
  say(`W2.${way}.p50`, sequential.p50);
  say(`W2.${way}.p99`, sequential.p99);
  say(`W2.${way}.rate`, sequential.perSecond);
  say(`W2.${way}.64.p50`, together.p50);
  say(`W2.${way}.64.p99`, together.p99);
  say(`W2.${way}.64.rate`, together.perSecond);
}

async function ring(): Promise<void> {
  const { measureRing } = await import("./ring.ts");
  const { startService } = await import("./service.ts");
  const service = await startService("inProcess", home);
  const { hopMs, hopsPerSecond } = await measureRing(service.client, sizes.ring);
  await service.stop();
  say("W3.hop", hopMs);
  say("W3.rate", hopsPerSecond);
}

async function bareRing(): Promise<void> {
  const { measureBareRing } = await import("./bare-ring.ts");
  say("L4", await measureBareRing(folder, sizes.bareHops));
}

async function recovery(): Promise<void> {
  const { measureRecovery } = await import("./recovery.ts");
  const { first, all, perSecond, lost, doubled } = await measureRecovery(home, sizes.pending);
  say("W4.first", first);
  say("W4.all", all);
  say("W4.rate", perSecond);
  say("W4.lost", lost);
  say("W4.doubled", doubled);
}

async function density(): Promise<void> {
  const { measureDensity } = await import("./density.ts");
  await measureDensity(home, sizes.density, say);
}

async function growth(): Promise<void> {
  const { measureGrowth } = await import("./growth.ts");
  await measureGrowth(folder, sizes.growth, say);
}

async function followers(): Promise<void> {
  const { measureFollowers } = await import("./followers.ts");
  const { startService } = await import("./service.ts");
  const service = await startService("http", home);
  await measureFollowers({ ...service, home }, sizes.followers, say);
  await service.stop();
}

async function beside(): Promise<void> {
  const { measureBeside } = await import("./beside.ts");
  await measureBeside(home, sizes.beside, say);
}

const parts: Record<string, () => Promise<void>> = {
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
  followers,
  beside,
};

const run = parts[part];
if (!run) throw new Error(`There is no part ${part}: ${Object.keys(parts).join(", ")}`);
await run();
Deno.exit(0);
