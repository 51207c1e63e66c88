/**
 * A store that has grown large: how long history takes to answer, and how long commits take while a
 * backup is made. `deno run -A bench/large-store.ts [MESSAGES] [FOLDER]`, a million by default.
 */
import { join } from "node:path";
import type { Envelope } from "../src/actors/envelope.ts";
import { systemClock } from "../src/clock.ts";
import { systemIds } from "../src/ids.ts";
import { defaultLimits } from "../src/limits.ts";
import { Backups } from "../src/storage/backups.ts";
import { openLibsqlStore } from "../src/storage/libsql-store.ts";
import type { Change, Store } from "../src/storage/store.ts";
import { agentHistory } from "../src/supervisor/agent-history.ts";
import type { Core } from "../src/supervisor/core.ts";
import { messageHistory } from "../src/supervisor/message-history.ts";
import { Registry } from "../src/supervisor/registry.ts";
import { median } from "./figures.ts";

const agents = 200;
/** Messages that one commit of the filling takes. */
const portion = 2_000;
const looks = 20;
const committers = 8;
const ids = systemIds(systemClock);

export interface LargeStoreReport {
  databaseBytes: number;
  backupBytes: number;
  backupMs: number;
  /** Milliseconds by what was asked: the median and the longest of twenty. */
  answers: Record<string, { medianMs: number; longestMs: number }>;
  /** Commits beside the backup, and before it. */
  commits: Record<"before" | "during", { count: number; medianMs: number; longestMs: number }>;
}

const addressOf = (key: number) => `/agents/a-${key}`;

function envelopeOf(key: number, seq: number, cause: string | null, from: string): Envelope {
  const plain = { lane: "normal", kind: "message", correlation: null, replyTo: null } as const;
  return {
    ...{ ...plain, id: ids.uuid(), seq, to: addressOf(key), from, type: "work.asked", cause },
    payload: JSON.stringify({ seq, text: "words of a message ".repeat(12) }),
    ...{ sentAtMs: systemClock.wallMs(), expiresAtMs: null, hops: 0, trace: null, attempt: 0 },
  };
}

/** Chains of twenty messages through all agents. @returns some of their ids */
async function fill(store: Store, count: number): Promise<string[]> {
  const picked: string[] = [];
  let last: string | null = null;
  for (let done = 0; done < count;) {
    const changes: Change[] = [];
    for (; changes.length < portion && done < count; done++) {
      const key = 1 + done % agents;
      const from = addressOf(1 + done * 7 % agents);
      const cause: string | null = done % 20 === 0 ? null : last;
      const envelope = envelopeOf(key, 1 + Math.floor(done / agents), cause, from);
      last = envelope.id;
      if (done % 1_009 === 0) picked.push(last);
      changes.push({ op: "envelope", key, envelope });
    }
    const row = { atMs: systemClock.wallMs(), type: "a.b", address: addressOf(1), data: "{}" };
    await store.commit([...changes, { op: "event", row }]);
  }
  return picked;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begun = systemClock.monotonicMs();
  await act();
  return systemClock.monotonicMs() - begun;
}

const summary = (times: number[]) => ({ medianMs: median(times), longestMs: Math.max(...times) });

async function askHistory(store: Store, picked: string[]): Promise<LargeStoreReport["answers"]> {
  const known = { store, registry: new Registry(), clock: systemClock, limits: defaultLimits };
  const core = known as unknown as Core;
  const idOf = (look: number) => picked[look * 7_919 % picked.length]!;
  const questions: Record<string, (look: number) => Promise<unknown>> = {
    message: (look) => messageHistory(store, idOf(look), { limit: 100 }),
    whole: (look) => messageHistory(store, idOf(look), { limit: 100, whole: true }),
    agent: (look) => agentHistory(core, addressOf(1 + look), { limit: 100 }),
    sent: (look) => store.messages({ from: addressOf(1 + look), limit: 100 }),
    oldest: () => store.history.oldest(),
  };
  const answers: LargeStoreReport["answers"] = {};
  for (const [name, ask] of Object.entries(questions)) {
    const times: number[] = [];
    for (let look = 0; look < looks; look++) times.push(await timed(() => ask(look)));
    answers[name] = summary(times);
  }
  return answers;
}

/** Commits without a pause until `act` has ended. */
async function commitBeside(store: Store, act: () => Promise<unknown>, key: number) {
  const times: number[] = [];
  let isOver = false;
  const commit = async (at: number) => {
    for (let seq = 1; !isOver; seq++) {
      const envelope = envelopeOf(at, seq, null, "@load");
      times.push(await timed(() => store.commit([{ op: "envelope", key: at, envelope }])));
    }
  };
  const all = Array.from({ length: committers }, (_, i) => commit(key + i));
  await act();
  isOver = true;
  await Promise.all(all);
  return { count: times.length, ...summary(times) };
}

/** @param folder empty, and on a disk */
export async function measureLargeStore(count: number, folder: string): Promise<LargeStoreReport> {
  const database = join(folder, "dreamos.db");
  const store = await openLibsqlStore({ file: database, clock: systemClock });
  const answers = await askHistory(store, await fill(store, count));
  const pause = () => new Promise<void>((resolve) => systemClock.after(1_000, resolve));
  const before = await commitBeside(store, pause, agents + 1);
  const backups = new Backups({
    ...{ clock: systemClock, database, minFreeBytes: 0, home: folder, version: "bench" },
    ...{ folder: join(folder, "backup.part"), swarm: "", readConfig: () => null },
  });
  let backupBytes = 0;
  let backupMs = 0;
  const make = async () => {
    backupMs = await timed(async () => {
      const { body } = await backups.make();
      for await (const chunk of body) backupBytes += chunk.length;
    });
  };
  const during = await commitBeside(store, make, agents + 101);
  await store.close();
  const databaseBytes = (await Deno.stat(database)).size;
  return { databaseBytes, backupBytes, backupMs, answers, commits: { before, during } };
}

if (import.meta.main) {
  const [count = "1000000", dir] = Deno.args;
  const folder = await Deno.makeTempDir(dir === undefined ? {} : { dir });
  const round = (_: string, value: unknown) => (
    typeof value === "number" ? Number(value.toPrecision(3)) : value
  );
  try {
    const report = await measureLargeStore(Number(count), folder);
    console.log(JSON.stringify(report, round, 2));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
