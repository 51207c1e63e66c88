/** F: what readers of events cost those who commit. Windows with and without them take turns. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Client } from "../src/api/client.ts";
import { processCpuSeconds } from "../src/processes.ts";
import { eventually } from "../tests/support/eventually.ts";
import { payload } from "./counters.ts";
import type { Stretch } from "./stretch.ts";

const askers = 32;
const readers = 200;

export interface FollowerSizes {
  pairs: number;
  windowMs: number;
}

/**
 * Answers a second to 32 askers, each answer after the commit of a turn that publishes an event;
 * alone, and with 200 readers of all events in a process of their own.
 */
export async function measureFollowers(
  { client, pid, home }: { client: Client; pid: number; home: string },
  { pairs, windowMs }: FollowerSizes,
  say: (name: string, value: number) => void,
): Promise<void> {
  for (let i = 0; i < askers; i++) await client.spawn({ address: addressOf(i), kind: "teller" });
  await measure(client, windowMs);
  const window = async (name: string) => {
    const before = processCpuSeconds(pid) ?? 0;
    const { answers, perSecond } = await measure(client, windowMs);
    say(name, perSecond);
    say(`${name}.cpu`, ((processCpuSeconds(pid) ?? 0) - before) / answers * 1_000);
  };
  const alone = () => window("F.alone");
  const followed = async () => {
    const child = await startReaders(home);
    try {
      await window("F.followed");
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  };
  for (let pair = 0; pair < pairs; pair++) {
    // Each is first as often as the other.
    const order = pair % 2 === 0 ? [alone, followed] : [followed, alone];
    for (const one of order) await one();
  }
}

/** As many asks, alone and with the readers, for where the time goes. */
export async function profileFollowers(
  { client, home }: { client: Client; home: string },
  quick: boolean,
  stretch: Stretch,
): Promise<void> {
  const each = quick ? 20 : 400;
  for (let i = 0; i < askers; i++) await client.spawn({ address: addressOf(i), kind: "teller" });
  const askAll = () =>
    Promise.all(Array.from({ length: askers }, async (_, index) => {
      for (let n = 0; n < each; n++) {
        await client.ask({ to: addressOf(index), type: "tell", payload });
      }
    }));
  await askAll();
  await stretch("asks alone", askers * each, askAll);
  const child = await startReaders(home);
  try {
    await stretch(`asks with ${readers} readers`, askers * each, askAll);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

const addressOf = (index: number) => `/workers/t-${index}`;

async function measure(client: Client, windowMs: number) {
  const started = performance.now();
  let answers = 0;
  const asker = async (_: unknown, index: number) => {
    while (performance.now() - started < windowMs) {
      await client.ask({ to: addressOf(index), type: "tell", payload });
      answers++;
    }
  };
  await Promise.all(Array.from({ length: askers }, asker));
  return { answers, perSecond: answers / (performance.now() - started) * 1_000 };
}

async function startReaders(home: string): Promise<ChildProcess> {
  const { url } = JSON.parse(readFileSync(join(home, "service.json"), "utf8")) as { url: string };
  const token = readFileSync(join(home, "token"), "utf8").trim();
  const file = fileURLToPath(new URL("./readers.ts", import.meta.url));
  const child = spawn(Deno.execPath(), ["run", "-A", file, url, token, String(readers)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let isReady = false;
  createInterface(child.stdout).on("line", () => isReady = true);
  await eventually(() => isReady, { what: `${readers} readers`, deadlineMs: 60_000 });
  return child;
}
