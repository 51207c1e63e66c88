/** What screens are told of agents: one look for all, changes only, nothing of passive ones. */
import { beforeEach, expect, test } from "vitest";
import type { HostInfo, Hosts } from "../../src/host/hosts.ts";
import { Cell } from "../../src/supervisor/cell.ts";
import { Counters } from "../../src/supervisor/counters.ts";
import type {
  AgentCounters,
  CountersFollower,
  CountersFrame,
} from "../../src/supervisor/counter-views.ts";
import type { Kind } from "../../src/supervisor/kinds.ts";
import { Meters } from "../../src/supervisor/meters.ts";
import { Registry } from "../../src/supervisor/registry.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import { agentRecord, envelopeOf } from "../contract/store-rows.ts";
import { HandClock } from "../support/hand-clock.ts";
import { randomOf } from "../torture/random.ts";

const kind = { name: "echo", hash: "b1" } as Kind;
const stored = {
  cursors: [0, 0, 0, 0] as [number, number, number, number],
  ...{ lastSeq: 0, turns: 0, depths: [0, 0, 0, 0], summary: null, origins: null, hasState: true },
};

let clock: HandClock;
let registry: Registry;
let meters: Meters;
let counters: Counters;
let hosts: HostInfo[];

beforeEach(() => {
  clock = new HandClock(1_000_000);
  registry = new Registry();
  meters = new Meters();
  hosts = [{ pid: 7, group: "default", threads: 1, starts: 1, rssBytes: 1_000 }];
  counters = new Counters({ clock, registry, meters, hosts: { list: () => hosts } as Hosts });
});

/** One who puts together what it is told, as a screen does. */
class Screen implements CountersFollower {
  readonly agents = new Map<string, AgentCounters>();
  readonly frames: CountersFrame[] = [];
  ready = true;
  ended = false;
  readonly leave: () => void;

  constructor(readonly under = "/", readonly everyMs = 100) {
    this.leave = counters.follow(this);
  }

  isReady = () => this.ready;
  end = () => this.ended = true;

  frame(frame: CountersFrame): void {
    this.frames.push(frame);
    if (frame.full) this.agents.clear();
    for (const agent of frame.agents) this.agents.set(agent.address, agent);
    for (const address of frame.gone) this.agents.delete(address);
  }

  get last(): CountersFrame {
    return this.frames.at(-1)!;
  }

  /** Agents that are shown as anything but passive, with their depths. */
  shown(): Record<string, number> {
    const all = [...this.agents.values()].filter(({ status }) => status !== "passive");
    return Object.fromEntries(all.map((one) => [one.address, one.mailboxDepth]).toSorted());
  }
}

function add(key: number, address = `/agents/a-${key}`): Cell {
  const cell = new Cell(agentRecord(key, { address }), kind, stored);
  registry.add(cell);
  return cell;
}

function post(cell: Cell, sentAtMs = 5): void {
  const seq = ++cell.lastSeq;
  cell.mailbox.push(envelopeOf(cell.key, seq, { to: cell.address, sentAtMs, kind: "message" }));
}

test("the first frame is whole, later ones hold what has changed", async () => {
  const [one, two] = [add(1), add(2)];
  post(one, 400);
  post(two, 300);
  const screen = new Screen();
  expect(screen.last).toMatchObject({ full: true, hosts, gone: [], hidden: 0 });
  expect(screen.shown()).toEqual({ "/agents/a-1": 1, "/agents/a-2": 1 });
  expect(screen.last.totals).toMatchObject({ mailboxDepth: 2, oldestAtMs: 300, turnsPerS: 0 });
  expect(screen.last.totals!.agents.running).toBe(2);
  post(one);
  await clock.pass(100);
  expect(screen.last).toMatchObject({ full: false, hosts: null, gone: [] });
  expect(screen.last.agents).toMatchObject([{ address: "/agents/a-1", mailboxDepth: 2 }]);
});

test("nothing new is said once a second; a rate is of the last second", async () => {
  const one = add(1);
  post(one);
  const screen = new Screen();
  await clock.pass(3_000);
  expect(screen.frames.length).toBe(4);
  for (let i = 0; i < 50; i++) {
    one.turns++;
    meters.turned(0.001);
  }
  await clock.pass(1_000);
  expect(screen.agents.get(one.address)!.turnsPerS).toBeCloseTo(50, 0);
  expect(screen.last.totals!.turnsPerS).toBeCloseTo(50, 0);
  await clock.pass(1_100);
  expect(screen.agents.get(one.address)!.turnsPerS).toBe(0);
});

test("a fault shows within two looks, with its code", async () => {
  const one = add(1);
  post(one);
  const screen = new Screen();
  const lastError = { code: "crashed" as const, message: "it threw" };
  one.record = { ...one.record, restarts: 1, lastError };
  one.restarting = true;
  await clock.pass(200);
  const told = { status: "restarting", restarts: 1, error: "crashed" };
  expect(screen.agents.get(one.address)).toMatchObject(told);
});

test("passive agents are not listed; one that becomes passive says so once", async () => {
  for (let key = 1; key <= 1_000; key++) {
    registry.addPassive(agentRecord(key), kind, stored);
  }
  const screen = new Screen();
  expect(screen.last.agents).toEqual([]);
  expect(screen.last.totals!.agents.passive).toBe(1_000);
  const cell = registry.byKey(5)!;
  post(cell);
  await clock.pass(100);
  expect(screen.shown()).toEqual({ "/agents/a-5": 1 });
  cell.mailbox.consumed(cell.mailbox.take(1, 100));
  await clock.pass(100);
  expect(screen.agents.get("/agents/a-5")).toMatchObject({ status: "passive", mailboxDepth: 0 });
  const told = screen.frames.length;
  await clock.pass(900);
  expect(screen.frames.slice(told).flatMap(({ agents }) => agents)).toEqual([]);
});

test("those who are told the same are given the same object, made once", async () => {
  const one = add(1);
  const screens = Array.from({ length: 200 }, () => new Screen());
  const below = new Screen("/elsewhere");
  await clock.pass(100);
  post(one);
  await clock.pass(100);
  expect(new Set(screens.map(({ last }) => last)).size).toBe(1);
  expect(screens[0]!.last.agents).toHaveLength(1);
  expect(below.frames.flatMap(({ agents }) => agents)).toEqual([]);
  expect(below.last.totals).toBeNull();
});

test("who leaves is forgotten, and nothing is looked at when all have", async () => {
  const screen = new Screen();
  const slower = new Screen("/", 1_000);
  await clock.pass(1_000);
  expect([screen.frames.length, slower.frames.length]).toEqual([2, 2]);
  screen.leave();
  slower.leave();
  let looks = 0;
  registry.awake = () => (looks++, []);
  await clock.pass(5_000);
  expect(looks).toBe(0);
  const late = new Screen();
  counters.close();
  expect([late.ended, looks]).toEqual([true, 1]);
});

test("whatever a screen missed, it ends up with what there is (I1)", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomOf(seed, "screens");
    const screens = [new Screen(), new Screen("/agents/x"), new Screen("/", 300)];
    const cells = new Map<number, Cell>();
    for (let step = 0; step < 60; step++) {
      const key = seed * 1_000 + random.int(0, 11);
      const cell = cells.get(key);
      if (!cell) cells.set(key, add(key, `/agents/${key % 2 ? "x" : "y"}/${key}`));
      else if (random.chance(1 / 6)) {
        registry.remove(cell);
        cells.delete(key);
      } else if (random.chance(1 / 3)) {
        cell.mailbox.consumed(cell.mailbox.take(10, 1_000));
      } else post(cell);
      for (const screen of screens) screen.ready = random.chance(2 / 3);
      if (random.chance(1 / 2)) await clock.pass(50 * random.int(0, 5));
    }
    for (const screen of screens) screen.ready = true;
    await clock.pass(500);
    for (const screen of screens) {
      const inside = [...cells.values()].filter((one) => one.address.startsWith(screen.under));
      const busy = inside.filter(({ mailbox }) => mailbox.depth > 0);
      const wanted = busy.map(({ address, mailbox }) => [address, mailbox.depth]).toSorted();
      const shown = [...screen.agents.values()].filter(({ status }) => status !== "passive");
      expect(shown.map((one) => [one.address, one.mailboxDepth]).toSorted()).toEqual(wanted);
      const known = [...screen.agents.keys()];
      expect(known.filter((address) => !registry.has(address))).toEqual([]);
    }
    for (const screen of screens) screen.leave();
    for (const cell of cells.values()) registry.remove(cell);
  }
});

test("too many agents that do something are counted, not listed", async () => {
  for (let key = 1; key <= 10_100; key++) post(add(key));
  const screen = new Screen();
  expect([screen.last.agents.length, screen.last.hidden]).toEqual([10_000, 100]);
  for (let key = 1; key <= 200; key++) registry.remove(registry.byKey(key)!);
  await clock.pass(100);
  expect([screen.last.gone.length, screen.last.hidden, screen.agents.size]).toEqual([
    200,
    0,
    9_900,
  ]);
});

test("looking at 1,000 busy agents ten times a second takes a small part of a core", async () => {
  const cells = Array.from({ length: 1_000 }, (_, i) => add(i + 1));
  const screens = [new Screen(), new Screen()];
  const looks: number[] = [];
  for (let look = 0; look < 30; look++) {
    for (const cell of cells) post(cell);
    const begunMs = systemClock.monotonicMs();
    await clock.pass(100);
    looks.push(systemClock.monotonicMs() - begunMs);
  }
  expect(screens[0]!.last.agents).toHaveLength(1_000);
  const [middle] = looks.toSorted((a, b) => a - b).slice(15);
  expect(middle).toBeLessThan(50);
});

test("long looks are further apart: at most a twentieth of the time", async () => {
  let spentMs = 0;
  let looks = 0;
  const slow: Clock = {
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs() + spentMs,
    after: (ms, fire) => clock.after(ms, fire),
  };
  registry.awake = () => {
    looks++;
    spentMs += 20;
    return [];
  };
  const hostList = { list: () => hosts } as Hosts;
  const watched = new Counters({ clock: slow, registry, meters, hosts: hostList });
  watched.follow({ under: "/", everyMs: 100, isReady: () => true, frame() {}, end() {} });
  await clock.pass(10_000);
  expect(looks).toBeLessThanOrEqual(26);
  expect(looks).toBeGreaterThan(20);
  watched.close();
});
