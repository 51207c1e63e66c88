/** One torture run from the first start to the last check. */
import { systemClock } from "../../src/clock.ts";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pause } from "../support/eventually.ts";
import { Service } from "../support/service.ts";
import { InboxFiles } from "./files.ts";
import { type Kill, killOnce, planRounds, troubleOnce } from "./killer.ts";
import { isPassing, Producers } from "./producers.ts";
import { randomOf } from "./random.ts";
import { Scratch } from "./scratch.ts";
import { ShiftedClock } from "./shifted-clock.ts";
import { TroubleMaker } from "./troubles.ts";
import { waitForQuiet } from "./quiet.ts";
import type { Scorecard } from "./scorecard.ts";
import { collectTexts, type Texts } from "./texts.ts";
import { verifyRun } from "./verify.ts";
import { Victims } from "./victims.ts";

export interface TortureOptions {
  rounds: number;
  files: number;
  agents: number;
  seed: number;
  /** Keeps the scratch folder. It stays after a failure, too. */
  keep: boolean;
  /** Progress, one line at a time. */
  onLine(line: string): void;
  /** Told once, before it is started: for who watches it. */
  onService?(service: Service): void;
  signal: AbortSignal;
}

/** All that one run shares. */
export interface Scene {
  options: TortureOptions;
  service: Service;
  files: InboxFiles;
  producers: Producers;
  victims: Victims;
  troubles: TroubleMaker;
  texts: Texts;
  agents: string[];
  kills: Kill[];
  failures: string[];
}

const swarm = fileURLToPath(new URL("./swarm.ts", import.meta.url));
/** Short, so that hung threads and frozen hosts are found within a round. */
const turnDeadlineMs = 3_000;

/** After the last file was put in, so long until all are remembered; and more for each file. */
const quietMs = 120_000;
const quietPerFileMs = 300;

/** Runs it. Throws nothing of the run: what failed stands in the scorecard. */
export async function runTorture(options: TortureOptions): Promise<Scorecard> {
  const startedAtMs = systemClock.monotonicMs();
  const scratch = await Scratch.make();
  const scene = makeScene(options, scratch);
  const { service, failures } = scene;
  try {
    options.onService?.(service);
    await service.start();
    await playRounds(scene);
    await playEnd(scene);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  const card = await verifyRun(scene, systemClock.monotonicMs() - startedAtMs);
  const keep = options.keep || (!card.ok && !options.signal.aborted);
  if (keep) await Deno.writeTextFile(join(scratch.folder, "stderr.txt"), service.err);
  await service.endAll();
  await scratch.close(keep);
  if (keep) options.onLine(`kept: ${scratch.folder}`);
  return card;
}

function makeScene(options: TortureOptions, scratch: Scratch): Scene {
  const { seed, signal } = options;
  const clock = new ShiftedClock(scratch.folder);
  const service = new Service(scratch.home, {
    swarm,
    inbox: scratch.inbox,
    env: clock.env,
    args: ["--limit", `turnDeadlineMs=${turnDeadlineMs}`],
  });
  const victims = new Victims(service);
  const agents = Array.from({ length: options.agents }, (_, i) => `/workers/c-${i + 1}`);
  return {
    options,
    service,
    files: new InboxFiles(service.inbox, randomOf(seed, "files")),
    producers: new Producers({
      line: () => (service.isUp ? service.client : null),
      seed,
      agents,
      perAgent: 3,
      senders: 8,
      signal,
    }),
    victims,
    troubles: new TroubleMaker({
      service,
      victims,
      scratch,
      clock,
      random: randomOf(seed, "troubles"),
      signal,
    }),
    texts: collectTexts(options.files, randomOf(seed, "texts")),
    agents,
    kills: [],
    failures: [],
  };
}

async function playRounds(scene: Scene): Promise<void> {
  const { options, service, producers, files, texts, victims, agents, kills, troubles } = scene;
  const { rounds, seed, signal, onLine } = options;
  const random = randomOf(seed, "killer");
  await spawnAll(service, agents, seed);
  producers.start();
  const { impossible } = troubles;
  for (const [what, why] of Object.entries(impossible)) onLine(`left out: ${what}: ${why}`);
  const around = { service, producers, victims, random, agents: () => agents, troubles, signal };
  for (const [i, plan] of planRounds(rounds, random, Object.keys(impossible)).entries()) {
    if (signal.aborted) throw new Error("It was interrupted");
    const portion = texts.texts.slice(
      Math.floor(i * options.files / rounds),
      Math.floor((i + 1) * options.files / rounds),
    );
    const filling = files.disturb(0.06).then(() => files.put(portion));
    await pause(random.int(100, 2_000), signal);
    const kill = typeof plan === "string"
      ? await troubleOnce(around, plan)
      : await killOnce(around, plan);
    await filling;
    kills.push(kill);
    scene.failures.push(...await victims.leftovers());
    onLine(roundLine(i + 1, rounds, kill, scene));
  }
  await producers.stop();
}

function roundLine(round: number, rounds: number, kill: Kill, scene: Scene): string {
  const { targets, isDouble, healthMs, acknowledgedMs, answeredMs } = kill;
  const what = `${targets.join(" + ")}${isDouble ? ", again while starting" : ""}`;
  const back = healthMs === null ? "" : `up after ${Math.round(healthMs)} ms, `;
  return `round ${String(round).padStart(2)}/${rounds}  ${what}: ${back}` +
    `acknowledged after ${Math.round(acknowledgedMs)} ms, ` +
    `answered after ${Math.round(answeredMs)} ms; ` +
    `${scene.producers.counts.acknowledged} messages, ${scene.files.living.size} files`;
}

/** Comes to rest, changes a few files that are known to be known, kills once more, rests again. */
async function playEnd(scene: Scene): Promise<void> {
  const { options, service, files, victims } = scene;
  const { signal, onLine } = options;
  const deadlineMs = quietMs + options.files * quietPerFileMs;
  onLine("waiting until everything is read …");
  await waitForQuiet(service, files, { deadlineMs, signal });
  files.noteQuiet();
  await files.lastChanges(Math.max(1, Math.min(5, Math.floor(options.files / 20))));
  victims.look();
  for (const target of ["tool host", "host"] as const) {
    const mark = await victims.find(target, service.client, randomOf(options.seed, "end"));
    if (mark) victims.kill(mark);
  }
  onLine("changed some files once more, killed tool host and a host; waiting again …");
  const troubles = await waitForQuiet(service, files, { deadlineMs, signal });
  for (const trouble of troubles) onLine(`the ingestor tells: ${trouble}`);
}

/** Under keys, so that a repeated request after a broken line does not fail. */
async function spawnAll(service: Service, agents: readonly string[], seed: number): Promise<void> {
  await Promise.all(agents.map(async (address) => {
    while (true) {
      try {
        const options = { idempotencyKey: `spawn-${seed}-${address}` };
        await service.client.spawn({ address, kind: "counter" }, options);
        return;
      } catch (error) {
        if (!isPassing(error)) throw error;
        await pause(100);
      }
    }
  }));
}
