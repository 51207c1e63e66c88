/** Durable events as server-sent events, over a real socket. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createClient, type EventView } from "../../src/api/client.ts";
import { readEvents } from "../../src/event-stream.ts";
import { systemClock } from "../../src/clock.ts";
import { openInMemoryStore } from "../../src/storage/in-memory-store.ts";
import { EventLog } from "../../src/supervisor/event-log.ts";
import { eventually } from "../support/eventually.ts";
import { HandClock } from "../support/hand-clock.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

const slowReaderMs = 300;
let door: OpenDoor;
let leaving = new AbortController();
beforeAll(() => {
  door = openDoor({ slowReaderMs });
});
afterEach(async () => {
  leaving.abort();
  leaving = new AbortController();
  await eventually(() => !door.control.log.isFollowed, { what: "the end of all streams" });
});
afterAll(() => door.shutdown());

/** Makes events durable, as the ledger does. @returns their number */
async function happen(...rows: { type?: string; address?: string | null; atMs?: number }[]) {
  const changes = rows.map(({ type = "agent.failed", address = "/a", atMs = 1 }) => (
    { op: "event" as const, row: { atMs, type, address, data: '{"n":1}' } }
  ));
  await door.control.store.commit(changes);
  door.control.log.touched();
}

async function take(events: AsyncIterable<EventView>, count: number): Promise<EventView[]> {
  const found: EventView[] = [];
  for await (const event of events) if (found.push(event) === count) break;
  return found;
}

const idsOf = (events: EventView[]) => events.map(({ id }) => id);
const client = () => createClient(door);
const all = async (query: Parameters<ReturnType<typeof client>["events"]>[0] = {}) =>
  await take(await client().events({ since: 0, follow: false, ...query }), Infinity);

test("who follows hears what happens from then on, and nothing from before", async () => {
  await happen({ type: "agent.before" });
  const events = await client().events({ signal: leaving.signal });
  await happen({ type: "agent.one" }, { type: "agent.two", address: null });
  const [one, two] = await take(events, 2);
  expect(one).toEqual({
    id: expect.any(Number),
    atMs: 1,
    type: "agent.one",
    address: "/a",
    data: { n: 1 },
  });
  expect(two).toMatchObject({ id: one!.id + 1, type: "agent.two", address: null });
});

test("a moment, a subtree, a type: each leaves out the rest", async () => {
  await happen(
    { type: "call.failed", address: "/w/1", atMs: 5_000 },
    { type: "call.in_doubt", address: "/w", atMs: 6_000 },
    { type: "agent.failed", address: "/west", atMs: 7_000 },
  );
  const types = (events: EventView[]) => events.map(({ type }) => type);
  expect(types(await all({ since: 5_000 }))).toEqual([
    "call.failed",
    "call.in_doubt",
    "agent.failed",
  ]);
  expect(types(await all({ since: 5_001 }))).toEqual(["call.in_doubt", "agent.failed"]);
  expect(types(await all({ under: "/w" }))).toEqual(["call.failed", "call.in_doubt"]);
  expect(types(await all({ type: "call.*" }))).toEqual(["call.failed", "call.in_doubt"]);
  expect(types(await all({ type: "call.failed", under: "/w" }))).toEqual(["call.failed"]);
  expect(await all({ type: "call" })).toEqual([]);
});

test("Last-Event-ID goes on behind that event, over thousands, without a gap", async () => {
  const [last] = await door.control.store.events({ limit: 1, newest: true });
  const follower = await client().events({ signal: leaving.signal });
  for (let i = 0; i < 30; i++) await happen(...Array(100).fill({}));
  const wanted = Array.from({ length: 3_000 }, (_, i) => last!.id + 1 + i);
  expect(idsOf(await take(follower, 3_000))).toEqual(wanted);
  const headers = { "last-event-id": String(last!.id + 1_000) };
  const response = await door.call("/api/v1/events?follow=false", { headers });
  const ids: number[] = [];
  for await (const { data } of readEvents(response.body!)) ids.push(JSON.parse(data).id);
  expect(ids).toEqual(wanted.slice(1_000));
  expect(idsOf(await all({ after: last!.id }))).toEqual(wanted);
});

test("who reads nothing is cut off with the reason, and goes on where it was", async () => {
  const [last] = await door.control.store.events({ limit: 1, newest: true });
  const after = last!.id - 3_000;
  for (let i = 0; i < 20; i++) await happen(...Array(500).fill({ type: "x".repeat(900) }));
  const path = `/api/v1/events?after=${after}`;
  const response = await door.call(path, { signal: leaving.signal });
  await eventually(() => !door.control.log.isFollowed, { what: "the cut" });
  let seen = after;
  let reason = "";
  for await (const { event, data } of readEvents(response.body!)) {
    if (event === "cut") reason = JSON.parse(data).reason;
    else expect(JSON.parse(data).id).toBe(++seen);
  }
  expect(reason).toContain("Last-Event-ID");
  expect(seen).toBeLessThan(last!.id + 10_000);
  const rest = await all({ after: seen });
  expect(rest[0]!.id).toBe(seen + 1);
  expect(rest.at(-1)!.id).toBe(last!.id + 10_000);
}, 60_000);

test("who was away for longer than events are kept is told of the gap first", async () => {
  const [first] = await door.control.store.events({ afterId: 0, limit: 1 });
  const events = door.control.store.events.bind(door.control.store);
  const oldest = first!.id + 10;
  vi.spyOn(door.control.store, "events").mockImplementation(async (query) =>
    await events({ ...query, afterId: Math.max(query.afterId ?? 0, oldest - 1) })
  );
  const gaps: unknown[] = [];
  const onGap = (gap: unknown) => gaps.push(gap);
  const [next] = await take(await client().events({ after: first!.id, follow: false, onGap }), 1);
  expect([next!.id, gaps]).toEqual([oldest, [{ after: first!.id, oldest }]]);
  await take(await client().events({ after: oldest - 1, follow: false, onGap }), 1);
  expect(gaps).toHaveLength(1);
  vi.restoreAllMocks();
});

test.each([
  ["an event that is yet to come", { "last-event-id": "99999999" }, ""],
  ["what is no id", { "last-event-id": "abc" }, ""],
  ["no number", {}, "?after=-1"],
  ["a moment that is none", {}, "?since=soon"],
  ["an address that is none", {}, "?under=no%20way/"],
  ["an unknown key", {}, "?to=/a"],
])("%s is refused", async (_, headers, query) => {
  const response = await door.call(`/api/v1/events${query}`, { headers });
  expect(response.status).toBe(400);
  const { error } = await response.json();
  expect(["bad_request", "invalid_address"]).toContain(error.code);
});

test("200 followers all hear it, it is written out once, and they are forgotten", async () => {
  const { store } = door.control;
  let reads = 0;
  const count = <T extends { data: string }>(row: T): T => {
    const { data } = row;
    return Object.defineProperty({ ...row }, "data", { get: () => (reads++, data) });
  };
  const readRows = store.events.bind(store);
  const counted = vi.spyOn(store, "events")
    .mockImplementation(async (query) => (await readRows(query)).map(count));
  const streams = await Promise.all(
    Array.from({ length: 200 }, () => client().events({ signal: leaving.signal })),
  );
  await happen({ type: "agent.seen" });
  const heard = await Promise.all(streams.map((events) => take(events, 1)));
  expect(heard.every(([event]) => event!.type === "agent.seen")).toBe(true);
  expect(reads).toBe(1);
  counted.mockRestore();
}, 60_000);

test("rounds are further apart with more followers: what comes between goes together", async () => {
  const clock = new HandClock(1_000);
  const store = openInMemoryStore({ clock: systemClock });
  const log = new EventLog(store, clock);
  const all = await Promise.all(Array.from({ length: 200 }, () => log.follow()));
  const reads = vi.spyOn(store, "events");
  const row = { atMs: 1, type: "agent.seen", address: null, data: "{}" };
  for (let i = 0; i < 1_000; i++) {
    await store.commit([{ op: "event", row }]);
    log.touched();
    await clock.pass(1);
  }
  await clock.pass(1_000);
  expect(reads.mock.calls.length).toBeGreaterThan(5);
  expect(reads.mock.calls.length).toBeLessThan(20);
  const everything = { under: "/", type: null };
  for (const one of all) {
    let after = 0;
    for (let more = 1; more > 0;) {
      const { items, upTo } = await one.read(after, everything);
      more = items.length;
      after = upTo;
    }
    expect(after).toBe(1_000);
  }
});

test("followers at one place share what is read for them, until there is more", async () => {
  const store = openInMemoryStore({ clock: systemClock });
  const log = new EventLog(store, systemClock);
  const [one, other] = await Promise.all([log.follow(), log.follow()]);
  const add = async (address: string) => {
    await store.commit([{ op: "event", row: { atMs: 1, type: "a.b", address, data: "{}" } }]);
    log.touched();
  };
  const all = { under: "/", type: null };
  await add("/a");
  await eventually(async () => (await one!.read(0, all)).upTo === 1);
  const first = await one!.read(0, all);
  expect((await other!.read(0, { ...all })).items).toBe(first.items);
  expect((await other!.read(0, { under: "/b", type: null })).items).toEqual([]);
  await add("/b");
  await eventually(async () => (await one!.read(0, all)).upTo === 2);
  expect((await other!.read(0, { under: "/b", type: null })).items).toHaveLength(1);
  expect(first.items).toHaveLength(1);
  await store.close();
});

test("a read that fails ends the stream, and leaves no follower behind", async () => {
  await happen({});
  const { store } = door.control;
  const read = store.events;
  store.events = (query) => query.limit > 1 ? Promise.reject(new Error("planted")) : read(query);
  try {
    await expect(all({ since: 0 })).rejects.toBeInstanceOf(Error);
  } finally {
    store.events = read;
  }
});
