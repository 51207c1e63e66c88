/** Every list in pages: all of it, once, and with no cursor but its own. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Change } from "../../src/storage/store.ts";
import { agent, askRow, callRow, timerRow, uuid } from "../contract/store-rows.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

let door: OpenDoor;
beforeAll(async () => {
  door = openDoor();
  const numbers = Array.from({ length: 7 }, (_, i) => i + 1);
  const manifest = JSON.stringify({
    ...{ kind: "k", version: 2, accepts: {}, replies: {}, input: null, system: [] },
    needs: { calls: [], read: [] },
  });
  await door.control.store.commit([
    agent(1, { address: "/captain" }),
    ...numbers.flatMap((n): Change[] => [
      { op: "timer", row: timerRow(1, `t${n}`, 1_000) },
      { op: "call", row: callRow(1, `c${n}`) },
      { op: "ask", row: askRow(uuid(n)) },
      {
        op: "bundle",
        row: { hash: `${n}`.repeat(64), code: "", manifest, agent: "k", deployedAtMs: n },
      },
    ]),
  ]);
  for (const n of numbers) {
    const token = { name: `t${n}`, role: "viewer" };
    expect((await door.post("/api/v1/tokens", token)).status).toBe(201);
  }
});
afterAll(() => door.shutdown());

interface Page {
  items: unknown[];
  nextCursor: string | null;
}
const read = async (path: string) => {
  const response = await door.call(`/api/v1/${path}`);
  return [response.status, await response.json()] as [number, Page & { error?: { code: string } }];
};

const ask = (list: string, query: string) =>
  read(`${list}${list.includes("?") ? "&" : "?"}${query}`);

const lists = [
  ...["timers", "calls", "asks", "bundles", "tokens", "agents/captain/timers"],
  ...["agents/captain/checkpoints", "recall?q=word"],
];

describe.each(lists)("%s", (list) => {
  test.each([1, 3, 100])("comes whole in pages of %i", async (limit) => {
    const all: unknown[] = [];
    let cursor = "";
    for (let pages = 0; pages < 20; pages++) {
      const [status, page] = await ask(list, `limit=${limit}${cursor}`);
      expect([status, page.error]).toEqual([200, undefined]);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      all.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    const [, whole] = await ask(list, "limit=100");
    expect(all).toEqual(whole.items);
    expect(whole.items.length).toBeGreaterThan(6);
  });

  test("refuses cursors of others, of other filters, and what is none", async () => {
    const [, { nextCursor }] = await ask(list, "limit=2");
    const others = lists.filter((other) => other !== list)
      .concat("messages", "deadletters", "logs", "agents", "hosts", "agents/captain/mailbox");
    for (const other of others) {
      const [status, { error }] = await ask(other, `cursor=${nextCursor}`);
      expect([other, status, error?.code]).toEqual([other, 400, "bad_cursor"]);
    }
    const filters: Record<string, string> = {
      ...{ bundles: "kind=k", tokens: "status=valid", asks: "status=open" },
      "recall?q=word": "includeDeleted=true",
    };
    const filter = filters[list];
    const bad = [
      "x",
      "",
      ".",
      `${nextCursor}x.y`,
      `${nextCursor!.split(".")[0]}.%00`,
      "%F0%9F%92%A9",
    ]
      .map((cursor) => `cursor=${cursor}`);
    if (filter) bad.push(`${filter}&cursor=${nextCursor}`);
    for (const query of bad) {
      const [status, { error }] = await ask(list, query);
      expect([query, status, error?.code]).toEqual([query, 400, "bad_cursor"]);
    }
  });
});

test.each([
  ["timers?limit=1&limit=2", "limit"],
  ["agents?under=/a&under=/b", "under"],
  ["tree?under=/a", "under"],
  ["agents/captain/machine?limit=1", "limit"],
  ["status?__proto__=1", "__proto__"],
  ["timers?to=/a", "to"],
  ["agents?kind=%ff%fe", "UTF-8"],
  ["recall?q=50%", "%25"],
])("a query that would mean something else is refused: %s", async (path, field) => {
  const [status, { error }] = await read(path);
  expect([status, error]).toEqual([400, expect.objectContaining({ code: "bad_request" })]);
  expect(JSON.stringify(error)).toContain(field);
});

test("what was made up to look like a cursor of the list is refused too", async () => {
  const [, { nextCursor }] = await read("timers?limit=2");
  const mark = nextCursor!.split(".")[0];
  for (const place of ["{}", "[]", '["x",1,"t"]', "[1,2]", "null", "x", "[".repeat(2_000)]) {
    const [status, { error }] = await read(
      `timers?cursor=${mark}.${btoa(place).replace(/=/g, "")}`,
    );
    expect([place, status, error?.code]).toEqual([place, 400, "bad_cursor"]);
  }
});
