/** All checks at the end of a run, and the scorecard made of them. */
import { join } from "node:path";
import { type DatabaseFacts, readDatabase } from "./database.ts";
import type { Scene } from "./scenario.ts";
import { countKills, recoveryOf, type Scorecard } from "./scorecard.ts";
import { type CounterReply, type MessageFindings, verifyCounters } from "./verify-counters.ts";
import { verifyFiles } from "./verify-files.ts";
import { verifyStored } from "./verify-messages.ts";

/** Reads the counters, ends the service, looks into its database, starts and ends it once more. */
export async function verifyRun(scene: Scene, durationMs: number): Promise<Scorecard> {
  const { options, service, producers, files, victims, failures } = scene;
  if (options.signal.aborted) failures.push("It was interrupted");
  const messages = await attempt(failures, () => readCounters(scene));
  if (service.isUp) victims.look();
  const exitCode = await attempt(failures, () => drain(scene));
  failures.push(...await victims.leftovers());
  const facts = await attempt(failures, () => {
    const database = readDatabase(join(service.home, "dreamos.db"));
    failures.push(...verifyFiles(files, database));
    failures.push(...verifyStored(producers.ids, database));
    return database;
  });
  if (failures.length === 0) await attempt(failures, () => checkNextStart(scene));
  failures.push(...producers.failures);
  if (producers.counts.internal > 0) {
    failures.push(`${producers.counts.internal} requests were answered with the code internal`);
  }
  failures.push(...messages?.failures ?? []);
  return makeCard(scene, { durationMs, messages, facts, exitCode });
}

async function attempt<T>(failures: string[], act: () => T | Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
    return null;
  }
}

async function readCounters(scene: Scene): Promise<MessageFindings> {
  const { service, agents, producers } = scene;
  const replies = new Map<string, CounterReply | null>();
  if (!service.isUp) return verifyCounters(producers.acknowledged, replies);
  const { client } = service;
  await Promise.all(agents.map(async (to) => {
    const answer = await client.ask({ to, type: "count.read", timeoutMs: 60_000 })
      .catch((error: Error) => {
        scene.failures.push(`${to} did not answer: ${error.message}`);
        return null;
      });
    replies.set(to, answer ? answer.reply as unknown as CounterReply : null);
  }));
  return verifyCounters(producers.acknowledged, replies);
}

/** Ctrl-C. */
async function drain({ service, failures }: Scene): Promise<number> {
  if (!service.isUp) throw new Error("The service does not run at the end");
  const code = await service.stop();
  if (code !== 0) failures.push(`Ctrl-C ended it with exit code ${code}, wanted 0`);
  return code;
}

/** It starts again with all that was there, reads nothing twice, and `dreamos down` ends it. */
async function checkNextStart(scene: Scene): Promise<void> {
  const { service, failures, victims, agents, producers } = scene;
  const before = readDatabase(join(service.home, "dreamos.db"));
  await service.start();
  victims.look();
  const to = agents[0]!;
  const { reply } = await service.client.ask({ to, type: "count.read" });
  const own = new Map([[to, producers.acknowledged.get(to) ?? new Map<string, number>()]]);
  const seen = new Map([[to, reply as unknown as CounterReply]]);
  failures.push(...verifyCounters(own, seen).failures);
  const down = await service.cli("down", "--json");
  if (down.code !== 0) failures.push(`dreamos down ended with ${down.code}: ${down.err}`);
  const code = await service.end();
  if (code !== 0) failures.push(`dreamos down ended the service with ${code}, wanted 0`);
  failures.push(...await victims.leftovers());
  const after = readDatabase(join(service.home, "dreamos.db"));
  if (after.words !== before.words || after.documents.length !== before.documents.length) {
    failures.push(
      `After one more start there are ${after.documents.length} documents and ${after.words} ` +
        `passages instead of ${before.documents.length} and ${before.words}`,
    );
  }
}

function makeCard(scene: Scene, found: {
  durationMs: number;
  messages: MessageFindings | null;
  facts: DatabaseFacts | null;
  exitCode: number | null;
}): Scorecard {
  const { options, producers, files, victims, kills, failures, agents, texts } = scene;
  const { messages, facts } = found;
  const { whole, sections, varied } = texts;
  return {
    ok: failures.length === 0,
    seed: options.seed,
    rounds: options.rounds,
    durationMs: Math.round(found.durationMs),
    kills: countKills(kills),
    killsWhileStarting: kills.filter(({ isDouble }) => isDouble).length,
    agents: agents.length,
    messages: {
      ...producers.counts,
      lost: messages?.lost ?? producers.counts.acknowledged,
      doubled: messages?.doubled ?? 0,
      outOfOrder: messages?.outOfOrder ?? 0,
      unasked: messages?.unasked ?? 0,
    },
    files: {
      ...files.counts,
      living: files.living.size,
      documents: facts?.documents.length ?? 0,
      passages: facts?.words ?? 0,
      texts: { whole, sections, varied },
    },
    recovery: recoveryOf(kills),
    processesSeen: victims.seen,
    integrity: facts?.integrity ?? "not looked at",
    exitCode: found.exitCode,
    failures,
  };
}
