/** How SQLite runs each statement of production on tables that have grown: by index. */
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import * as works from "../../src/storage/open-work-statements.ts";
import * as traces from "../../src/storage/history-statements.ts";
import { openLibsqlStore } from "../../src/storage/libsql-store.ts";
import { Lists } from "../../src/storage/lists.ts";
import { memorySql } from "../../src/storage/memory-sql.ts";
import * as reads from "../../src/storage/read-statements.ts";
import type { Change } from "../../src/storage/store.ts";
import * as sweeps from "../../src/storage/sweep-statements.ts";
import * as writes from "../../src/storage/write-statements.ts";
import {
  agent,
  askRow,
  callRow,
  documentOf,
  envelope,
  envelopeOf,
  state,
  timerRow,
  uuid,
} from "../contract/store-rows.ts";

const rowCount = 10_000;
let folder: string;
let file: string;
let db: Database.Database;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  file = join(folder, "dreamos.db");
  const store = await openLibsqlStore({ file, clock: systemClock });
  const numbers = Array.from({ length: rowCount }, (_, i) => i + 1);
  await Promise.all(numbers.flatMap((n) => [
    store.commit(rowsOf(n)),
    store.memory.link(`l${n}`, `/file-${n}`, `h${n}`, n),
    store.memory.put(`p${n}`, documentOf(`h${n}`, [`passage number ${n}`]), n),
  ]));
  await store.close();
  db = new Database(file);
});
afterAll(async () => {
  db.close();
  await Deno.remove(folder, { recursive: true });
});

function rowsOf(n: number): Change[] {
  const letter = { reason: "poison", message: "m", state: null, deadAtMs: n };
  const key = { scope: "s", key: `k${n}`, bodyHash: "h", answer: "{}", atMs: n };
  return [
    agent(n, { endedAtMs: n % 2 ? n : null }),
    agent(rowCount + n),
    { op: "agentGone", key: rowCount + n },
    envelope(n % 100, n, { cause: n % 2 ? uuid(n) : null }),
    state(n, [0, 0, 0, 0]),
    { op: "checkpoint", row: { key: n, atMs: n, reason: "minute", lastKey: n, mark: "m" } },
    { op: "skip", key: n % 100, lane: "normal", seq: n },
    { op: "timer", row: timerRow(n, "t", n) },
    { op: "call", row: callRow(n, "c") },
    { op: "ask", row: askRow(`a${n}`, n % 2 ? { outcome: "{}", settledAtMs: n } : {}) },
    { op: "deadLetter", letter: { envelope: envelopeOf(1, n), ...letter } },
    { op: "idempotency", row: key },
    { op: "event", row: { atMs: n, type: "a.b", address: `/a-${n}`, data: "{}" } },
  ];
}

/** Lines of the plan that read a whole table or index, or sort. */
function costly(sql: string, values?: unknown[]): string[] {
  const marks = values ?? Array(sql.split("?").length - 1).fill(1);
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...marks) as { detail: string }[];
  return plan.map(({ detail }) => detail)
    .filter((detail) => /^SCAN (?!\d|CONSTANT|json_each)|TEMP B-TREE/.test(detail));
}

/** What reads more than it is asked for, and why it may. */
const allowed: Record<string, { plan: string[]; why: string }> = {
  allCalls: { plan: ["SCAN calls"], why: "boot: all open calls, once" },
  openAsks: { plan: ["SCAN asks USING INDEX asks_open"], why: "boot: just the open ones" },
  tokens: { plan: ["SCAN tokens"], why: "boot: all of them, once" },
  bundles: { plan: ["SCAN bundles", "USE TEMP B-TREE FOR ORDER BY"], why: "few rows" },
  deadLetterCount: {
    plan: ["SCAN dead_letters USING COVERING INDEX dead_letters_cause"],
    why: "a number for people, over an index of numbers",
  },
  envelopesBecauseOf: {
    plan: ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"],
    why: "effects of one moment are sorted by id",
  },
  oldestKept: { plan: ["SCAN events"], why: "the first by its key" },
  countCut: {
    plan: ["SCAN envelopes USING COVERING INDEX envelopes_sent"],
    why: "retention: down to the count that is kept",
  },
  pruneManyLetters: {
    plan: ["SCAN dead_letters"],
    why: "retention: by id down to the count that is kept",
  },
  pruneEvents: { plan: ["SCAN events"], why: "retention: from the oldest, one portion" },
  pruneGone: { plan: ["SCAN g"], why: "retention: until one portion is found" },
  pruneBundles: {
    plan: ["SCAN b", "SCAN a", "SCAN s", "SCAN c"],
    why: "retention: few bundles, and one that nothing names is looked for once",
  },
  recall: {
    plan: ["SCAN passage_words VIRTUAL TABLE INDEX 0:M3", "USE TEMP B-TREE FOR ORDER BY"],
    why: "full text is ranked: all matches are looked at",
  },
  matching: { plan: ["SCAN passage_words VIRTUAL TABLE INDEX 0:=M3"], why: "by row within it" },
  pathsOf: { plan: ["USE TEMP B-TREE FOR ORDER BY"], why: "the few places of one content" },
  stats: {
    plan: [
      "SCAN documents USING COVERING INDEX sqlite_autoindex_documents_1",
      "SCAN passages USING COVERING INDEX passages_document",
      "SCAN sources USING COVERING INDEX sources_hash",
      "SCAN sources",
      "SCAN s",
    ],
    why: "numbers for people",
  },
};

const { statusOf: _part, ...histories } = traces;
const statements = Object.entries({
  ...reads,
  ...writes,
  ...sweeps,
  ...histories,
  ...works,
  ...memorySql,
})
  .flatMap(([name, sql]) => [sql].flat().map((one) => [name, one] as const));

describe("the statements", () => {
  it.each(statements)("%s goes by index", (name, sql) => {
    expect(costly(sql)).toEqual(allowed[name]?.plan ?? []);
  });

  it("are all there", () => {
    const names = statements.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(allowed)));
    expect(names).toEqual(expect.arrayContaining(["mailbox", "putEnvelope", "recall"]));
  });
});

describe("the lists", () => {
  async function plansOf(run: (lists: Lists) => Promise<unknown>): Promise<string[]> {
    const told: [string, unknown[]][] = [];
    const lists = new Lists(file, (sql, values) => told.push([sql, values]));
    await run(lists);
    lists.close();
    expect(told.length).toBeGreaterThan(0);
    return told.flatMap(([sql, values]) => costly(sql, values));
  }

  const moment = `5000.${uuid(1)}`;
  // The order of one moment's envelopes is that of their ids, which no index holds.
  const byMoment = ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY"];
  // Four lanes, each read by the primary key up to one page: only those pages are sorted.
  const fourLanes = Array(4).fill("USE TEMP B-TREE FOR ORDER BY");

  it.each<[string, (lists: Lists) => Promise<unknown>, string[]]>([
    ["all", (lists) => lists.messages({ limit: 9 }), [
      "SCAN envelopes USING INDEX envelopes_sent",
      ...byMoment,
    ]],
    ["further pages", (lists) => lists.messages({ limit: 9, cursor: moment }), byMoment],
    ["since", (lists) => lists.messages({ limit: 9, sinceMs: 9_000 }), byMoment],
    ["from", (lists) => lists.messages({ limit: 9, from: "/x" }), byMoment],
    ["from, further", (lists) => lists.messages({ limit: 9, from: "@tester", cursor: moment }), [
      ...byMoment,
    ]],
    ["under", (lists) => lists.messages({ limit: 9, under: "/agents", cursor: moment }), byMoment],
    ["to", (lists) => lists.messages({ limit: 9, to: "/agents/a-7" }), fourLanes],
    ["to, further", (lists) => (
      lists.messages({ limit: 9, to: "/agents/a-7", from: "@tester", cursor: "7.500" })
    ), fourLanes],
  ])("of messages go by index: %s", async (_, run, plan) => {
    const found = (await plansOf(run)).filter((line) => !/^SCAN (e$|\(subquery)/.test(line));
    expect(found).toEqual(plan);
  });

  it.each<[string, (lists: Lists) => Promise<unknown>]>([
    ["dead letters to", (lists) => lists.deadLetters({ limit: 9, to: "/a", cursor: "50" })],
    ["dead letters under", (lists) => lists.deadLetters({ limit: 9, under: "/a", cursor: "50" })],
    ["further dead letters", (lists) => lists.deadLetters({ limit: 9, cursor: "50" })],
    ["newest events", (lists) => lists.events({ limit: 1, newest: true })],
    ["events before", (lists) => lists.events({ limit: 9, beforeId: 50, newest: true })],
    ["events of an address before", (lists) => (
      lists.events({ limit: 9, address: "/a", beforeId: 50, newest: true })
    )],
    ["events after", (lists) => lists.events({ limit: 9, afterId: 50 })],
    ["events of an address", (lists) => lists.events({ limit: 9, address: "/a", afterId: 5 })],
    ["events of a type", (lists) => lists.events({ limit: 9, type: "a.b", afterId: 5 })],
  ])("of %s go by index", async (_, run) => {
    expect(await plansOf(run)).toEqual([]);
  });
});

it("a subtree's page looks at so many envelopes, and the next one goes on there", async () => {
  const lists = new Lists(file, undefined, 40);
  const address = "/agents/a-7";
  const all = await lists.messages({ to: address, limit: 1_000 });
  const found: string[] = [];
  let pages = 0;
  for (let cursor: string | null = ""; cursor !== null; pages++) {
    const query = { under: address, limit: 1_000, ...(cursor && { cursor }) };
    const page = await lists.messages(query);
    found.push(...page.items.map(({ envelope }) => envelope.id));
    cursor = page.nextCursor;
  }
  lists.close();
  expect(found.toSorted()).toEqual(all.items.map(({ envelope }) => envelope.id).toSorted());
  expect(found.length).toBeGreaterThan(1);
  expect(pages).toBeGreaterThan(found.length);
});

it("would be told of a statement without an index", () => {
  expect(costly("SELECT * FROM envelopes WHERE payload = ? ORDER BY trace")).toEqual([
    "SCAN envelopes",
    "USE TEMP B-TREE FOR ORDER BY",
  ]);
  expect(costly("DELETE FROM timers WHERE id = ?")).toEqual([
    "SCAN timers USING COVERING INDEX timers_run_due",
  ]);
});
