/** Part of the contract of stores: the promises of src/storage/memory.ts. */
import { describe, expect, it } from "vitest";
import type { DocumentInput } from "../../src/storage/memory.ts";
import { documentOf, type OpenedStore } from "./store-rows.ts";

const bridge = documentOf("h1", [
  "The old bridge was repaired in spring.",
  "Nobody crosses the river at night.",
], "Bridges of the north");
const harbour = documentOf("h2", ["Ships wait in the harbour for the tide."], "Harbour book");

const hostile = [
  "",
  "   ",
  '"',
  "'; DROP TABLE documents; --",
  "bridge AND",
  "NOT",
  "NEAR(bridge",
  "title:bridge*",
  "bridge OR OR river",
  "^bridge + - ( ) { } [ ] : * ?",
  "🎉🎉 👩‍👩‍👧",
  "\u0000bridge\u0000",
  "\ud800",
  "\u0301\u0301",
  "𞤀𞤁 ᚠ",
  "x".repeat(10_000),
  "word ".repeat(2_000),
  `${"a".repeat(9_999)}🎉`,
];

export function describeMemory(opened: () => OpenedStore): void {
  const memories = () => opened().store.memory;
  const remember = async (document: DocumentInput, ...paths: string[]) => {
    for (const path of paths) await memories().link(`l ${path}`, path, document.hash, 1);
    await memories().put(`p ${document.hash}`, document, 2);
  };
  const titles = async (query: string, includeDeleted = false) =>
    (await memories().recall(query, { limit: 10, includeDeleted })).map(({ title }) => title);

  describe("memory", () => {
    it("links, puts and counts", async () => {
      const memory = memories();
      expect(await memory.link("k1", "/a.md", "h1", 1)).toEqual({ known: false });
      expect(await memory.put("k2", bridge, 2)).toEqual({ added: true });
      expect(await memory.put("k3", bridge, 3)).toEqual({ added: false });
      expect(await memory.link("k4", "/b.md", "h1", 4)).toEqual({ known: true });
      expect(await memory.link("k5", "/c.md", "h9", 5)).toEqual({ known: false });
      expect(await memory.unlink("k6", "/b.md", 6)).toEqual({ found: true });
      expect(await memory.unlink("k7", "/b.md", 7)).toEqual({ found: false });
      expect(await memory.unlink("k8", "/none", 8)).toEqual({ found: false });
      expect(await memory.stats()).toEqual({
        documents: 1,
        passages: 2,
        sources: 3,
        deletedSources: 1,
        rememberedSources: 1,
      });
    });

    it("does a write once under one key, after a new start too", async () => {
      expect(await memories().link("k", "/a.md", "h1", 1)).toEqual({ known: false });
      await memories().put("p", bridge, 2);
      await opened().reopen();
      expect(await memories().link("k", "/a.md", "h2", 3)).toEqual({ known: false });
      expect(await memories().put("p", harbour, 4)).toEqual({ added: true });
      expect((await memories().sources({ limit: 9 }))[0]).toMatchObject({ hash: "h1" });
      expect((await memories().stats()).documents).toBe(1);
      await memories().unlink("u", "/a.md", 5);
      await memories().link("again", "/a.md", "h1", 6);
      expect(await memories().unlink("u", "/a.md", 7)).toEqual({ found: true });
      expect((await memories().sources({ limit: 9 }))[0]).toMatchObject({ deletedAtMs: null });
    });

    it("lists sources by path, in pages", async () => {
      await remember(bridge, "/b", "/a");
      await memories().link("k", "/c", "h7", 1);
      await memories().unlink("u", "/a", 9);
      const first = await memories().sources({ limit: 2 });
      expect(first).toEqual([
        { path: "/a", hash: "h1", ready: true, deletedAtMs: 9 },
        { path: "/b", hash: "h1", ready: true, deletedAtMs: null },
      ]);
      expect(await memories().sources({ limit: 2, afterPath: "/b" })).toEqual([
        { path: "/c", hash: "h7", ready: false, deletedAtMs: null },
      ]);
    });

    it("finds passages by the stems of some of their words, best first", async () => {
      await remember(bridge, "/b.md", "/copy.md");
      await remember(harbour, "/h.md");
      const [best] = await memories().recall("when was the bridge repaired", { limit: 5 });
      expect(best).toEqual({
        sources: ["/b.md", "/copy.md"],
        title: bridge.title,
        headings: [],
        text: bridge.passages[0]!.text,
        score: expect.any(Number),
        deleted: false,
      });
      expect(best!.score).toBeGreaterThan(0);
      expect((await memories().recall("repairing bridges", { limit: 1 }))[0]?.text)
        .toBe(bridge.passages[0]!.text);
      expect(await titles("ship unicorn")).toEqual([harbour.title]);
      expect(await titles("unicorn")).toEqual([]);
      const hits = await memories().recall("bridge harbour", { limit: 10 });
      const scores = hits.map(({ score }) => score);
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(await memories().recall("bridge harbour", { limit: 1 })).toHaveLength(1);
    });

    it("puts what holds more of the words before what repeats one of them", async () => {
      const loud = documentOf(
        "h3",
        ["Transaction after transaction: a transaction."],
        "Transaction",
      );
      const answer = documentOf("h4", [
        "When all work is done, close the transaction with commit; the pool takes it back, and " +
        "further statements wait until another one begins.",
      ], "Database manual");
      await remember(loud, "/loud");
      await remember(answer, "/answer");
      // "close" is a common word then: by rarity alone it would weigh next to nothing.
      for (let i = 0; i < 40; i++) {
        await remember(documentOf(`n${i}`, [`A day with close friends, number ${i}.`]), `/${i}`);
      }
      expect((await titles("how do I close a transaction"))[0]).toBe(answer.title);
      expect((await titles("close the transaction with commit"))[0]).toBe(answer.title);
    });

    it("finds words of any script, marks or not", async () => {
      await remember(documentOf("h5", ["Das Café liegt an der Brücke."], "Ort"), "/de");
      await remember(documentOf("h6", ["東京タワーは高い"], "東京"), "/ja");
      await remember(documentOf("h7", ["Мост через реку"], "Мосты"), "/ru");
      expect(await titles("cafe")).toEqual(["Ort"]);
      expect(await titles("Brücke")).toEqual(["Ort"]);
      expect(await titles("東京")).toEqual(["東京"]);
      expect(await titles("МОСТ")).toEqual(["Мосты"]);
    });

    it("does not find what has no living source, unless asked", async () => {
      await remember(bridge, "/a", "/b");
      await memories().unlink("u1", "/a", 5);
      const [half] = await memories().recall("bridge", { limit: 1 });
      expect(half).toMatchObject({ sources: ["/b"], deleted: false });
      await memories().link("l2", "/b", "h2", 6);
      expect(await titles("bridge")).toEqual([]);
      const [gone] = await memories().recall("bridge", { limit: 1, includeDeleted: true });
      expect(gone).toMatchObject({ sources: ["/a"], deleted: true });
      await memories().link("l3", "/a", "h1", 7);
      expect(await titles("bridge")).not.toEqual([]);
    });

    it.each(hostile.map((query) => [query.slice(0, 24), query]))(
      "answers the search text %j",
      async (_, query) => {
        await remember(bridge, "/a");
        const hits = await memories().recall(query, { limit: 5 });
        for (const hit of hits) expect(hit.title).toBe(bridge.title);
        expect(hits.length > 0).toBe(query.includes("bridge"));
        expect((await memories().stats()).documents).toBe(1);
      },
    );

    it("keeps hostile text as it is", async () => {
      const text = `bridge "quotes" 'and' \\ 🎉 ${"long ".repeat(2_000)}`;
      await remember(documentOf("h8", [text, ""], "'Odd' \" 🎉"), "/odd ' \" path");
      const [hit] = await memories().recall("quotes", { limit: 1 });
      expect(hit).toMatchObject({ text, sources: ["/odd ' \" path"] });
    });

    it("a refused write stands for itself", async () => {
      const broken = { ...bridge, passages: [{ headings: [], text: null as unknown as string }] };
      const bad = opened().store.memory.put("k", broken, 1).then(() => "held", () => "refused");
      const good = opened().store.commit([{ op: "meta", name: "n", value: "1" }]);
      await Promise.all([bad, good]);
      expect(opened().store.available).toBe(true);
      expect(await opened().store.meta("n")).toBe("1");
      expect((await memories().stats()).passages % 2).toBe(0);
    });
  });
}
