/**
 * What led to an agent's first turn and to its runs, so that the history of a message goes through
 * them. It is stored in the agent's hot row, with the turn that it comes of: nothing more is
 * written for it, and it holds after any end of the process.
 *
 * A value: a turn that is refused leaves it as it was.
 */
import type { Cause, Envelope } from "../actors/envelope.ts";
import type { TurnedFrame } from "../actors/protocol.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import type { Draft } from "./draft.ts";

/** Runs that are remembered, the newest: those that their machine has stopped are among them. */
const mostRuns = 256;

type Runs = ReadonlyMap<string, Cause>;

interface Stored {
  spawned: Cause | null;
  runs: [string, Cause][];
}

export class Origins {
  static readonly none = new Origins(null, new Map());
  readonly #runs: Runs;
  #text: string | null | undefined;

  private constructor(
    /** The message whose turn spawned it; null after its first turn. */
    readonly spawnedFor: Cause | null,
    runs: Runs,
  ) {
    this.#runs = runs;
  }

  /** @param text as stored by this program */
  static read(text: string | null): Origins {
    if (text === null) return Origins.none;
    const { spawned, runs } = JSON.parse(text) as Stored;
    return new Origins(spawned, new Map(runs));
  }

  static ofSpawn(cause: Cause): Origins {
    return new Origins(light(cause), new Map());
  }

  /** JSON, to be stored; null when there is nothing to remember. */
  get text(): string | null {
    if (this.#text !== undefined) return this.#text;
    const isNone = this.spawnedFor === null && this.#runs.size === 0;
    const known: Stored = { spawned: this.spawnedFor, runs: [...this.#runs] };
    return this.#text = isNone ? null : JSON.stringify(known);
  }

  /** The message whose turn started the run. */
  ofRun(id: string): Cause | null {
    return this.#runs.get(id) ?? null;
  }

  /** After a turn that started runs, and after which some go on. */
  with(started: readonly [string, Cause][]): Origins {
    if (started.length === 0 && this.spawnedFor === null) return this;
    const runs = new Map([...this.#runs, ...started]);
    for (const id of runs.keys()) {
      if (runs.size <= mostRuns) break;
      runs.delete(id);
    }
    return new Origins(null, runs);
  }

  without(id: string): Origins {
    if (!this.#runs.has(id)) return this;
    const runs = new Map(this.#runs);
    runs.delete(id);
    return new Origins(this.spawnedFor, runs);
  }
}

/** What led to an effect of a turn: the envelope that was handled, or what it was spawned for. */
export function causeOf(cell: Cell, hand: readonly Envelope[], at: number): Cause | null {
  return hand[at] ?? (cell.hasState ? null : cell.origins.spawnedFor);
}

/** What is to be known after a turn, if that is accepted. */
export function originsAfter(
  core: Core,
  cell: Cell,
  hand: readonly Envelope[],
  { effects, summary }: TurnedFrame,
): Origins {
  if (summary.runs === 0) return Origins.none;
  const started: [string, Cause][] = [];
  for (const effect of effects) {
    if (effect.kind !== "run") continue;
    const cause = core.mail.asCause(causeOf(cell, hand, effect.at));
    if (cause !== null) started.push([effect.id, light(cause)]);
  }
  return cell.origins.with(started);
}

/** Remembers what an agent is spawned for, until its first turn. */
export function rememberSpawn(draft: Draft, cell: Cell, cause: Cause | null): void {
  if (cause === null) return;
  cell.origins = Origins.ofSpawn(cause);
  draft.change({ op: "origins", key: cell.key, origins: cell.origins.text! });
}

/** What led to a word of a run; a run that has ended says no more. */
export function causeOfWord(cell: Cell, run: string, outcome: string): Cause | null {
  const cause = cell.origins.ofRun(run);
  if (cause !== null && outcome.startsWith('{"ok":')) cell.origins = cell.origins.without(run);
  return cause;
}

/** Of a cause only its place in the chain is of interest. */
function light({ id, hops, trace }: Cause): Cause {
  return { id, hops, trace };
}
