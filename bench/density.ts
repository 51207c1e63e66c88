/** W5: how many agents fit, and how long one that has no thread takes to answer. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "../tests/support/eventually.ts";
import { addManyAgents } from "../tests/support/many-agents.ts";
import { type Service, startService } from "../tests/support/service.ts";
import { activate, addressOf, expectEach, payload } from "./counters.ts";
import { percentile } from "./figures.ts";

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Agents in threads while memory is measured. */
const mostResident = 100;
const swarm = fileOf("./swarm.ts");

export interface DensitySizes {
  /** Agents that are spawned; fewer than `maxThreads` are in threads at a time. */
  spawned: number;
  /** Agents that are only rows. */
  passive: number;
  /** Activations, one after the other. */
  activations: number;
}

type Say = (name: string, value: number) => void;

/** Says each value with the name of its figure. */
export async function measureDensity(home: string, sizes: DensitySizes, say: Say): Promise<void> {
  await measureSpawn(await startService({ home, swarm }), sizes.spawned, say);
  say("W5.passive.heap", await measureHeap());
  await measureActivation(home, sizes, say);
  say("W5.ready", await measureReady(home, sizes.passive));
}

async function measureSpawn(service: Service, count: number, say: Say): Promise<void> {
  const { client, home } = service;
  const started = performance.now();
  const spawns = Array.from(
    { length: count },
    (_, index) => client.spawn({ address: addressOf(index), kind: "counter" }),
  );
  await Promise.all(spawns);
  await eventually(async () => {
    const { items } = await client.agents({ under: "/workers", limit: 1_000 });
    return items.every(({ turns }) => turns > 0);
  }, { what: "the first turn of every agent", deadlineMs: 120_000 });
  say("W5.spawn", count / (performance.now() - started) * 1_000);
  await activate(client, Math.min(count, mostResident));
  const { hosts } = await client.status();
  const threads = hosts.reduce((sum, host) => sum + host.threads, 0);
  const resident = hosts.reduce((sum, { pid }) => sum + pssBytes(pid), 0) / threads;
  say("W5.resident", resident / 1024 / 1024);
  await expectEach(client, count, 0);
  await ended(service);
  const { size } = await Deno.stat(`${home}/dreamos.db`);
  say("W5.passive.disk", size / count);
}

/** A process's memory, pages that it shares divided among those who share them. */
function pssBytes(pid: number): number {
  const text = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)![1]) * 1024;
}

/** Bytes of the control process's heap that one passive agent takes. */
async function measureHeap(): Promise<number> {
  const args = [
    "run",
    "-A",
    "--v8-flags=--expose-gc",
    fileOf("../tests/supervisor/passive-heap.ts"),
  ];
  const { stdout } = await promisify(execFile)(Deno.execPath(), args);
  return Number(stdout);
}

/** Asks of agents that are rows: the first after a start finds no host, later ones a warm pool. */
async function measureActivation(
  home: string,
  { spawned, activations }: DensitySizes,
  say: Say,
): Promise<void> {
  // Threads come back sooner than the next ones are wanted: else new ones would be measured too.
  const service = await startService({ home, swarm, args: ["--limit", "idleAfterMs=10ms"] });
  const { client } = service;
  const activation = async (index: number) => {
    const started = performance.now();
    await client.ask({ to: addressOf(index), type: "count", payload });
    return performance.now() - started;
  };
  say("W5.activation.cold", await activation(0));
  const pool = Math.min(spawned >> 1, mostResident);
  await Promise.all(Array.from({ length: pool }, (_, index) => activation(index)));
  await eventually(async () => (await client.status()).agents.running === 0, {
    what: "every agent to be passive",
    deadlineMs: 60_000,
  });
  const warm: number[] = [];
  for (let i = 0; i < Math.min(activations, spawned - pool); i++) {
    warm.push(await activation(pool + i));
  }
  await ended(service);
  say("W5.activation.p50", percentile(warm, 0.5));
  say("W5.activation.p99", percentile(warm, 0.99));
}

async function measureReady(home: string, count: number): Promise<number> {
  addManyAgents(home, { like: addressOf(0), count, withMessage: false });
  const started = performance.now();
  const service = await startService({ home, swarm });
  const seconds = (performance.now() - started) / 1_000;
  const { passive } = (await service.client.status()).agents;
  if (passive < count) throw new Error(`${passive} passive agents are known, wanted ${count}`);
  await ended(service);
  return seconds;
}

async function ended(service: Service): Promise<void> {
  const code = await service.stop();
  if (code !== 0) throw new Error(`The service ended with ${code}, wanted 0`);
}
