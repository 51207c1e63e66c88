/**
 * What a deployment would do to all that is stored of a kind: every state, pending delay and queued
 * message, before it is done. Nothing is changed.
 */
import { lanes } from "../actors/envelope.ts";
import type { Cell } from "./cell.ts";
import type { AgentCheck, KindCheck, MessageCheck, Verdict } from "./deployment-views.ts";
import type { Core } from "./core.ts";
import type { BuiltKind } from "./deployments.ts";
import { Fitting, type Misfit } from "./fitting.ts";
import { compileManifest } from "../actors/validate.ts";
import { acceptanceFault } from "./undeliverable.ts";
import type { StateRow } from "../storage/store.ts";

/** Agents that an answer lists of one kind; those that are safe come last. */
const mostListed = 1_000;
/** Queued messages read at one time. */
const portion = 500;

const order: readonly Verdict[] = ["would_strand", "needs_migration", "safe"];

/** The worst of them. */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  const found = new Set(verdicts);
  return order.find((verdict) => found.has(verdict)) ?? "safe";
}

/** Checks one kind. */
export async function checkKind(core: Core, built: BuiltKind): Promise<KindCheck> {
  const { name, bundle, manifest } = built;
  const before = core.kinds.find(name);
  const fitting = new Fitting(core, bundle);
  const next = { name, hash: bundle.hash, manifest, schemas: compileManifest(manifest) };
  const agents: AgentCheck[] = [];
  try {
    for (const cell of core.registry.all()) {
      if (cell.record.agent !== name || cell.hasEnded) continue;
      agents.push(await checkAgent(core, cell, { ...built, kind: next, fitting }));
    }
  } finally {
    fitting.close();
  }
  const counts = { safe: 0, needs_migration: 0, would_strand: 0 };
  for (const { verdict } of agents) counts[verdict]++;
  agents.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  return {
    kind: name,
    fromVersion: before?.manifest.version ?? null,
    toVersion: manifest.version,
    isChanged: before?.hash !== bundle.hash,
    counts,
    verdict: worst(agents.map(({ verdict }) => verdict)),
    agents: agents.slice(0, mostListed),
  };
}

type Next = BuiltKind & { kind: Cell["kind"]; fitting: Fitting };

async function checkAgent(core: Core, cell: Cell, next: Next): Promise<AgentCheck> {
  await cell.settled;
  const [row, timers] = await Promise.all([
    core.store.state(cell.key),
    core.store.timers(cell.key),
  ]);
  const state = row === null ? "safe" : await checkState(cell, row, next);
  const own = typeof state === "string" ? { verdict: state, why: null } : state;
  const messages = await checkMessages(core, cell, next);
  const names = row === null ? new Map<string, string>() : delaysOf(row.state.text);
  return {
    address: cell.address,
    version: row?.state.version ?? null,
    state: own,
    // A delay goes where its state goes: what the new definition lacks is named in `why`.
    timers: timers.map(({ id, dueAtMs }) => (
      { id, delay: names.get(id) ?? null, dueAtMs, verdict: own.verdict }
    )),
    messages,
    verdict: worst([own.verdict, ...messages.map(({ verdict }) => verdict)]),
  };
}

async function checkState(
  cell: Cell,
  { state }: StateRow,
  { bundle, manifest, fitting }: Next,
): Promise<"safe" | { verdict: Verdict; why: string }> {
  if (state.bundle === bundle.hash) return "safe";
  const misfit: Misfit = await fitting.try(cell.address, state);
  if (misfit === null) return "safe";
  const why = misfit.error.message;
  const couldMigrate = misfit.reason === "definition_changed" &&
    (manifest.version === state.version || why.endsWith("has no migrate"));
  return { verdict: couldMigrate ? "needs_migration" : "would_strand", why };
}

/** Queued messages that the new definition refuses, by type and reason. */
async function checkMessages(core: Core, cell: Cell, { kind }: Next): Promise<MessageCheck[]> {
  const found = new Map<string, MessageCheck>();
  for (const [i, lane] of lanes.entries()) {
    let afterSeq = cell.cursors[i]!;
    while (true) {
      const envelopes = await core.store.mailbox(cell.key, lane, afterSeq, portion);
      for (const envelope of envelopes) {
        const why = acceptanceFault({ kind }, envelope);
        const name = JSON.stringify([envelope.type, why]);
        const verdict: Verdict = why === null ? "safe" : "would_strand";
        const known = found.get(name) ?? { type: envelope.type, count: 0, verdict, why };
        if (envelope.kind === "message") found.set(name, { ...known, count: known.count + 1 });
        afterSeq = envelope.seq;
      }
      if (envelopes.length < portion) break;
    }
  }
  return [...found.values()];
}

/** Timer id → name of its delay, as the stored state has them. */
function delaysOf(text: string): Map<string, string> {
  const { timers = [] } = JSON.parse(text) as {
    timers?: { id: string; event: { type?: unknown } }[];
  };
  return new Map(timers.map(({ id, event }) => [id, String(event.type ?? "")]));
}
