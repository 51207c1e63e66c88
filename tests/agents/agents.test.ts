/** Single agents of the default swarm on a stage. */
import { beforeAll, describe, expect, it } from "vitest";
import swarm from "../../agents/swarm.ts";
import { DreamError } from "../../src/errors.ts";
import { parseSwarm } from "../../src/swarm.ts";
import { SmallMemory } from "./small-memory.ts";
import { kindOf, Stage } from "./stage.ts";

describe("the swarm file", () => {
  it("names modules that define its kinds, and grants all that they need", async () => {
    const spec = parseSwarm(swarm, "agents/swarm.ts");
    for (const [kind, path] of Object.entries(spec.kinds)) {
      expect(path).toBe(`./${kind}/agent.ts`);
      const { manifest } = await kindOf(kind);
      expect(manifest.kind).toBe(kind);
      const granted = spec.children.flatMap((child) => {
        if (child.type === "agent" && child.agent === kind) return child.grants.calls;
        if (child.type === "dynamic" && child.agents?.includes(kind)) return child.grants.calls;
        return [];
      });
      for (const call of manifest.needs.calls) expect(granted).toContain(call);
    }
    expect(spec.children.map(({ id }) => id)).toEqual(
      ["captain", "scribe", "readers", "backlog", "ingestor", "inbox", "workers"],
    );
  });

  it("bundles the reader to less than 1.5 MB", async () => {
    const { code } = await kindOf("reader");
    expect(code.length).toBeLessThan(1_500_000);
  });
});

describe("the scribe", () => {
  const document = (i: number, text: string) => ({
    hash: i.toString(16).padStart(64, "0"),
    title: `t${i}`,
    format: "text",
    dates: [],
    links: [],
    keySentences: [],
    keyPhrases: [],
    passages: [{ headings: [], text }],
  });

  it("answers many at a time, each its own, with large documents and a small state", async () => {
    const memory = new SmallMemory();
    const stage = await Stage.open(["scribe"], memory.calls);
    const scribe = stage.start("/scribe", "scribe");
    for (let i = 0; i < 6; i++) {
      stage.send("/scribe", "document.keep", { document: document(i, `w${i} `.repeat(200_000)) });
    }
    const answers = await Promise.all(
      Array.from(
        { length: 6 },
        (_, i) =>
          i % 2 === 0
            ? stage.ask("/scribe", "recall", { query: `w${i} `, limit: 1 })
            : stage.ask("/scribe", "status", {}),
      ),
    );
    expect(answers[2]).toMatchObject({ hits: [{ title: "t2" }] });
    expect(answers[1]).toMatchObject({ documents: 6 });
    expect(scribe.largest).toBeLessThan(20_000);
    expect(await stage.ask("/scribe", "status", {})).toMatchObject({ documents: 6, open: 0 });
  });

  it("says no when memory does, and when too much is asked of it at a time", async () => {
    const stage = await Stage.open(["scribe"], {
      "memory.recall": () => {
        throw new DreamError("storage_unavailable", "The disk is full");
      },
    });
    stage.start("/scribe", "scribe");
    await expect(stage.ask("/scribe", "recall", { query: "x" })).rejects.toMatchObject({
      error: { code: "storage_unavailable" },
    });
    const many = Array.from({ length: 600 }, () => stage.ask("/scribe", "recall", { query: "x" }));
    const ends = await Promise.allSettled(many);
    const codes = ends.map((end) =>
      end.status === "rejected" ? (end.reason as { error: { code: string } }).error.code : ""
    );
    expect(codes.filter((code) => code === "storage_unavailable").length).toBe(500);
    expect(codes.filter((code) => code === "mailbox_full").length).toBe(100);
  });
});

describe("the captain", () => {
  it("says plainly who does not answer, and what trouble there was", async () => {
    const stage = await Stage.open(["captain"]);
    stage.start("/captain", "captain");
    const silent = await stage.ask("/captain", "status", {});
    expect(silent.text).toMatch(/^Not all is well\..*ingestor does not answer.*scribe does not/u);
    for (let i = 0; i < 25; i++) {
      stage.send("/captain", "trouble.reported", {
        from: `/workers/w-${i}`,
        problem: "crashed",
        message: "It fell over",
      });
    }
    const { text, troubles } = await stage.ask("/captain", "status", {});
    expect(text).toContain("20 reports of trouble in the last hour, the latest from /workers/w-24");
    expect(troubles).toHaveLength(20);
    const { text: problems } = await stage.ask("/captain", "command", { text: " Problems? " });
    expect(problems).toContain("/workers/w-24: crashed: It fell over");
    expect(problems).not.toContain("/workers/w-4:");
  });

  it("helps, and says when it does not understand", async () => {
    const stage = await Stage.open(["captain"]);
    stage.start("/captain", "captain");
    expect((await stage.ask("/captain", "command", { text: "help" })).text).toMatch(/status/u);
    const { text } = await stage.ask("/captain", "command", { text: "make tea" });
    expect(text).toMatch(/^I do not understand "make tea"\.\nI understand:/u);
  });
});

describe("the counter", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(["counter", "echo"]);
  });

  it("tells lost, doubled and late messages apart", async () => {
    stage.start("/workers/c", "counter");
    const numbers = [1, 2, 3, 3, 6, 5, 7];
    for (const n of numbers) {
      stage.send("/workers/c", "count.add", { id: `a-${n}`, n, producer: "a" });
    }
    stage.send("/workers/c", "count.add", { id: "p", n: 1, producer: "__proto__" });
    expect(await stage.ask("/workers/c", "count.read", {})).toEqual({
      total: 8,
      doubled: 1,
      outOfOrder: 1,
      last: "p",
      perProducer: {
        a: { count: 7, last: 7, doubled: 1, outOfOrder: 1, missing: [4] },
        ["__proto__"]: { count: 1, last: 1, doubled: 0, outOfOrder: 0, missing: [] },
      },
    });
  });

  it("has an echo beside it", async () => {
    stage.start("/workers/e", "echo");
    expect(await stage.ask("/workers/e", "echo.say", { text: "hallo" })).toEqual({ text: "hallo" });
  });
});
