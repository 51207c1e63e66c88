/**
 * The only way from an agent to the outside: capability first, then the tool, then the result as an
 * envelope. A call is dispatched when the turn that asked for it is durable; its result is stored
 * before the agent sees it (R2, R3).
 */
import type { Outcome } from "../actors/envelope.ts";
import { DreamError, toErrorData } from "../errors.ts";
import { codeOf } from "../log.ts";
import type { CallRow } from "../storage/store.ts";
import { type ToolSpec, toolSpecs } from "../tools/tool-protocol.ts";
import type { OpenSpan } from "../traces/span.ts";
import type { Cell } from "./cell.ts";
import type { Core, Gateway as GatewayFace } from "./core.ts";
import { Draft } from "./draft.ts";
import { isMemoryCall, runMemoryCall } from "./memory-calls.ts";

/** Tool hosts that one call may see end before it is held to be what ends them. */
const mostTries = 5;

/** What an agent was granted, as stored in its record. */
export interface StoredGrants {
  calls: string[];
  files: string[];
}

interface LiveCall {
  cell: Cell;
  row: CallRow;
  /** The `traceparent` of its result; after a restart of the system there is none. */
  trace: string | null;
  span: OpenSpan | null;
}

export class Gateway implements GatewayFace {
  #core: Core;
  /** Calls under way by key; one that is cancelled is taken out and its result dropped. */
  #live = new Map<string, LiveCall>();
  /** Keys of calls whose turn is not durable yet; one that is cancelled meanwhile is never made. */
  #wanted = new Set<string>();
  #tools = new Map<string, ToolSpec>(toolSpecs.map((spec) => [spec.name, spec]));

  constructor(core: Core) {
    this.#core = core;
  }

  /** Takes up stored calls: those that had no result when the system, or their agent, ended. */
  load(rows: readonly CallRow[]): void {
    for (const row of rows) {
      const cell = this.#core.registry.byKey(row.key);
      if (!cell) continue;
      const key = keyOf(cell, row.id);
      if (!this.#live.has(key) && !this.#wanted.has(key)) this.#takeUp(cell, row);
    }
  }

  /** Results of what is under way are not heard any more: whom they are for is thrown away. */
  clear(): void {
    this.#live.clear();
    this.#wanted.clear();
  }

  /** Of one that was under way and may not be repeated nobody knows whether it happened. */
  #takeUp(cell: Cell, row: CallRow): void {
    if (row.status === "in_doubt") return;
    const spec = this.#tools.get(row.name);
    if (row.status === "running" && spec && !spec.idempotent) this.#doubt(cell, row);
    else this.#dispatch(cell, row);
  }

  request(draft: Draft, cell: Cell, row: CallRow, trace: string | null = null): void {
    const key = keyOf(cell, row.id);
    draft.change({ op: "call", row })
      .onAccept(() => this.#wanted.add(key))
      .onDurable(() => this.#wanted.delete(key) && this.#dispatch(cell, row, trace));
  }

  cancel(draft: Draft, cell: Cell, id: string): void {
    const key = keyOf(cell, id);
    draft.change({ op: "callGone", key: cell.key, id }).onAccept(() => this.#drop(key));
  }

  /** Agents with calls under way. */
  callers(): Set<Cell> {
    return new Set([...this.#live.values()].map(({ cell }) => cell));
  }

  forget(cell: Cell): void {
    const own = keyOf(cell, "");
    for (const key of [...this.#live.keys(), ...this.#wanted]) {
      if (key.startsWith(own)) this.#drop(key);
    }
  }

  remember(cell: Cell): void {
    this.#core.store.calls(cell.key).then((rows) => this.load(rows)).catch((error) => {
      this.#core.log("error", "calls could not be taken up", { code: codeOf(error) });
    });
  }

  repeat(draft: Draft, cell: Cell, row: CallRow): void {
    if (isMemoryCall(row.name) || this.#tools.get(row.name)?.idempotent) {
      return this.request(draft, cell, { ...row, status: "requested" });
    }
    const message = `${row.name} was called, and its result belongs to a later state`;
    const payload = JSON.stringify({ ok: false, error: { code: "in_doubt", message } });
    const letter = { kind: "result" as const, from: "system", type: "", payload };
    const { mail } = this.#core;
    draft.post(cell, mail.envelope(cell.address, { ...letter, correlation: row.id }));
  }

  /** Its result is not wanted any more. */
  #drop(key: string): void {
    this.#wanted.delete(key);
    const call = this.#live.get(key);
    if (!call) return;
    this.#live.delete(key);
    call.span?.end({ error: "cancelled" });
    this.#core.tools.cancel(key);
  }

  #dispatch(cell: Cell, row: CallRow, trace: string | null = null): void {
    if (cell.hasEnded || this.#core.registry.byKey(cell.key) !== cell) return;
    const key = keyOf(cell, row.id);
    const span = this.#core.traces.call(trace, row.name, cell.address);
    this.#live.set(key, { cell, row, trace: span?.trace ?? trace, span });
    this.#carryOut(cell, row, key).then(
      (value): Outcome => ({ ok: true, value }),
      (thrown): Outcome => {
        const { code, message } = toErrorData(thrown, "call_failed");
        return { ok: false, error: { code, message } };
      },
    ).then((outcome) => this.#finish(key, outcome))
      .catch((error) =>
        this.#core.log("error", "a call's result was not stored", {
          address: cell.address,
          call: row.name,
          code: codeOf(error),
        })
      );
  }

  async #carryOut(cell: Cell, row: CallRow, key: string): Promise<unknown> {
    const grants: StoredGrants = JSON.parse(cell.record.grants);
    if (!grants.calls.includes(row.name)) {
      throw new DreamError(
        "denied",
        `${cell.address} may not call ${row.name}: granted are ${
          grants.calls.join(", ") || "none"
        }`,
      );
    }
    const input: unknown = JSON.parse(row.input);
    if (isMemoryCall(row.name)) {
      const { store, clock } = this.#core;
      return await runMemoryCall(store, key, row.name, input, clock.wallMs());
    }
    const spec = this.#tools.get(row.name);
    if (!spec) throw new DreamError("unknown_call", `There is no call ${row.name.slice(0, 80)}`);
    return await this.#runTool(spec, cell, row, { key, input, grant: { read: grants.files } });
  }

  async #runTool(
    spec: ToolSpec,
    cell: Cell,
    row: CallRow,
    call: { key: string; input: unknown; grant: { read: string[] } },
  ): Promise<unknown> {
    if (!spec.idempotent) {
      await this.#core.store.commit([{ op: "call", row: { ...row, status: "running" } }]);
    }
    const deadlineMs = spec.deadlineMs;
    for (let tries = 1;; tries++) {
      try {
        return await this.#core.tools.call({ ...call, name: spec.name, deadlineMs });
      } catch (error) {
        const lost = error instanceof DreamError && error.code === "host_lost";
        if (!lost || !this.#live.has(call.key)) throw error;
        if (spec.idempotent && tries < mostTries) continue;
        if (!spec.idempotent) this.#doubt(cell, row);
        throw error;
      }
    }
  }

  #finish(key: string, outcome: Outcome): Promise<void> {
    const call = this.#live.get(key);
    if (!call) return Promise.resolve();
    this.#live.delete(key);
    const { cell, row, trace, span } = call;
    const { clock, mail, ledger, limits } = this.#core;
    let payload = JSON.stringify(outcome);
    if (payload.length > limits.payloadBytes) {
      const message = `The result of ${row.name} has ${payload.length} bytes of at most ` +
        `${limits.payloadBytes}`;
      outcome = { ok: false, error: { code: "payload_too_large", message } };
      payload = JSON.stringify(outcome);
    }
    const draft = new Draft().change({ op: "callGone", key: cell.key, id: row.id });
    const code = "ok" in outcome && !outcome.ok ? outcome.error.code : null;
    span?.end({ error: code });
    if (code) {
      draft.event(clock.wallMs(), "call.failed", cell.address, { name: row.name, code });
    }
    const letter = { kind: "result" as const, from: "system", type: "", payload };
    const envelope = mail.envelope(cell.address, { ...letter, correlation: row.id });
    draft.post(cell, { ...envelope, cause: row.cause, trace });
    return ledger.commit(draft);
  }

  /** Nobody knows whether it happened: it waits for a person. */
  #doubt(cell: Cell, row: CallRow): void {
    const key = keyOf(cell, row.id);
    this.#live.get(key)?.span?.end({ error: "in_doubt" });
    this.#live.delete(key);
    const draft = new Draft().change({ op: "call", row: { ...row, status: "in_doubt" } })
      .event(this.#core.clock.wallMs(), "call.in_doubt", cell.address, { name: row.name });
    this.#core.ledger.commit(draft).catch(() => {});
  }
}

function keyOf(cell: Cell, id: string): string {
  return `${cell.key}:${id}`;
}
