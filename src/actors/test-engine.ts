/** The thread of an agent under test, its mailbox, and turns until all is quiet. */
import { systemClock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { defaultLimits } from "../limits.ts";
import { AgentThread } from "./agent-thread.ts";
import type { AgentDefinition } from "./define-agent.ts";
import type { Envelope } from "./envelope.ts";
import type { FromThread, StateSummary, StoredState, TurnedFrame } from "./protocol.ts";
import { AgentFailed, type Outside, testEnvelope } from "./test-outside.ts";

const mostTurns = 10_000;
/** Rounds of the event loop without a word from anyone until all is held to be quiet. */
const quietRounds = 3;
const hashes = new WeakMap<object, string>();
let definitions = 0;

export interface EngineOptions {
  definition: AgentDefinition;
  outside: Outside;
  address: string;
  input: unknown;
  stored: StoredState | null;
  crashAfterEveryTurn: boolean;
}

export class TestEngine {
  stored: StoredState | null;
  summary: StateSummary | null = null;
  turns = 0;
  readonly #options: EngineOptions;
  readonly #mailbox: Envelope[] = [];
  readonly #failures: unknown[] = [];
  #thread: AgentThread | null = null;
  #answer: FromThread | null = null;
  #seq = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.stored = options.stored;
  }

  /** One thing after the other; each ends when all that follows from it has been done. */
  do(act: () => void | Promise<void>): Promise<void> {
    const done = this.#queue.then(async () => {
      await act();
      await this.quiet();
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  /** Puts a message or an answer into the mailbox. */
  post(parts: Partial<Envelope> & Pick<Envelope, "kind">, payload: unknown): void {
    const { outside, address } = this.#options;
    const text = JSON.stringify(payload);
    this.#seq += 1;
    const at = { to: address, seq: this.#seq, sentAtMs: outside.nowMs };
    this.#mailbox.push(testEnvelope({ ...parts, ...at, payload: text }));
  }

  /** Starts the agent, or goes on from `stored`, in a turn without envelopes. */
  begin(): void {
    this.lose();
    this.#turn([]);
  }

  /** The thread is gone with all that ran in it; a new one goes on from the stored state. */
  lose(): void {
    const { definition, address, input } = this.#options;
    this.#thread?.dispose();
    const thread = new AgentThread({
      clock: systemClock,
      post: (frame) => {
        if (this.#thread === thread) this.#receive(overWire(frame));
      },
    });
    this.#thread = thread;
    thread.use(hashOf(definition), definition);
    thread.receive(overWire({
      t: "start",
      address,
      state: this.stored,
      input: JSON.stringify(input ?? {}),
      limits: defaultLimits,
    }));
    const answer = this.#take();
    if (answer.t === "failed") throw failureOf(answer);
  }

  dispose(): void {
    this.#thread?.dispose();
    this.#thread = null;
  }

  #receive(frame: FromThread): void {
    if (frame.t !== "ran") this.#answer = frame;
    else {
      const { id, payload } = frame;
      this.post({ kind: "ran", correlation: id }, JSON.parse(payload));
    }
  }

  #take(): FromThread {
    const answer = this.#answer;
    this.#answer = null;
    if (answer) return answer;
    throw new DreamError("internal", "The thread has not answered");
  }

  #turn(envelopes: Envelope[]): void {
    if (!this.#thread) return;
    this.turns += 1;
    const { outside, crashAfterEveryTurn } = this.#options;
    const turn = this.turns;
    this.#thread.receive(overWire({ t: "deliver", turn, nowMs: outside.nowMs, envelopes }));
    const answer = this.#take();
    if (answer.t !== "turned") {
      this.lose();
      throw failureOf(answer);
    }
    this.#commit(answer, envelopes);
    if (crashAfterEveryTurn && !isWord(envelopes[0])) this.lose();
    else this.#thread.receive({ t: "committed", turn });
  }

  #commit(turned: TurnedFrame, envelopes: Envelope[]): void {
    const { outside } = this.#options;
    this.stored = turned.state;
    this.summary = turned.summary;
    for (const effect of turned.effects) outside.apply(effect);
    for (const at of turned.unhandled) {
      const { kind, type, payload } = envelopes[at]!;
      if (kind !== "message") continue;
      outside.seen.unhandled.push({ type, payload: JSON.parse(payload) });
    }
  }

  /** Takes turns until nobody has anything to say: stubs have answered, promises have settled. */
  async quiet(): Promise<void> {
    const most = this.turns + mostTurns;
    for (let round = 0; round < quietRounds; round++) {
      while (this.#mailbox.length > 0) {
        round = 0;
        if (this.turns >= most) {
          throw new AgentFailed("crashed", `It took ${mostTurns} turns without coming to rest`);
        }
        const envelope = this.#mailbox.shift()!;
        if (this.summary?.status === "active") this.#attempt(envelope);
      }
      const { busy } = this.#options.outside;
      if (busy.size > 0) await Promise.all(busy);
      else await new Promise<void>((go) => systemClock.after(0, go));
    }
    const [failure] = this.#failures.splice(0);
    if (failure) throw failure;
  }

  /** A failed turn is told when all that is on its way has come to rest. */
  #attempt(envelope: Envelope): void {
    try {
      this.#turn([envelope]);
    } catch (error) {
      this.#failures.push(error);
    }
  }
}

/** Frames are JSON between threads and processes. */
function overWire<T>(frame: T): T {
  return JSON.parse(JSON.stringify(frame));
}

/**
 * A word of a run that goes on. Losing the thread then starts the run anew, which says the same
 * word again (R1): a callback that speaks at its start would never come to rest.
 */
function isWord(envelope: Envelope | undefined): boolean {
  return envelope?.kind === "ran" && envelope.payload.startsWith('{"event"');
}

function failureOf(frame: FromThread): AgentFailed {
  if (frame.t !== "failed") return new AgentFailed("crashed", `The thread answered ${frame.t}`);
  return new AgentFailed(frame.reason, frame.error.message);
}

/** Stands for the hash of the bundle: another definition is another bundle. */
function hashOf(definition: object): string {
  const known = hashes.get(definition);
  if (known !== undefined) return known;
  definitions += 1;
  const hash = `test-${definitions}`;
  hashes.set(definition, hash);
  return hash;
}
