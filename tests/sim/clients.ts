/** People and programs at the door: what they were told must be true. */
import type { Random } from "../torture/random.ts";
import { broken } from "./judge.ts";
import type { World } from "./world.ts";
import type { Act, Lane } from "./words.ts";

/** Answers after which it is not known whether the request took effect. */
const unknown = new Set(["shutting_down", "internal"]);

interface Request {
  op: string;
  messages: { to: string; type: string; payload: object; lane: Lane }[];
  key: string | null;
}

interface Asked {
  op: string;
  to: string;
  key: string | null;
  /** Of the ask, once it was told. */
  id: string | null;
}

/** So many asks are asked again now and then. */
const askedAgain = 4;

export class Client {
  readonly name: string;
  #world: World;
  #random: Random;
  #count = 0;
  #trace: (what: string) => void;
  #isBusy = false;
  #tries = 0;
  /** To be tried again with the same key. */
  #again: Request | null = null;
  /** The last one with a key that was acknowledged. */
  #done: { request: Request; ids: string[] } | null = null;
  /** The last asks with a key, and the ids that they got. */
  #asked: Asked[] = [];
  /** A try of these may have taken effect. */
  readonly #unsure = new Set<string>();
  /** Refused for sure: these may never take effect. */
  readonly refused = new Set<string>();
  readonly acknowledged = new Map<string, string[]>();
  /** Asks without an answer, by the start of the control process. */
  readonly open = new Map<string, number>();

  constructor(name: string, world: World, random: Random, trace: (what: string) => void) {
    this.name = name;
    this.#world = world;
    this.#random = random;
    this.#trace = trace;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** The process that it spoke to is no more. */
  cutOff(): void {
    if (this.#isBusy && this.#again) this.#unsure.add(this.#again.op);
    this.#isBusy = false;
    this.open.clear();
  }

  send(targets: readonly { to: string; lane: Lane; acts: Act[] }[]): void {
    if (this.#isBusy) return;
    if (this.#again) return this.#try(this.#again);
    if (this.#done && this.#random.chance(0.1)) return this.#try(this.#done.request);
    const n = ++this.#count;
    const op = `${this.name}.${n}`;
    const messages = targets.map(({ to, lane, acts }) => {
      const payload = { life: this.name, n, lane, op, acts };
      return { to, type: "work", payload, lane };
    });
    this.#try({ op, messages, key: this.#random.chance(0.6) ? op : null });
  }

  #try(request: Request): void {
    const { system, boots } = this.#world;
    if (!system) return;
    const { op, key } = request;
    const idempotency = key === null ? undefined : { key, bodyHash: op };
    const messages = request.messages.map((one) => ({ ...one, payload: one.payload as never }));
    this.#isBusy = true;
    this.#trace(`send ${op} to ${messages.map(({ to }) => to)}`);
    const isCut = () => this.#world.boots !== boots || this.#world.system === null;
    if (key !== null) this.#again = request;
    attempt(() => system.send({ name: this.name }, messages, idempotency)).then(({ ids }) => {
      if (isCut()) return;
      this.#isBusy = false;
      // Its answer may get lost: then it asks again.
      const isLost = key !== null && this.#random.chance(0.1);
      if (!isLost) this.#again = null;
      this.#acknowledge(request, ids);
    }, (error) => {
      if (isCut()) return;
      this.#isBusy = false;
      const code = String(error.code ?? error.name);
      this.#trace(`refused ${op} ${code}`);
      if (code === "idempotency_conflict") broken("idempotency", `${op} is in conflict`);
      if (unknown.has(code) || this.acknowledged.has(op) || this.#unsure.has(op)) return;
      this.refused.add(op);
      this.#again = null;
    });
  }

  #acknowledge(request: Request, ids: string[]): void {
    const { op, messages, key } = request;
    this.#trace(`acknowledged ${op}`);
    const before = this.acknowledged.get(op);
    if (before && before.join() !== ids.join()) {
      broken("idempotency", `${op} was answered ${before}, then ${ids}`);
    }
    this.acknowledged.set(op, ids);
    if (key !== null) this.#done = { request, ids };
    const stored = this.#world.tables.ops.get(op) ?? [];
    if (stored.length !== messages.length || ids.some((id) => !stored.includes(id))) {
      broken("durable", `${op} was acknowledged with ${ids}, stored: ${stored}`);
    }
  }

  /** Something new, or one of the last asks with its key: one that is open, or one that is not. */
  ask(to: string): void {
    const random = this.#random;
    if (this.#asked.length > 0 && random.chance(0.3)) return this.#ask(random.pick(this.#asked));
    const op = `${this.name}.ask.${++this.#count}`;
    const asked: Asked = { op, to, key: random.chance(0.6) ? op : null, id: null };
    if (asked.key !== null) this.#asked = [asked, ...this.#asked].slice(0, askedAgain);
    this.#ask(asked);
    // As a program does whose line broke: at once, while the first is being committed.
    if (asked.key !== null && random.chance(0.3)) {
      this.#world.scheduler.after(random.next() * 2, () => this.#ask(asked));
    }
  }

  #ask(asked: Asked): void {
    const { system, boots } = this.#world;
    if (!system) return;
    const { op, to, key } = asked;
    const name = `${op}.${++this.#tries}`;
    this.open.set(name, boots);
    this.#trace(`ask ${op} of ${to}`);
    const isCut = () => this.#world.boots !== boots || this.#world.system === null;
    const idempotency = key === null ? undefined : { key, bodyHash: op };
    const answer = attempt(() =>
      system.ask({ name: this.name }, { to, type: "question", payload: { op } }, idempotency)
    );
    answer.then(({ id, reply }) => {
      if (isCut()) return;
      this.open.delete(name);
      this.#trace(`answered ${op}`);
      this.#sameId(asked, id);
      const row = this.#world.tables.asks.get(id);
      if (!row?.outcome) broken("durable", `the answer to ${op} is not stored`);
      if ((reply as { op: string }).op !== op) broken("ask", `${op} got the answer of another`);
    }, (error) => {
      if (isCut()) return;
      this.open.delete(name);
      const code = String(error.code ?? error.name);
      this.#trace(`not answered ${op} ${code}`);
      if (code === "idempotency_conflict") broken("idempotency", `${op} is in conflict`);
      // A failed ask names itself; what was refused is none.
      const id = error.details?.id;
      if (typeof id === "string" && code !== "storage_unavailable") this.#sameId(asked, id);
    });
  }

  /** An ask with a key is one ask, however often it is asked. */
  #sameId(asked: Asked, id: string): void {
    if (asked.key === null) return;
    if (asked.id !== null && asked.id !== id) {
      broken("idempotency", `${asked.op} is the ask ${asked.id}, then ${id}`);
    }
    asked.id = id;
  }

  /** What was told at the door still holds. */
  check(): void {
    for (const op of this.refused) {
      if (this.#world.tables.ops.has(op)) broken("refused", `${op} was refused and took effect`);
    }
  }
}

async function attempt<T>(act: () => Promise<T>): Promise<T> {
  return await act();
}
