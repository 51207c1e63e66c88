/** The real system with a file database in a folder of its own, here or as a process. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createApp } from "../src/api/app.ts";
import { type Client, createClient } from "../src/api/client.ts";
import { type Ready, up } from "../src/cli/up.ts";
import { systemClock } from "../src/clock.ts";
import { loadConfig } from "../src/config.ts";
import { systemIds } from "../src/ids.ts";

/** `inProcess`: the typed client over the app; `http`: the same over a socket to a process. */
export type Way = "inProcess" | "http";

export interface Service {
  client: Client;
  /** Of the control process. */
  pid: number;
  /** Drains and ends it; resolves when it is gone. */
  stop(): Promise<void>;
}

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const swarm = fileOf("./swarm.ts");

/** How a process is started whose functions are watched. */
export interface Under {
  /** What starts hosts in place of Deno. */
  program: string;
  env: Record<string, string>;
}

/** Starts the swarm of the workloads with HOME `home`; `under` is for `http` alone. */
export async function startService(way: Way, home: string, under?: Under): Promise<Service> {
  return await (way === "inProcess" ? startHere(home) : startProcess(home, under));
}

async function startHere(home: string): Promise<Service> {
  const config = loadConfig({ flags: { home, port: "0", swarm }, env: {}, cwd: home });
  const ready = Promise.withResolvers<Ready>();
  const ended = up({
    config,
    onStep() {},
    onStopping() {},
    onReady: ready.resolve,
    onTrouble: (message) => console.error(message),
  });
  ended.then((code) => ready.reject(new Error(`It ended with ${code} early`)), ready.reject);
  const { url, tokenFile, system } = await ready.promise;
  const token = await readToken(tokenFile);
  const app = createApp({
    control: system,
    clock: systemClock,
    ids: systemIds(systemClock),
    limits: config.limits,
    logError: (error, at) => console.error(at, error),
  });
  const client = createClient({
    url,
    token,
    fetch: (path, init) => app.fetch(new Request(path, init)),
  });
  return { client, pid: Deno.pid, stop: () => stopped(client, ended) };
}

async function startProcess(home: string, under?: Under): Promise<Service> {
  const flags = ["up", "--json", "--port", "0", "--home", home, "--swarm", swarm];
  const command = under
    ? [fileOf("./profiled-up.ts"), under.program, ...flags]
    : [fileOf("../src/cli/main.ts"), ...flags];
  const child = spawn(Deno.execPath(), ["run", "-A", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...Deno.env.toObject(), ...under?.env },
  });
  const ended = once(child, "exit").then(([code]) => code as number);
  const lines = createInterface(child.stdout);
  const first = await Promise.race([once(lines, "line"), ended]);
  if (!Array.isArray(first)) throw new Error(`dreamos up ended with ${first} early`);
  const { url, tokenFile } = JSON.parse(first[0]) as { url: string; tokenFile: string };
  const client = createClient({ url, token: await readToken(tokenFile) });
  return { client, pid: child.pid!, stop: () => stopped(client, ended) };
}

async function stopped(client: Client, ended: Promise<number>): Promise<void> {
  await client.shutdown();
  const code = await ended;
  if (code !== 0) throw new Error(`The service ended with ${code}, wanted 0`);
}

async function readToken(file: string): Promise<string> {
  return (await Deno.readTextFile(file)).trim();
}
