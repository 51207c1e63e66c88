/** Kills processes of the service at random moments and sees that it comes back by itself. */
import { systemClock } from "../../src/clock.ts";
import type { Client } from "../../src/api/client.ts";
import { eventually, pause } from "../support/eventually.ts";
import { type Service, StartFailed } from "../support/service.ts";
import { isPassing, type Producers } from "./producers.ts";
import type { Random } from "./random.ts";
import { type Trouble, type TroubleMaker, troubles } from "./troubles.ts";
import type { Target, Victims } from "./victims.ts";

export interface Kill {
  /** What was killed, or the trouble that was made. */
  targets: (Target | Trouble)[];
  /** The control process was killed once more while it was starting. */
  isDouble: boolean;
  /** From the kill to the first answer of /healthz; null when the control process stayed. */
  healthMs: number | null;
  /** From the kill to the first acknowledgement of a message sent after it. */
  acknowledgedMs: number;
  /** From the kill to the first answer of an agent asked after it. */
  answeredMs: number;
}

export interface KillerOptions {
  service: Service;
  producers: Producers;
  victims: Victims;
  random: Random;
  /** An agent that answers `count.read`; one of them is asked after each kill. */
  agents: () => readonly string[];
  troubles: TroubleMaker;
  signal: AbortSignal;
}

/** More than half hit the control process, alone or with others at once. */
const plans: readonly Target[][] = [
  ["control"],
  ["control"],
  ["control"],
  ["host"],
  ["host"],
  ["tool host"],
  ["control", "host"],
  ["host", "tool host"],
  ["control", "tool host"],
  ["control", "host", "tool host"],
  ["Ctrl-C"],
];

const backWithinMs = 90_000;

/** What one round does: kills processes, or makes trouble. */
export type Plan = Target[] | Trouble;

/**
 * Every target comes in the first rounds, then every trouble that can be made here, in an order of
 * chance; after that chance alone decides.
 */
export function planRounds(
  rounds: number,
  random: Random,
  impossible: readonly string[] = [],
): Plan[] {
  const possible = troubles.filter((trouble) => !impossible.includes(trouble));
  const first: Plan[] = [
    ...random.shuffle([["control"], ["host"], ["tool host"]] as Target[][]),
    ...random.shuffle(possible),
  ];
  const later: readonly Plan[] = [...plans, ...possible];
  return Array.from({ length: rounds }, (_, i) => first[i] ?? random.pick(later));
}

/** Makes trouble and waits until all is well again; the times count from its end. */
export async function troubleOnce(options: KillerOptions, trouble: Trouble): Promise<Kill> {
  const { producers, random, agents, troubles, victims } = options;
  await troubles.make(trouble);
  const overAtMs = systemClock.monotonicMs();
  victims.look();
  const acknowledged = producers.nextAcknowledged(overAtMs);
  const answered = ask(options, random.pick(agents()))
    .then(() => systemClock.monotonicMs() - overAtMs);
  answered.catch(() => {});
  const what = `after the ${trouble}`;
  const acknowledgedAtMs = await within(options, acknowledged, `an acknowledgement ${what}`);
  return {
    targets: [trouble],
    isDouble: false,
    healthMs: null,
    acknowledgedMs: acknowledgedAtMs - overAtMs,
    answeredMs: await within(options, answered, `an answer ${what}`),
  };
}

/** @throws {Error} when it does not come back in time */
export async function killOnce(options: KillerOptions, targets: Target[]): Promise<Kill> {
  const { service, producers, victims, random } = options;
  const client = service.client;
  victims.look();
  // After a kill it takes a moment until agents have a host again.
  const marks = await eventually(async () => {
    const found = await Promise.all(targets.map((one) => victims.find(one, client, random)));
    return found.every((mark) => mark !== null) && found.flatMap((mark) => mark ?? []);
  }, { what: `${targets.join(" and ")} to be there`, signal: options.signal });
  const witness = await chooseWitness(options, client, marks.map(({ pid }) => pid));
  if (marks.length === 0) throw new Error(`There is no ${targets.join(" and no ")} to kill`);
  const killedAtMs = systemClock.monotonicMs();
  if (!targets.includes("Ctrl-C")) { for (const mark of marks) victims.kill(mark); }
  const sinceMs = () => systemClock.monotonicMs() - killedAtMs;
  const acknowledged = producers.nextAcknowledged(killedAtMs);
  const isDouble = targets.includes("control") && random.chance(0.25);
  let healthMs: number | null = null;
  if (targets.includes("control") || targets.includes("Ctrl-C")) {
    await (targets.includes("control") ? service.end() : drain(service));
    if (isDouble) await killWhileStarting(service, random.int(30, 2_500));
    if (!service.isUp) await service.start();
    await service.client.health();
    healthMs = sinceMs();
  }
  victims.look();
  const answered = ask(options, witness).then(sinceMs);
  // Waited for below, unless something else fails first.
  answered.catch(() => {});
  const acknowledgedAtMs = await within(options, acknowledged, "an acknowledgement after the kill");
  return {
    targets,
    isDouble,
    healthMs,
    acknowledgedMs: acknowledgedAtMs - killedAtMs,
    answeredMs: await within(options, answered, "an answer after the kill"),
  };
}

/** In the midst of the work: what is under way is acknowledged or not, and the end is orderly. */
async function drain(service: Service): Promise<void> {
  const code = await service.stop();
  if (code !== 0) throw new Error(`Ctrl-C ended it with exit code ${code}, wanted 0`);
}

/** An agent that loses its thread by the kill, where there is one. */
async function chooseWitness(
  { random, agents }: KillerOptions,
  client: Client,
  pids: readonly number[],
): Promise<string> {
  const { items } = await client.agents({ limit: 1_000, under: "/workers" });
  const hit = items.filter(({ hostPid }) => hostPid !== null && pids.includes(hostPid));
  return random.pick(hit.length > 0 ? hit.map(({ address }) => address) : agents());
}

/** Starts it and kills it after `afterMs`, ready or not. */
async function killWhileStarting(service: Service, afterMs: number): Promise<void> {
  const starting = service.start().catch((error) => {
    if (!(error instanceof StartFailed) || error.code !== 137) throw error;
  });
  await pause(afterMs);
  await service.kill9();
  await starting;
}

/** Asks under one key until there is an answer: a repeated ask attaches to the first. */
async function ask({ service, random, signal }: KillerOptions, to: string): Promise<void> {
  const idempotencyKey = `ask-${to}-${random.int(0, 1e9)}`;
  await eventually(async () => {
    if (!service.isUp) return false;
    const client: Client = service.client;
    try {
      await client.ask({ to, type: "count.read", timeoutMs: 60_000 }, { idempotencyKey });
      return true;
    } catch (error) {
      if (isPassing(error)) return false;
      return error as Error;
    }
  }, { deadlineMs: backWithinMs, what: `an answer of ${to}`, signal }).then((end) => {
    if (end !== true) throw end;
  });
}

async function within<T>({ signal }: KillerOptions, promise: Promise<T>, what: string) {
  const late = Promise.withResolvers<never>();
  const cancel = systemClock.after(
    backWithinMs,
    () => late.reject(new Error(`${what} did not come in ${backWithinMs} ms`)),
  );
  const stop = () => late.reject(new Error("It was interrupted"));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
  }
}
