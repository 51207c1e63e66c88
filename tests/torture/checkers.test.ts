/** The checks of a torture run find what they are for: each is given data with a planted fault. */
import { describe, expect, test } from "vitest";
import { extract } from "../../agents/reader/extract/extract.ts";
import { type DatabaseFacts, passageKey } from "./database.ts";
import type { FileBook } from "./files.ts";
import { planRounds } from "./killer.ts";
import { randomOf } from "./random.ts";
import { spread } from "./scorecard.ts";
import { troubles } from "./troubles.ts";
import { collectTexts, hashOf } from "./texts.ts";
import { type CounterReply, verifyCounters } from "./verify-counters.ts";
import { verifyFiles } from "./verify-files.ts";
import { verifyStored } from "./verify-messages.ts";

const a = "/workers/c-1";
const acknowledged = new Map([[a, new Map([["p", 10]])]]);

function reply(producer: Partial<CounterReply["perProducer"][string]>): CounterReply {
  const p = { count: 10, last: 10, doubled: 0, outOfOrder: 0, missing: [], ...producer };
  return { total: p.count, doubled: p.doubled, outOfOrder: p.outOfOrder, perProducer: { p } };
}

describe("counters", () => {
  const verify = (seen: CounterReply | null) => verifyCounters(acknowledged, new Map([[a, seen]]));

  test("all there", () => {
    const none = { lost: 0, doubled: 0, outOfOrder: 0, unasked: 0, failures: [] };
    expect(verify(reply({}))).toEqual(none);
  });

  test.each([
    ["the last one lost", { count: 9, last: 9 }, { lost: 1 }],
    ["one in the middle lost", { count: 9, outOfOrder: 1, missing: [4] }, { lost: 1 }],
    ["one doubled", { count: 11, doubled: 1 }, { doubled: 1 }],
    ["one doubled and one lost", { count: 10, last: 9, doubled: 1 }, { lost: 1, doubled: 1 }],
    ["two swapped", { outOfOrder: 1 }, { outOfOrder: 1 }],
    ["one that was never acknowledged", { count: 11, last: 11 }, { unasked: 1 }],
  ])("%s", (_, seen, wanted) => {
    const found = verify(reply(seen));
    expect(found).toMatchObject(wanted);
    expect(found.failures).toHaveLength(1);
  });

  test("an agent that is gone, and one that was not asked", () => {
    expect(verify(null).lost).toBe(10);
    expect(verify(null).failures).toHaveLength(1);
    expect(verifyCounters(acknowledged, new Map()).failures).toHaveLength(1);
  });
});

describe("files", () => {
  const text =
    "# Title\n\nFirst part with enough words to stand as a passage.\n\n## Other\n\nMore.\n";
  const older = `${text}\nAn older ending.\n`;
  const hash = hashOf(text);
  const oldHash = hashOf(older);
  const book: FileBook = {
    living: new Map([["/in/a.md", hash], ["/in/copy.md", hash]]),
    gone: new Set(["/in/gone.md"]),
    goneKnown: new Set(["/in/gone.md"]),
    ever: new Map([[hash, text], [oldHash, older]]),
  };
  type Memory = Parameters<typeof verifyFiles>[1];

  const document = (one: string) => {
    const extraction = extract({ path: "/x.md", hash: hashOf(one), text: one });
    if (!extraction.ok) throw new Error(extraction.message);
    const { passages } = extraction.document;
    return { hash: hashOf(one), passages: passages.map((p) => passageKey(p.headings, p.text)) };
  };

  function memory(): Memory {
    const documents = [document(text), document(older)];
    return {
      sources: [
        { path: "/in/a.md", hash, isDeleted: false },
        { path: "/in/copy.md", hash, isDeleted: false },
        { path: "/in/gone.md", hash: oldHash, isDeleted: true },
      ],
      documents,
      words: documents[0]!.passages.length + documents[1]!.passages.length,
      passagesWithoutDocument: 0,
    };
  }

  test("all as it should be", () => expect(verifyFiles(book, memory())).toEqual([]));

  test.each<[string, (memory: Memory) => unknown, RegExp]>([
    ["not taken up", (m) => m.sources.shift(), /not taken up: \/in\/a\.md/],
    ["stale", (m) => m.sources[0]!.hash = oldHash, /stale.*older content/],
    ["living, marked deleted", (m) => m.sources[0]!.isDeleted = true, /marked deleted, but there/],
    ["gone, not marked", (m) => m.sources[2]!.isDeleted = false, /gone, but not marked/],
    ["gone and forgotten", (m) => m.sources.pop(), /gone and forgotten/],
    [
      "never there",
      (m) => m.sources.push({ path: "/in/b.md", hash, isDeleted: true }),
      /never there: \/in\/b\.md/,
    ],
    ["not read", (m) => {
      m.words -= m.documents[0]!.passages.length;
      m.documents.shift();
    }, /not read: \/in\/a\.md, \/in\/copy\.md/],
    ["document doubled", (m) => {
      m.documents.push(m.documents[0]!);
      m.words += m.documents[0]!.passages.length;
    }, /1 documents doubled/],
    ["passage doubled", (m) => {
      m.documents[0]!.passages.push(m.documents[0]!.passages[0]!);
      m.words++;
    }, /wanted exactly/],
    ["index doubled", (m) => m.words++, /the index holds/],
    ["passage without document", (m) => m.passagesWithoutDocument = 1, /belong to no document/],
    ["content never there", (m) => m.documents[1]!.hash = hashOf("x"), /never there: /],
  ])("%s", (_, plant, wanted) => {
    const seen = memory();
    plant(seen);
    const faults = verifyFiles(book, seen);
    expect(faults.join("\n")).toMatch(wanted);
    expect(faults).toHaveLength(1);
  });
});

describe("stored messages", () => {
  type Stored = Parameters<typeof verifyStored>[1];
  const letter = { receiver: a, type: "count.add", reason: "poison", message: "it crashed" };
  const stored = (): Stored => ({
    messageIds: ["1", "2", "3"],
    openMessages: 0,
    deadLetters: [],
    integrity: "ok",
  });
  const ids = new Set(["1", "2", "3"]);

  test("all as it should be", () => expect(verifyStored(ids, stored())).toEqual([]));

  test.each<[string, Partial<DatabaseFacts>, RegExp]>([
    ["lost", { messageIds: ["1", "2"] }, /1 acknowledged messages are not/],
    ["doubled", { messageIds: ["1", "2", "3", "3"] }, /1 messages are in the database twice/],
    ["never asked for", { messageIds: ["1", "2", "3", "4"] }, /1 messages .* never acknowledged/],
    ["not consumed", { openMessages: 2 }, /2 messages were not consumed/],
    ["dead", { deadLetters: [letter] }, /1 dead letters "count\.add" \(poison\)/],
    ["damaged", { integrity: "row 3 missing from index" }, /integrity_check: row 3/],
  ])("%s", (_, plant, wanted) => {
    const faults = verifyStored(ids, { ...stored(), ...plant });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(wanted);
  });
});

describe("the plan", () => {
  test("is the same for the same seed, and another for another", () => {
    const plan = (seed: number) => planRounds(20, randomOf(seed, "killer"));
    expect(plan(1)).toEqual(plan(1));
    expect(plan(1)).not.toEqual(plan(2));
    expect(new Set(plan(3).slice(0, 3).flat())).toEqual(new Set(["control", "host", "tool host"]));
    expect(new Set(plan(3).slice(3, 3 + troubles.length))).toEqual(new Set(troubles));
    expect(planRounds(30, randomOf(4, "killer"), ["full disk"])).not.toContain("full disk");
  });

  test("has as many texts as wanted, no two alike", () => {
    const found = collectTexts(1_000, randomOf(1, "texts"));
    expect(new Set(found.texts.map(hashOf)).size).toBe(1_000);
    expect(found.whole).toBeGreaterThan(50);
    expect(found.whole + found.sections + found.varied).toBe(1_000);
  });

  test("times: half of them are at most p50", () => {
    expect(spread([])).toBeNull();
    expect(spread([5])).toEqual({ p50: 5, p99: 5, max: 5 });
    expect(spread([4, 1, 3, 2])).toEqual({ p50: 2, p99: 4, max: 4 });
  });
});
