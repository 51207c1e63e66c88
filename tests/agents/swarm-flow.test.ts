/** The default swarm's agents together on a stage: from a file found to a passage recalled. */
import { beforeEach, describe, expect, it } from "vitest";
import { DreamError } from "../../src/errors.ts";
import { SmallMemory } from "./small-memory.ts";
import { Stage } from "./stage.ts";

const kinds = ["captain", "ingestor", "backlog-page", "reader", "scribe"];

/** Files by path; a hash is as good as another as long as it tells contents apart. */
class Files {
  readonly texts = new Map<string, string>();
  reads = 0;

  hash(path: string): string {
    let number = 0;
    for (const character of this.texts.get(path) ?? "") {
      number = (number * 31 + character.codePointAt(0)!) % 2 ** 40;
    }
    return number.toString(16).padStart(24, "0").padEnd(64, "f");
  }

  read(path: string) {
    this.reads++;
    const text = this.texts.get(path);
    if (text === undefined) {
      throw new DreamError("file_not_found", "Cannot read the file: it is not there");
    }
    return { text, hash: this.hash(path), sizeBytes: text.length };
  }
}

describe("the default swarm", () => {
  let stage: Stage;
  let memory: SmallMemory;
  let files: Files;

  const write = (path: string, text: string) => {
    files.texts.set(path, text);
    stage.send("/ingestor", "file.found", { path, hash: files.hash(path) });
  };
  const counts = async () => {
    await stage.settle();
    return await stage.ask("/ingestor", "status", {});
  };
  const say = async (text: string) => (await stage.ask("/captain", "command", { text })).text;

  beforeEach(async () => {
    memory = new SmallMemory();
    files = new Files();
    stage = await Stage.open(kinds, {
      ...memory.calls,
      "file.read": ({ path }: { path: string }) => files.read(path),
    });
    stage.start("/captain", "captain");
    stage.start("/scribe", "scribe");
    stage.start("/ingestor", "ingestor");
  });

  it("remembers each content once and finds it again", async () => {
    write("/in/a.md", "# Doors\n\nA door is closed with its handle.");
    write("/in/b.md", "# Windows\n\nA window is opened from within.");
    write("/in/copy.md", "# Doors\n\nA door is closed with its handle.");
    await stage.settle();
    expect(await counts()).toMatchObject({ found: 3, read: 2, reading: 0, failed: 0, waiting: 0 });
    expect(memory.documents.size).toBe(2);
    expect(files.reads).toBe(2);

    const { hits } = await stage.ask("/scribe", "recall", { query: "closed with" });
    expect(hits).toMatchObject([{ headings: ["Doors"], sources: ["/in/a.md", "/in/copy.md"] }]);

    write("/in/a.md", "# Doors\n\nA door is closed with its handle.");
    expect(await counts()).toMatchObject({ found: 4, known: 1, read: 2 });
    expect(await say("status")).toBe("All is well: 3 files remembered.");
    expect(stage.dead).toEqual([]);
  });

  it("takes note of files that change, go, or cannot be read", async () => {
    write("/in/a.md", "old");
    await stage.settle();
    write("/in/a.md", "new");
    stage.send("/ingestor", "file.removed", { path: "/in/gone.md" });
    stage.send("/ingestor", "file.skipped", {
      path: "/in/film.md",
      code: "file_not_text",
      message: "binary",
    });
    write("/in/bad.json", "{");
    stage.send("/ingestor", "file.found", { path: "/in/never.md", hash: "0".repeat(64) });
    await stage.settle();
    const status = await counts();
    expect(status).toMatchObject({ read: 2, failed: 2, skipped: 1, removed: 1, reading: 0 });
    expect(memory.sources.get("/in/a.md")).toBe(files.hash("/in/a.md"));
    const problems = await say("problems");
    expect(problems).toContain("/in/film.md: file_not_text: binary");
    expect(problems).toContain("/in/bad.json: file_unreadable: The text is not valid JSON");
    expect(problems).toContain("/in/never.md: file_not_found");
    expect(await say("status")).toBe("All is well: 1 file remembered, 3 files could not be read.");
  });

  it("ends a reader whose file has changed since, and looks in other places first", async () => {
    files.texts.set("/in/a.md", "one");
    const announced = files.hash("/in/a.md");
    files.texts.set("/in/a.md", "two");
    stage.send("/ingestor", "file.found", { path: "/in/a.md", hash: announced });
    await stage.settle();
    expect(await counts()).toMatchObject({ superseded: 1, read: 0, reading: 0 });
    expect(memory.documents.size).toBe(0);

    files.texts.set("/in/b.md", "one");
    stage.send("/ingestor", "file.found", { path: "/in/a.md", hash: announced });
    stage.send("/ingestor", "file.found", { path: "/in/b.md", hash: announced });
    await stage.settle();
    expect(await counts()).toMatchObject({ superseded: 1, read: 1, reading: 0 });
    expect(memory.documents.get(announced)?.passages[0]?.text).toBe("one");
  });

  it("reads again when the scribe does not keep it at first", async () => {
    let failures = 2;
    const put = stage.calls["memory.put"]!;
    stage.calls["memory.put"] = (input, key) => {
      if (failures-- > 0) throw new DreamError("call_timeout", "Memory took too long");
      return put(input, key);
    };
    write("/in/a.md", "text");
    await stage.settle();
    expect(await counts()).toMatchObject({ read: 1, failed: 0 });
    expect(files.reads).toBe(3);
  });

  it("keeps the order of changes to one path", async () => {
    for (let i = 0; i < 20; i++) write("/in/a.md", `version ${i}`);
    stage.send("/ingestor", "file.removed", { path: "/in/a.md" });
    write("/in/a.md", "last");
    await stage.settle();
    expect(memory.sources.get("/in/a.md")).toBe(files.hash("/in/a.md"));
    expect((await counts()).reading).toBe(0);
  });
});

describe("thousands of files at once", () => {
  it("are linked in order while the ingestor's state stays small", async () => {
    const memory = new SmallMemory();
    const stage = await Stage.open(kinds, {
      ...memory.calls,
      "memory.link": (input: never, key: string) => {
        memory.calls["memory.link"]!(input, key);
        return { known: true };
      },
    });
    const ingestor = stage.start("/ingestor", "ingestor");
    const paths = Array.from({ length: 4_000 }, (_, i) => `/in/${"folder/".repeat(20)}${i}.md`);
    for (const path of paths) {
      stage.send("/ingestor", "file.found", { path, hash: "a".repeat(64) });
    }
    await stage.settle(60_000);
    expect(await stage.ask("/ingestor", "status", {})).toMatchObject({
      found: 4_000,
      known: 4_000,
      waiting: 0,
      waitingPages: 0,
    });
    expect(memory.order).toEqual(paths);
    expect(ingestor.largest).toBeLessThan(400_000);
    expect([...stage.agents.keys()]).toEqual(["/ingestor"]);
  });
});
