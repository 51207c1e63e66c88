/**
 * Open asks: who waits for what, until when. The first answer wins; an ask that cannot be answered
 * any more is answered with the reason at once.
 */
import type { Address } from "../address.ts";
import type { Cause, Envelope, Outcome, ReplyTo } from "../actors/envelope.ts";
import type { CancelTimer } from "../clock.ts";
import { DreamError, type ErrorData } from "../errors.ts";
import type { AskRow } from "../storage/store.ts";
import type { Cell } from "./cell.ts";
import type { Asks as AsksFace, Core } from "./core.ts";
import { Draft } from "./draft.ts";
import { WaitGraph } from "./wait-graph.ts";

interface OpenAsk {
  row: AskRow;
  cancelTimer: CancelTimer;
  /** Address of the agent that was asked. */
  asked: Address | null;
}

export class Asks implements AsksFace {
  #core: Core;
  #open = new Map<string, OpenAsk>();
  #waits = new WaitGraph();
  #waiters = new Map<string, ((outcome: Outcome) => void)[]>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Takes up what was open when the system ended. */
  load(rows: readonly AskRow[]): void {
    for (const { cancelTimer } of this.#open.values()) cancelTimer();
    this.#open.clear();
    this.#waits.clear();
    for (const row of rows) this.#hold(row);
    const open = new Set(rows.map(({ id }) => id));
    for (const id of this.#waiters.keys()) if (!open.has(id)) this.#answerLost(id);
  }

  /** Its ask was thrown away with a refused commit, or its answer is stored. */
  #answerLost(id: string): void {
    const message = `The ask ${id} was not accepted: storage takes nothing new at the moment`;
    const lost: Outcome = { ok: false, error: { code: "storage_unavailable", message } };
    this.#core.store.ask(id).then((row) => {
      if (row?.outcome) this.#tell(id, JSON.parse(row.outcome));
      else if (!row) this.#tell(id, lost);
    }, () => this.#tell(id, lost));
  }

  /** @throws {DreamError} `ask_not_found` */
  async read(id: string): Promise<AskRow> {
    const row = await this.#core.store.ask(id);
    if (row) return row;
    throw new DreamError("ask_not_found", `There is no ask ${id.slice(0, 80)}`);
  }

  open(draft: Draft, row: AskRow): void {
    draft.change({ op: "ask", row }).onAccept(() => this.#hold(row));
  }

  cycle(asker: Address, asked: Address): Address[] | null {
    return this.#waits.cycle(asker, asked);
  }

  find(to: Pick<ReplyTo, "to" | "ask">): AskRow | undefined {
    return this.#open.get(nameOfAsk(to.to, to.ask))?.row;
  }

  settle(
    draft: Draft,
    to: ReplyTo,
    outcome: Outcome,
    by: Cell | null,
    cause: Cause | null,
  ): boolean {
    const name = nameOfAsk(to.to, to.ask);
    const row = this.#open.get(name)?.row;
    if (!row || draft.marks.has(name) || (by && row.key !== by.key)) return false;
    draft.marks.add(name);
    const text = JSON.stringify(outcome);
    const settled = { ...row, outcome: text, settledAtMs: this.#core.clock.wallMs() };
    draft.change({ op: "ask", row: settled }).onAccept(() => this.#drop(name));
    const asker = this.#core.registry.find(to.to);
    if (asker && !asker.hasEnded) {
      // Without anything else, it is the ask that led to it.
      const origin = cause ?? { id: row.id, hops: 0, trace: null };
      draft.post(asker, this.#reply(asker, to.ask, text, by, origin));
    } else if (to.to.startsWith("@")) {
      draft.onDurable(() => this.#tell(row.id, outcome));
    }
    return true;
  }

  cancel(draft: Draft, asker: string, ask: string): void {
    const name = nameOfAsk(asker, ask);
    const row = this.#open.get(name)?.row;
    if (!row) return;
    const outcome = JSON.stringify({ ok: false, error: { code: "killed", message: "cancelled" } });
    const settledAtMs = this.#core.clock.wallMs();
    draft.change({ op: "ask", row: { ...row, outcome, settledAtMs } })
      .onAccept(() => this.#drop(name));
  }

  cancelAll(draft: Draft, asker: string, after: string | null): void {
    for (const { row } of [...this.#open.values()]) {
      if (row.asker === asker && (after === null || row.id > after)) {
        this.cancel(draft, asker, row.ask);
      }
    }
  }

  isAsked(cell: Cell): boolean {
    for (const { row } of this.#open.values()) if (row.key === cell.key) return true;
    return false;
  }

  failAll(
    draft: Draft,
    cell: Cell,
    error: ErrorData,
    which: (row: AskRow) => boolean = () => true,
  ): void {
    for (const { row } of [...this.#open.values()]) {
      if (row.key !== cell.key || !which(row)) continue;
      const to = { to: row.asker, ask: row.ask, expiresAtMs: row.expiresAtMs };
      const { code, message } = error;
      this.settle(draft, to, { ok: false, error: { code, message } }, null, null);
    }
  }

  /** Calls back once with the answer to an ask from the API, when durable. @returns how to leave */
  onAnswer(id: string, act: (outcome: Outcome) => void): () => void {
    this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), act]);
    return () => {
      const others = this.#waiters.get(id)?.filter((one) => one !== act) ?? [];
      if (others.length > 0) this.#waiters.set(id, others);
      else this.#waiters.delete(id);
    };
  }

  /** Ends all timers: the process stops. */
  stop(): void {
    for (const { cancelTimer } of this.#open.values()) cancelTimer();
  }

  #hold(row: AskRow): void {
    const waitMs = Math.max(0, row.expiresAtMs - this.#core.clock.wallMs());
    const cancelTimer = this.#core.clock.after(waitMs, () => this.#expire(row));
    const asked = this.#core.registry.byKey(row.key)?.address ?? null;
    this.#open.set(nameOfAsk(row.asker, row.ask), { row, cancelTimer, asked });
    if (asked) this.#waits.add(row.asker, asked);
  }

  #drop(name: string): void {
    const ask = this.#open.get(name);
    if (!ask) return;
    ask.cancelTimer();
    this.#open.delete(name);
    if (ask.asked) this.#waits.remove(ask.row.asker, ask.asked);
  }

  #expire(row: AskRow): void {
    const draft = new Draft();
    const to = { to: row.asker, ask: row.ask, expiresAtMs: row.expiresAtMs };
    const cell = this.#core.registry.byKey(row.key);
    const message = `No reply from ${cell?.address ?? "the agent"} in time`;
    const error = { code: "ask_timeout", message };
    if (this.settle(draft, to, { ok: false, error }, null, null)) {
      this.#core.ledger.commit(draft).catch(() => {});
    }
  }

  #reply(
    asker: Cell,
    ask: string,
    payload: string,
    by: Cell | null,
    cause: Cause | null,
  ): Envelope {
    return this.#core.mail.envelope(asker.address, {
      kind: "reply",
      from: by?.address ?? "system",
      type: "",
      payload,
      correlation: ask,
      cause,
    });
  }

  #tell(id: string, outcome: Outcome): void {
    const waiters = this.#waiters.get(id);
    this.#waiters.delete(id);
    waiters?.forEach((act) => act(outcome));
  }
}

function nameOfAsk(asker: string, ask: string): string {
  return `${asker}\n${ask}`;
}
