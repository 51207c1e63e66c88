/**
 * The few agents that `/metrics` tells apart: those that the swarm file names, which are as many
 * with a hundred thousand spawned agents as with none; of a very large file the first by address.
 */
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { oldestOf } from "./counter-rows.ts";

const mostNamed = 100;
const label = ["address"] as const;
/** Somebody may have to look at it. */
const troubled = new Set(["blocked", "restarting", "parked", "failed"]);

export class AgentGauges {
  #core: Core;
  #all: ReturnType<typeof gaugesOf>;

  constructor(core: Core) {
    this.#core = core;
    this.#all = gaugesOf(core);
  }

  look(): void {
    for (const one of Object.values(this.#all)) one.reset();
    const nowMs = this.#core.clock.wallMs();
    const { depth, oldest, turns, restarts, trouble } = this.#all;
    for (const cell of this.#named()) {
      const { address } = cell;
      depth.set({ address }, cell.mailbox.depth);
      oldest.set({ address }, Math.max(0, nowMs - (oldestOf(cell) ?? nowMs)) / 1_000);
      turns.inc({ address }, cell.turns);
      restarts.inc({ address }, cell.record.restarts);
      trouble.set({ address }, troubled.has(cell.status) ? 1 : 0);
    }
  }

  /** They are never passive: nobody can be named who is not here. */
  #named(): Cell[] {
    const { registry, tree } = this.#core;
    const named = [...registry.awake()].filter(({ address }) => tree.isNamed(address));
    if (named.length <= mostNamed) return named;
    return named.sort((a, b) => a.address < b.address ? -1 : 1).slice(0, mostNamed);
  }
}

function gaugesOf({ meters }: Core) {
  const labels = [...label];
  return {
    depth: meters.gauge(
      "dreamos_agent_mailbox_depth",
      "Open envelopes of an agent that the swarm file names",
      labels,
    ),
    oldest: meters.gauge(
      "dreamos_agent_mailbox_oldest_age_seconds",
      "Age of its oldest open envelope; 0 when there is none",
      labels,
    ),
    turns: meters.counter("dreamos_agent_turns_total", "Its turns, since it was made", labels),
    restarts: meters.counter(
      "dreamos_agent_restarts_total",
      "Its restarts, since it was made",
      labels,
    ),
    trouble: meters.gauge(
      "dreamos_agent_troubled",
      "1 while it is blocked, restarting, parked or failed, else 0",
      labels,
    ),
  };
}
