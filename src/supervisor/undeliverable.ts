/** Envelopes that were accepted and must not be handed over any more: they become dead letters. */
import type { Envelope } from "../actors/envelope.ts";
import type { ErrorCode } from "../errors.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { Draft } from "./draft.ts";

/** Takes them out of `batch` and buries them. @returns the others */
export function buryUndeliverable(core: Core, cell: Cell, batch: Envelope[]): Envelope[] {
  const faults = batch.map((envelope) => faultOf(core, cell, envelope));
  if (faults.every((fault) => fault === null)) return batch;
  const draft = new Draft();
  const dead: Envelope[] = [];
  for (const [i, fault] of faults.entries()) {
    if (fault === null) continue;
    const envelope = batch[i]!;
    const { lane, seq } = envelope;
    draft.change({ op: "skip", key: cell.key, lane, seq });
    core.mail.bury(draft, envelope, fault.reason, fault.message);
    dead.push(envelope);
  }
  draft.onAccept(() => {
    cell.mailbox.consumed(dead);
    core.dispatcher.unblock(cell);
  });
  core.ledger.commit(draft).catch(() => {});
  return batch.filter((_, i) => faults[i] === null);
}

function faultOf(
  core: Core,
  cell: Cell,
  envelope: Envelope,
): { reason: ErrorCode; message: string } | null {
  const { attempt, expiresAtMs } = envelope;
  if (attempt >= core.limits.maxAttempts) {
    return { reason: "poison", message: `It crashed ${cell.address} ${attempt} times` };
  }
  if (expiresAtMs !== null && expiresAtMs <= core.clock.wallMs()) {
    return { reason: "expired", message: "It had expired before it was handed over" };
  }
  const fault = envelope.seq <= cell.checkUpTo ? acceptanceFault(cell, envelope) : null;
  if (fault === null) return null;
  const message = `${cell.address} does not accept this "${envelope.type}" any more: ${fault}`;
  return { reason: "invalid_payload", message };
}

/** Why the definition of now would refuse the message; null for anything else (R13). */
export function acceptanceFault(
  cell: Pick<Cell, "kind">,
  { kind, type, payload }: Pick<Envelope, "kind" | "type" | "payload">,
): string | null {
  if (kind !== "message") return null;
  const { manifest, schemas } = cell.kind;
  if (!Object.hasOwn(manifest.accepts, type)) return "it accepts no such type";
  return schemas.accepts(type, JSON.parse(payload));
}
