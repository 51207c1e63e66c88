/**
 * One agent inside its thread: frames in, frames out. Everything of the thread that is not the
 * Worker itself. After a `failed` frame the agent is dead until the next `start`.
 */
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { type AgentDefinition, loadKnown } from "./define-agent.ts";
import { loadBundle } from "./load-bundle.ts";
import { fitStored } from "./migrate.ts";
import { own } from "./outbox.ts";
import type {
  DeliverFrame,
  Described,
  FailedFrame,
  FailureReason,
  FromThread,
  LoadError,
  StartFrame,
  StoredState,
  ThreadLimits,
  ToThread,
  TurnedFrame,
} from "./protocol.ts";
import { readSummary } from "./read-from-thread.ts";
import { failureReasons } from "./protocol.ts";
import { Runs } from "./runs.ts";
import { Session, type SessionOptions } from "./session.ts";
import { bundleFrames, shown } from "./shown-error.ts";
import { parseStored } from "./stored.ts";
import { checkFrame } from "./turn-bounds.ts";
import { checkXState } from "./xstate-check.ts";

export interface AgentThreadOptions {
  clock: Clock;
  /** Hands a frame to whoever holds the thread. */
  post(frame: FromThread): void;
}

/** A session that failed in the middle of a batch, with the place. */
interface Place {
  at: number | null;
}

interface BundleText {
  hash: string;
  code: string;
}

/** What this thread has evaluated last. */
let evaluated: { hash: string; definition: AgentDefinition } | null = null;

/**
 * A thread is used again for the same bundle only (R8): its code is evaluated once and stays
 * compiled, as that costs a hundred times what a turn does. Module state outlives an agent here; an
 * agent that keeps anything outside its context loses it at any restart anyway.
 */
function evaluateOnce({ hash, code }: BundleText, isKnown: boolean): AgentDefinition {
  if (evaluated?.hash === hash) return evaluated.definition;
  evaluated = null;
  if (!isKnown) checkXState();
  const definition = isKnown ? loadKnown(() => loadBundle(code)) : loadBundle(code);
  evaluated = { hash, definition };
  return definition;
}

export class AgentThread {
  readonly #options: AgentThreadOptions;
  #bundle: string | null = null;
  #definition: AgentDefinition | null = null;
  #loadError: unknown = null;
  #start: StartFrame | null = null;
  #session: Session | null = null;
  #runs: Runs | null = null;

  constructor(options: AgentThreadOptions) {
    this.#options = options;
  }

  /**
   * Loads agent code. What is wrong with it is told by `describe` and by the next `start`.
   * @param isKnown it has been described before, and is not checked again
   */
  load(bundle: BundleText, isKnown = false): void {
    this.dispose();
    this.#bundle = bundle.hash;
    this.#definition = null;
    this.#loadError = null;
    try {
      this.#definition = evaluateOnce(bundle, isKnown);
    } catch (error) {
      this.#loadError = error;
    }
  }

  /** Takes a definition that the caller has loaded: authors' tests do (`testAgent`). */
  use(hash: string, definition: AgentDefinition): void {
    this.dispose();
    this.#bundle = hash;
    this.#definition = definition;
    this.#loadError = null;
  }

  /** What the bundle says about itself. */
  describe(): Described {
    if (this.#definition) return { ok: true, manifest: this.#definition.manifest };
    return { ok: false, error: this.#fault() };
  }

  /** What is wrong with the bundle; null when it is loaded. */
  fault(): LoadError | null {
    return this.#definition ? null : this.#fault();
  }

  #fault(): LoadError {
    const error = this.#loadError ?? new DreamError("bad_bundle", "No bundle has been loaded");
    const { message, name } = shown(error);
    // The code comes through Comlink, which knows but these three of an error.
    return {
      name: error instanceof DreamError ? error.code : name,
      message,
      stack: bundleFrames(error),
    };
  }

  receive(frame: ToThread): void {
    switch (frame.t) {
      case "start":
        return this.#begin(frame);
      case "deliver":
        return this.#deliver(frame);
      case "committed":
        return this.#runs?.committed(frame.turn);
      case "ping":
        return this.#options.post({ t: "pong" });
    }
  }

  /** The agent leaves the thread: its runs end, nothing more is posted for it. */
  dispose(): void {
    this.#runs?.stopAll();
    this.#runs = null;
    this.#session = null;
    this.#start = null;
  }

  #begin(frame: StartFrame): void {
    this.dispose();
    try {
      if (!this.#definition) throw this.#loadError ?? new DreamError("bad_bundle", "No bundle");
      this.#start = frame;
      if (frame.state) this.#session = this.#restore(this.#definition, frame, frame.state);
    } catch (error) {
      return this.#fail(error, null, { at: null });
    }
    this.#options.post({ t: "started" });
    if (this.#session) this.#attach(this.#session, frame.limits).restartAll();
  }

  #restore(definition: AgentDefinition, frame: StartFrame, state: StoredState): Session {
    const same = state.bundle === this.#bundle;
    try {
      const stored = same
        ? parseStored(state.text)
        : fitStored(state.text, state.version, definition);
      return Session.restore(this.#sessionOptions(definition, frame), stored);
    } catch (error) {
      if (same || error instanceof DreamError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new DreamError("definition_changed", `The stored state does not fit: ${reason}`, {
        cause: error,
      });
    }
  }

  #sessionOptions(definition: AgentDefinition, frame: StartFrame): SessionOptions {
    return { machine: definition.machine, system: definition.system, limits: frame.limits };
  }

  #attach(session: Session, { payloadBytes }: ThreadLimits): Runs {
    const { clock, post } = this.#options;
    const runs: Runs = new Runs({
      clock,
      session,
      payloadBytes,
      // A run of an agent that has left says nothing.
      say: (id, payload) => {
        if (this.#runs === runs) post({ t: "ran", id, payload });
      },
      fail: (error) => {
        if (this.#runs === runs) this.#fail(error, null, { at: null });
      },
    });
    this.#runs = runs;
    return runs;
  }

  #deliver(frame: DeliverFrame): void {
    if (!this.#start || !this.#definition) return;
    const place: Place = { at: null };
    let turned: TurnedFrame;
    try {
      turned = this.#turn(this.#definition, this.#start, frame, place);
    } catch (error) {
      return this.#fail(error, frame.turn, place);
    }
    this.#options.post(turned);
    this.#runs?.settle();
  }

  #turn(
    definition: AgentDefinition,
    start: StartFrame,
    frame: DeliverFrame,
    place: Place,
  ): TurnedFrame {
    const { clock } = this.#options;
    const { envelopes } = frame;
    const begun = clock.monotonicMs();
    const session = this.#session ?? this.#fresh(definition, start, frame.nowMs);
    session.now(frame.nowMs);
    const stale: number[] = [];
    const unhandled: number[] = [];
    const { turnSliceMs, turnEnvelopes, effectsPerTurn, frameBytes } = start.limits;
    let consumed = 0;
    while (consumed < envelopes.length && session.snapshot.status === "active") {
      // A part of what a turn may ask for leaves room for one more envelope.
      const { effects, size } = session.system.outbox;
      const full = consumed >= turnEnvelopes || effects.length * 4 >= effectsPerTurn ||
        size * 4 >= frameBytes;
      if (consumed > 0 && (full || clock.monotonicMs() - begun >= turnSliceMs)) break;
      place.at = consumed;
      const verdict = session.deliver(envelopes[consumed]!, consumed);
      if (verdict === "stale") stale.push(consumed);
      if (verdict === "unhandled") unhandled.push(consumed);
      if (envelopes[consumed]!.kind === "ran") this.#runs?.heard();
      consumed += 1;
    }
    if (envelopes.length !== 1) place.at = null;
    const closed = session.close();
    this.#runs!.turned(frame.turn, closed);
    const state = { bundle: this.#bundle!, version: definition.version, text: closed.text };
    const { effects } = closed;
    const summary = own(() => readSummary(closed.summary, start.limits));
    const { turn } = frame;
    const turned = {
      t: "turned",
      turn,
      consumed,
      stale,
      unhandled,
      state,
      effects,
      summary,
    } as const;
    checkFrame(turned, closed.size + closed.text.length, frameBytes);
    return turned;
  }

  #fresh(definition: AgentDefinition, start: StartFrame, nowMs: number): Session {
    const input: unknown = JSON.parse(start.input);
    this.#session = Session.begin(this.#sessionOptions(definition, start), input, nowMs);
    this.#attach(this.#session, start.limits);
    return this.#session;
  }

  #fail(error: unknown, turn: number | null, place: Place): void {
    this.dispose();
    const frame: FailedFrame = {
      t: "failed",
      turn,
      at: place.at,
      reason: reasonOf(error),
      error: shown(error),
    };
    this.#options.post(frame);
  }
}

const reasons: ReadonlySet<string> = new Set(failureReasons);

function reasonOf(error: unknown): FailureReason {
  const code = error instanceof DreamError ? error.code : "crashed";
  return reasons.has(code) ? code as FailureReason : "crashed";
}
