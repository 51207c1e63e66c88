/** Whether a message may go into a mailbox: at the door and between agents alike (R4, R9). */
import { DreamError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import type { Draft } from "./draft.ts";

/**
 * The receiver of a message.
 *
 * @throws {DreamError} `agent_not_found`, `not_an_agent`, `agent_ended`, `agent_failed`,
 * `agent_stopped`; for an ask `agent_parked` too, as nobody would answer
 */
export function receiverOf(core: Core, draft: Draft, to: string, isAsk: boolean): Cell {
  const cell = draft.spawned.get(to) ?? core.registry.find(to);
  if (!cell) {
    if (core.tree.isSupervisor(to)) {
      throw new DreamError(
        "not_an_agent",
        `Cannot send to ${to}: it is a supervisor, not an agent`,
      );
    }
    throw new DreamError("agent_not_found", `Cannot send to ${to}: there is no such agent`);
  }
  const { status, intent } = cell.record;
  const standing = intent === null ? status : `${status}, it is about to ${intent}`;
  const refuse = (code: "agent_ended" | "agent_failed" | "agent_stopped" | "agent_parked") => {
    throw new DreamError(code, `Cannot send to ${to}: its status is ${standing}`);
  };
  if (cell.record.status === "completed") refuse("agent_ended");
  if (cell.record.status === "failed") refuse("agent_failed");
  if (cell.record.status === "stopped" || cell.record.intent !== null) refuse("agent_stopped");
  if (isAsk && cell.record.status === "parked") refuse("agent_parked");
  return cell;
}

/** @throws {DreamError} `reserved_type`, `unknown_type`, `invalid_payload` naming the field */
export function checkMessage(cell: Cell, type: string, payload: Json): void {
  if (type.startsWith("system.") || type.startsWith("xstate.")) {
    throw new DreamError(
      "reserved_type",
      `Cannot send "${type.slice(0, 80)}": the type is reserved`,
    );
  }
  const { manifest, schemas } = cell.kind;
  if (!Object.hasOwn(manifest.accepts, type)) {
    const known = Object.keys(manifest.accepts).join(", ") || "nothing";
    throw new DreamError(
      "unknown_type",
      `${cell.address} does not accept "${type.slice(0, 80)}": it accepts ${known}`,
    );
  }
  const fault = schemas.accepts(type, payload);
  if (fault === null) return;
  throw new DreamError("invalid_payload", `${cell.address} refuses this "${type}": ${fault}`);
}

/**
 * Whether the mailbox has room for one more message of `sender`, those of the draft counted. No
 * sender fills more than half a mailbox, so that a flooder leaves room for others.
 */
export function hasRoom(core: Core, draft: Draft, cell: Cell, sender: string): boolean {
  const limit = core.limits.mailbox;
  const posted = draft.postedTo(cell);
  const ofSender = cell.mailbox.from(sender) + posted;
  return cell.mailbox.bounded + posted < limit && ofSender < shareOf(limit);
}

/** What one sender may have in a mailbox of `limit` messages. */
export function shareOf(limit: number): number {
  return Math.max(1, limit / 2);
}

/**
 * Whether a sender that waits for room should try its turn again: not for each place that becomes
 * free, as the whole turn runs anew each time.
 */
export function hasRoomAgain(limit: number, cell: Cell, sender: string): boolean {
  const { bounded } = cell.mailbox;
  return bounded === 0 || (bounded <= limit * 0.75 && cell.mailbox.from(sender) <= limit * 0.25);
}
