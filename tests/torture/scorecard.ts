/** What a torture run found, as data and as text. */
import type { FileCounts } from "./files.ts";
import type { Kill } from "./killer.ts";
import type { ProducerCounts } from "./producers.ts";
import type { Texts } from "./texts.ts";

export interface Scorecard {
  ok: boolean;
  seed: number;
  rounds: number;
  durationMs: number;
  kills: Record<string, number>;
  /** Control processes killed once more while they were starting. */
  killsWhileStarting: number;
  agents: number;
  messages: ProducerCounts & {
    lost: number;
    doubled: number;
    outOfOrder: number;
    unasked: number;
  };
  files: FileCounts & {
    living: number;
    documents: number;
    passages: number;
    texts: Omit<Texts, "texts">;
  };
  /** Milliseconds from a kill. */
  recovery: Record<"health" | "acknowledged" | "answered", Spread | null>;
  processesSeen: number;
  integrity: string;
  exitCode: number | null;
  failures: string[];
}

export interface Spread {
  p50: number;
  p99: number;
  max: number;
}

/** Half of the values are at most `p50`. Null without values. */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1]!);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** By what was hit: `control + host`. */
export function countKills(kills: readonly Kill[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { targets } of kills) {
    const name = targets.join(" + ");
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

export function recoveryOf(kills: readonly Kill[]): Scorecard["recovery"] {
  return {
    health: spread(kills.flatMap(({ healthMs }) => healthMs ?? [])),
    acknowledged: spread(kills.map(({ acknowledgedMs }) => acknowledgedMs)),
    answered: spread(kills.map(({ answeredMs }) => answeredMs)),
  };
}

const mostListed = 40;

/** For people: one fact a line. */
export function printScorecard(card: Scorecard): string {
  const { messages, files, recovery } = card;
  const kills = Object.entries(card.kills).map(([name, count]) => `${count} × ${name}`);
  const times = (name: keyof Scorecard["recovery"]) => {
    const found = recovery[name];
    return found ? `p50 ${found.p50} ms, p99 ${found.p99} ms, max ${found.max} ms` : "not measured";
  };
  const failures = card.failures.slice(0, mostListed).map((failure) => `  ✗ ${failure}`);
  const more = card.failures.length - failures.length;
  return [
    "",
    `${card.ok ? "PASSED" : "FAILED"}  ${card.rounds} rounds in ` +
    `${(card.durationMs / 1_000).toFixed(0)} s, seed ${card.seed}`,
    "",
    row("faults", `${kills.join(", ")}; ${card.killsWhileStarting} more while starting`),
    row("back", `/healthz ${times("health")}`),
    row("", `first message acknowledged ${times("acknowledged")}`),
    row("", `first answer of an agent ${times("answered")}`),
    row("messages", `${messages.acknowledged} acknowledged, to ${card.agents} agents`),
    row(
      "",
      `${messages.lost} lost, ${messages.doubled} doubled, ${messages.outOfOrder} out of order`,
    ),
    row(
      "requests",
      `${messages.requests}, ${messages.repeated} attempts repeated, ` +
        `${messages.cutOff} cut off, ${messages.sentAgain} sent again after the answer`,
    ),
    row(
      "files",
      `${files.put} put, ${files.changed} changed, ${files.copied} copied, ` +
        `${files.moved} moved, ${files.deleted} deleted`,
    ),
    row("", `${files.living} there at the end; ${files.documents} documents remembered`),
    row(
      "texts",
      `${files.texts.whole} real files, ${files.texts.sections} sections of them, ` +
        `${files.texts.varied} variations`,
    ),
    row("processes", `${card.processesSeen} seen; drained with exit code ${card.exitCode ?? "?"}`),
    row("database", `integrity_check ${card.integrity}`),
    "",
    ...failures,
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join("\n");
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(10)}${text}`;
}
