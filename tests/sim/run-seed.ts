/** One seed from the first start to the last check. */
import type { Change } from "../../src/storage/store.ts";
import type { SwarmInput } from "../../src/swarm.ts";
import { Driver } from "./driver.ts";
import { intensity } from "./intensity-watch.ts";
import { Broken, broken } from "./judge.ts";
import { checkRest } from "./rest.ts";
import { mix } from "./words.ts";
import { type Kind, World } from "./world.ts";

export interface Outcome {
  seed: number;
  /** Of all that happened, in order. */
  hash: string;
  steps: number;
  /** Null when all promises held. */
  broken: { step: number; message: string; trace: string[] } | null;
}

const worker = (id: string, more: object = {}) => ({
  type: "agent" as const,
  id,
  agent: "worker",
  shutdownMs: 500,
  ...more,
});

export const swarm: SwarmInput = {
  kinds: { worker: "./worker.ts" },
  ...intensity,
  children: [
    worker("a"),
    worker("b", { restart: "transient" }),
    {
      type: "supervisor",
      id: "group",
      strategy: "oneForAll",
      ...intensity,
      children: [worker("c"), worker("d", { restart: "transient" })],
    },
    {
      type: "supervisor",
      id: "chain",
      strategy: "restForOne",
      ...intensity,
      children: [worker("e"), worker("f")],
    },
    { type: "dynamic", id: "pool", agents: ["worker"], maxRunning: 3, ...intensity },
  ],
};

const keptTrace = Number(Deno.env.get("KEEP") ?? 60);
/** Steps between two quiet phases, in which everything must come to rest. */
const stirredSteps = 1_500;
const restMs = 45_000;

export async function runSeed(seed: number, steps: number, kind: Kind): Promise<Outcome> {
  let hash: string | undefined;
  let step = 0;
  let last: string[] = [];
  const trace = (what: string) => {
    const line = `${step} ${world.scheduler.nowMs.toFixed(3)} ${what}`;
    hash = mix(hash, line);
    last.push(line);
    if (last.length > 2 * keptTrace) last = last.slice(-keptTrace);
  };
  const world: World = new World(seed, kind, swarm, (what) => trace(what));
  let failure: unknown = null;
  const fail = (reason: unknown) => failure ??= reason;
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    fail(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  world.tables.onBroken = fail;
  world.tables.onCommit = (changes) => {
    for (const change of changes) trace(describe(change));
  };
  const go = async () => {
    step++;
    if (!(await world.scheduler.step())) throw new Error("nothing is left to do");
    if (failure) throw failure;
  };
  try {
    world.boot();
    const driver = new Driver(seed, world, trace);
    while (step < steps) {
      const until = Math.min(steps, step + stirredSteps);
      while (step < until) await go();
      driver.calm();
      await rest(world, driver, go);
      driver.stir();
    }
  } catch (thrown) {
    const message = thrown instanceof Broken ? thrown.message : String((thrown as Error).stack);
    return {
      seed,
      hash: hash!,
      steps: step,
      broken: { step, message, trace: last.slice(-keptTrace) },
    };
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    world.kill();
  }
  return { seed, hash: hash!, steps: step, broken: null };
}

/** Everybody may go on, nothing bad happens: all that was promised must be done. */
async function rest(world: World, driver: Driver, go: () => Promise<void>): Promise<void> {
  const pass = async (ms: number) => {
    const until = world.scheduler.nowMs + ms;
    while (world.scheduler.nowMs < until) await go();
  };
  await pass(12_000);
  if (!world.system) broken("start", "the control process does not come up");
  driver.carryOut("resume", "/");
  await pass(1_000);
  for (const record of [...world.tables.agents.values()]) {
    if (record.status === "parked") driver.carryOut("restart", record.address);
  }
  await pass(restMs);
  await checkRest(world, driver.clients);
}

/** One change in a few words. */
function describe(change: Change): string {
  const { op } = change;
  switch (op) {
    case "envelope": {
      const { kind, id, to, seq, lane } = change.envelope;
      return `${op} ${kind} ${id.slice(-6)} ${to} ${lane} ${seq}`;
    }
    case "agent":
      return `${op} ${change.record.address} ${change.record.status} ${change.record.generation}`;
    case "state":
      return `${op} ${change.row.key} ${change.row.cursors}`;
    case "skip":
    case "attempt":
      return `${op} ${change.key} ${change.lane} ${change.seq}`;
    case "deadLetter":
      return `${op} ${change.letter.envelope.id.slice(-6)} ${change.letter.reason}`;
    case "ask":
      return `${op} ${change.row.id.slice(-6)} ${change.row.asker} ${change.row.outcome !== null}`;
    case "event":
      return `${op} ${change.row.type} ${change.row.address}`;
    default:
      return `${op} ${"key" in change ? change.key : ""}`;
  }
}
