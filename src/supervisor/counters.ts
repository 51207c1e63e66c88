/**
 * Samples the agents for screens: one look serves all who follow, and each is told what changed
 * since it was told something last. Nobody following costs nothing.
 *
 * Invariants:
 * - I1 What a follower was told, put together, is what the newest look saw, however many it missed.
 * - I2 Passive agents cost nothing, and at most `mostListed` others are kept.
 */
import { type Address, isWithin, rootAddress } from "../address.ts";
import type { CancelTimer } from "../clock.ts";
import type { HostInfo } from "../host/hosts.ts";
import type { Cell } from "./cell.ts";
import type { Core } from "./core.ts";
import { asPassive, hasChanged, oldestOf, perSecond, viewOf } from "./counter-rows.ts";
import type {
  AgentCounters,
  CountersFollower,
  CountersFrame,
  SystemCounters,
} from "./counter-views.ts";

/** Ten looks a second; fewer when one takes long, so that looking is a small part of all work. */
const lookMs = 100;
const shareOfTime = 1 / 20;
/** Rates and hosts are looked at this often, and every follower hears something. */
const rateMs = 1_000;
const mostListed = 10_000;
/** Agents that are listed no more and that slow followers have yet to be told of. */
const mostLeft = 10_000;

interface Listed {
  view: AgentCounters;
  /** Number of the look that saw it change last, and of the last one that saw it. */
  changed: number;
  seen: number;
  /** Its turns when the rate was taken last. */
  turns: number;
}

interface Followed {
  follower: CountersFollower;
  /** Number of the look it was told of last. */
  told: number | null;
  /** Monotonic ms before which it wants no other frame. */
  dueMs: number;
}

type Watched = Pick<Core, "registry" | "clock" | "meters" | "hosts">;

export class Counters {
  #core: Watched;
  #followed = new Set<Followed>();
  #cancel: CancelTimer = () => {};
  #look = 0;
  #listed = new Map<Address, Listed>();
  /** Listed no more, oldest first: as they were seen last, or null when they are gone. */
  #left = new Map<Address, { view: AgentCounters | null; changed: number }>();
  /** `#left` is complete for looks after this one. */
  #leftFrom = 0;
  #hosts: { list: HostInfo[]; changed: number } = { list: [], changed: 0 };
  #totals: SystemCounters | null = null;
  #hidden = 0;
  #rate = { atMs: Number.NEGATIVE_INFINITY, turns: 0, perS: 0 };

  constructor(core: Watched) {
    this.#core = core;
    core.registry.listen({ removed: (address) => this.#removed(address) });
  }

  /** @returns how to end it */
  follow(follower: CountersFollower): () => void {
    const one = { follower, told: null, dueMs: Number.NEGATIVE_INFINITY };
    if (this.#followed.size === 0) this.#begin();
    this.#followed.add(one);
    this.#tell(one, new Map());
    return () => {
      this.#followed.delete(one);
      if (this.#followed.size === 0) this.#end();
    };
  }

  /** The process ends: nothing more comes. */
  close(): void {
    for (const { follower } of this.#followed) follower.end();
    this.#followed.clear();
    this.#end();
  }

  #begin(): void {
    this.#rate = { atMs: Number.NEGATIVE_INFINITY, turns: 0, perS: 0 };
    this.#lookAtAll();
    this.#goOn(lookMs);
  }

  #goOn(ms: number): void {
    const { clock } = this.#core;
    this.#cancel = clock.after(ms, () => {
      const begunMs = clock.monotonicMs();
      this.#lookAtAll();
      const same = new Map<string, CountersFrame>();
      for (const one of this.#followed) this.#tell(one, same);
      const tookMs = clock.monotonicMs() - begunMs;
      if (this.#followed.size > 0) this.#goOn(Math.max(lookMs, tookMs / shareOfTime));
    });
  }

  #end(): void {
    this.#cancel();
    this.#listed.clear();
    this.#left.clear();
    this.#leftFrom = this.#look;
  }

  #lookAtAll(): void {
    const { registry, clock } = this.#core;
    this.#look++;
    const nowMs = clock.monotonicMs();
    const sinceMs = nowMs - this.#rate.atMs;
    const isRateDue = sinceMs >= rateMs;
    if (isRateDue) this.#lookAtRate(nowMs, sinceMs);
    let mailboxDepth = 0;
    let oldestAtMs: number | null = null;
    this.#hidden = 0;
    for (const cell of registry.awake()) {
      mailboxDepth += cell.mailbox.depth;
      const oldest = oldestOf(cell);
      if (oldest !== null && (oldestAtMs === null || oldest < oldestAtMs)) oldestAtMs = oldest;
      this.#lookAt(cell, oldest, isRateDue ? sinceMs : null);
    }
    for (const [address, { view, seen }] of this.#listed) {
      if (seen === this.#look) continue;
      this.#listed.delete(address);
      this.#leave(address, registry.has(address) ? asPassive(view) : null);
    }
    const turnsPerS = this.#rate.perS;
    this.#totals = { agents: registry.counts(), mailboxDepth, oldestAtMs, turnsPerS };
  }

  #lookAtRate(nowMs: number, sinceMs: number): void {
    const turns = this.#core.meters.turnCount;
    this.#rate = { atMs: nowMs, turns, perS: perSecond(turns - this.#rate.turns, sinceMs) };
    const list = this.#core.hosts.list();
    if (JSON.stringify(list) !== JSON.stringify(this.#hosts.list)) {
      this.#hosts = { list, changed: this.#look };
    }
  }

  /** `sinceMs`: since its rate was taken last; null when it is not to be taken now. */
  #lookAt(cell: Cell, oldestAtMs: number | null, sinceMs: number | null): void {
    const { address, status, turns } = cell;
    let known = this.#listed.get(address);
    if (!known) {
      if (status === "passive") return;
      if (this.#listed.size >= mostListed) return void this.#hidden++;
      this.#left.delete(address);
      const view = viewOf(cell, oldestAtMs, 0);
      known = { view, changed: this.#look, seen: this.#look, turns };
      this.#listed.set(address, known);
      return;
    }
    known.seen = this.#look;
    let { turnsPerS } = known.view;
    if (sinceMs !== null) {
      turnsPerS = perSecond(turns - known.turns, sinceMs);
      known.turns = turns;
    }
    if (!hasChanged(known.view, cell, oldestAtMs, turnsPerS)) return;
    known.view = viewOf(cell, oldestAtMs, turnsPerS);
    known.changed = this.#look;
    if (status === "passive" && turnsPerS === 0) {
      this.#listed.delete(address);
      this.#leave(address, known.view);
    }
  }

  #removed(address: Address): void {
    if (this.#followed.size === 0) return;
    this.#listed.delete(address);
    // It is for the next look to tell of it: the last one may have been told already.
    this.#leave(address, null, this.#look + 1);
  }

  #leave(address: Address, view: AgentCounters | null, changed = this.#look): void {
    this.#left.delete(address);
    this.#left.set(address, { view, changed });
    if (this.#left.size <= mostLeft) return;
    const [oldest, { changed: lost }] = this.#left.entries().next().value!;
    this.#left.delete(oldest);
    this.#leftFrom = lost;
  }

  #tell(one: Followed, same: Map<string, CountersFrame>): void {
    const { follower, told } = one;
    const nowMs = this.#core.clock.monotonicMs();
    if (nowMs < one.dueMs || !follower.isReady()) return;
    const since = told !== null && told >= this.#leftFrom ? told : null;
    const name = `${since} ${follower.under}`;
    let frame = same.get(name);
    if (!frame) same.set(name, frame = this.#frame(follower.under, since));
    const isQuiet = frame.agents.length === 0 && frame.gone.length === 0 && frame.hosts === null;
    one.told = this.#look;
    if (isQuiet && nowMs - one.dueMs + follower.everyMs < rateMs) return;
    one.dueMs = nowMs + follower.everyMs;
    follower.frame(frame);
  }

  /** What there is to tell after the look `since`; null for everything. */
  #frame(under: Address, since: number | null): CountersFrame {
    const isNew = (changed: number) => since === null || changed > since;
    const inside = (address: Address) => isWithin(address, under);
    const agents: AgentCounters[] = [];
    const gone: Address[] = [];
    const pids = new Set<number | null>();
    for (const { view, changed } of this.#listed.values()) {
      if (!inside(view.address)) continue;
      pids.add(view.hostPid);
      if (isNew(changed)) agents.push(view);
    }
    for (const [address, { view, changed }] of since === null ? [] : this.#left) {
      if (!isNew(changed) || !inside(address)) continue;
      if (view) agents.push(view);
      else gone.push(address);
    }
    const { list, changed } = this.#hosts;
    const isWhole = under === rootAddress;
    const hosts = isWhole ? list : list.filter(({ pid }) => pids.has(pid));
    return {
      atMs: this.#core.clock.wallMs(),
      full: since === null,
      agents,
      gone,
      hosts: isNew(changed) ? hosts : null,
      totals: isWhole ? this.#totals : null,
      hidden: this.#hidden,
    };
  }
}
