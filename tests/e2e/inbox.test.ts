/** The main thing: files that are dropped, changed and deleted, and what is found of them. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MemoryHit } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { kill9, markOf } from "../support/processes.ts";
import { type Service, startService } from "../support/service.ts";

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.remove());

const write = (name: string, content: string | Uint8Array) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return Deno.writeFile(join(service.inbox, name), bytes);
};

const recall = async (words: string, includeDeleted = false): Promise<MemoryHit[]> =>
  (await service.client.recall(words, { includeDeleted })).items;

/** Waits until a search finds it. */
const found = (words: string, fits: (hit: MemoryHit) => boolean = () => true) =>
  eventually(async () => (await recall(words)).find(fits), { what: `finding "${words}"` });

const nobody = 65_534;

async function hasSetpriv(): Promise<boolean> {
  try {
    return (await new Deno.Command("setpriv", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

interface IngestorStatus {
  waiting: number;
  reading: number;
  failed: number;
  skipped: number;
  read: number;
  problems: { path: string; code: string; message: string }[];
}

async function ingestor(): Promise<IngestorStatus> {
  const { reply } = await service.client.ask({ to: "/ingestor", type: "status" });
  return reply as unknown as IngestorStatus;
}

/** What it has counted when nothing is under way: a text is found before its reader has told it. */
const atRest = () =>
  eventually(async () => {
    const status = await ingestor();
    return status.waiting + status.reading === 0 && status;
  }, { what: "all that was found to be read" });

const problemOf = (name: string) =>
  eventually(async () => (await ingestor()).problems.find(({ path }) => path.includes(name)), {
    what: `a problem with ${name}`,
  });

describe("files", { timeout: 120_000 }, () => {
  test("a dropped file is found by the CLI with file, heading and score", async () => {
    await write(
      "transactions.md",
      "# Database notes\n\nWhat was learnt about databases in a year of working with them, kept " +
        "in one place for those who come later.\n\n## Closing a transaction\n\n" +
        "Call commit or rollback: a transaction that stays open holds its locks, and whoever " +
        "waits for them waits with it until the connection is closed.\n",
    );
    await found("transaction locks");
    const { code, out } = await service.cli("recall", "how do I close a transaction", "--json");
    expect(code).toBe(0);
    const { items: [hit] } = JSON.parse(out) as { items: MemoryHit[] };
    expect(hit).toMatchObject({ sources: [join(service.inbox, "transactions.md")] });
    expect(hit!.headings).toContain("Closing a transaction");
    expect(hit!.text).toContain("holds its locks");
    expect(hit!.score).toBeGreaterThan(0);
    const shown = await service.cli("recall", "how", "do", "I", "close", "a", "transaction");
    expect(shown.out).toContain("transactions.md");
    expect(shown.out).toContain("Closing a transaction");
    expect(shown.out).toMatch(/score \d/);
  });

  test("every format is read", async () => {
    await write("page.html", "<h1>Kraken</h1><p>The kraken sleeps under the harbour.</p>");
    await write("list.csv", "name,colour\nnarwhal,ivory\nheron,slate\n");
    await write("data.json", JSON.stringify({ animal: "axolotl", home: "lake Xochimilco" }));
    await write("plain.txt", "The pangolin rolls up when it is afraid of something.\n");
    for (const word of ["kraken", "narwhal", "axolotl", "pangolin"]) await found(word);
  });

  test("a changed file replaces what was remembered of it", async () => {
    await write("changing.md", "# Plan\n\nThe meeting takes place in Reykjavik in autumn.\n");
    await found("Reykjavik");
    await write("changing.md", "# Plan\n\nThe meeting takes place in Valparaiso in spring.\n");
    await found("Valparaiso");
    await eventually(async () => (await recall("Reykjavik")).length === 0, {
      what: "the older text to be gone",
    });
    expect(await recall("Reykjavik", true)).toMatchObject([{ deleted: true }]);
  });

  test("a deleted file's memory is marked so", async () => {
    await write("leaving.md", "# Leaving\n\nThe ornithopter was sold to a museum.\n");
    await found("ornithopter");
    await Deno.remove(join(service.inbox, "leaving.md"));
    await eventually(async () => (await recall("ornithopter")).length === 0);
    expect(await recall("ornithopter", true)).toMatchObject([{ deleted: true }]);
    const { out } = await service.cli("recall", "ornithopter", "--deleted");
    expect(out).toContain("(deleted)");
  });

  test("the same content twice is one document with two sources", async () => {
    const text = "# Twins\n\nThe theodolite measures angles in two planes.\n";
    await write("twin-1.md", text);
    await found("theodolite");
    const before = (await service.client.status()).memory;
    await write("twin-2.md", text);
    const hit = await found("theodolite", ({ sources }) => sources.length === 2);
    expect(hit.sources.map((path) => path.slice(-9)).sort()).toEqual(["twin-1.md", "twin-2.md"]);
    expect((await service.client.status()).memory.documents).toBe(before.documents);
    await Deno.remove(join(service.inbox, "twin-1.md"));
    await found("theodolite", ({ sources, deleted }) => sources.length === 1 && !deleted);
  });

  test("names in another script, with spaces and quotes", async () => {
    const names = ["Заметки о погоде.md", "日本語のメモ.md", 'it\'s "quoted" $HOME.md', "🦀.md"];
    for (const [i, name] of names.entries()) {
      await write(name, `# Notes ${i}\n\nThe barometer number ${i} fell: zephyrword${i}.\n`);
    }
    for (const [i, name] of names.entries()) {
      const hit = await found(`zephyrword${i}`);
      expect(hit.sources).toEqual([join(service.inbox, name)]);
    }
  });
});

describe("files that cannot be read", { timeout: 120_000 }, () => {
  test("binary, 200 MB and dangling ones are told of, and the rest goes on", async () => {
    await write("picture.md", new Uint8Array(4_096).map((_, i) => i % 7));
    const huge = await Deno.open(join(service.inbox, "huge.txt"), { create: true, write: true });
    await huge.truncate(200 * 1024 * 1024);
    huge.close();
    await Deno.symlink(join(service.inbox, "nowhere.md"), join(service.inbox, "dangling.md"));
    expect(await problemOf("picture.md")).toMatchObject({ code: "file_not_text" });
    expect(await problemOf("huge.txt")).toMatchObject({ code: "file_too_large" });
    await write("after-bad.md", "# After\n\nThe sextant still works after all that.\n");
    await found("sextant");
  });

  test("an empty file is no problem and gives nothing", async () => {
    await write("empty.md", "");
    await write("after-empty.md", "# After\n\nThe astrolabe comes after nothing.\n");
    await found("astrolabe");
    const { items } = await service.client.agents({ limit: 1_000 });
    expect(items.filter(({ status }) => status === "failed" || status === "parked")).toEqual([]);
  });

  test("symlink loops, links that lead out, pipes and folders named like files", async () => {
    const { inbox } = service;
    await Deno.mkdir(join(inbox, "loop"));
    await Deno.symlink(join(inbox, "loop"), join(inbox, "loop", "again"));
    await Deno.symlink(join(inbox, "b.md"), join(inbox, "a.md"));
    await Deno.symlink(join(inbox, "a.md"), join(inbox, "b.md"));
    await Deno.symlink("/", join(inbox, "everything"));
    await Deno.mkdir(join(inbox, "folder.md"));
    await new Deno.Command("mkfifo", { args: [join(inbox, "pipe.md")] }).output();
    await write("loop/inside.md", "# Inside\n\nThe gyroscope lies inside of the loop.\n");
    const hit = await found("gyroscope");
    expect(hit.sources).toEqual([join(inbox, "loop", "inside.md")]);
    const { memory } = await service.client.status();
    expect(memory.sources).toBeLessThan(50);
  });

  test("malformed JSON and HTML are told of or read as they are", async () => {
    await write("broken.json", `{"a": [1, 2`);
    await write("broken.html", "<p>The quagga <b>is <i>gone</p><script>alert(1)</script>");
    await found("quagga");
    expect(await problemOf("broken.json")).toMatchObject({ code: "file_unreadable" });
    expect(await recall("alert")).toEqual([]);
  });

  test("a file without rights is told of, and read once it has them", async (context) => {
    const home = await Deno.makeTempDir();
    const isRoot = Deno.uid() === 0;
    if (isRoot && !await hasSetpriv()) context.skip("root reads all, and setpriv is not there");
    // Root reads every file, whatever its rights: the service then runs as nobody.
    if (isRoot) await Deno.chown(home, nobody, nobody);
    const id = `${nobody}`;
    const under = isRoot ? ["setpriv", "--reuid", id, "--regid", id, "--clear-groups"] : [];
    const own = await startService({ home, under, env: { DENO_DIR: join(home, "deno-cache") } });
    try {
      const path = join(own.inbox, "secret.md");
      await Deno.writeTextFile(`${path}.part`, "# Secret\n\nNobody reads the palimpsest.\n");
      await Deno.chmod(`${path}.part`, 0o000);
      await Deno.rename(`${path}.part`, path);
      const problem = await eventually(async () => {
        const { reply } = await own.client.ask({ to: "/ingestor", type: "status" });
        return (reply as unknown as IngestorStatus).problems[0];
      }, { what: "a problem with the file" });
      expect(problem).toMatchObject({ path, code: "file_unreadable" });
      await Deno.chmod(path, 0o644);
      await Deno.utime(path, new Date(), new Date());
      await eventually(async () => (await own.client.recall("palimpsest")).items.length === 1);
    } finally {
      await own.remove();
    }
  });
});

test("what was read is there after Ctrl-C and a new start, and is not read again", async () => {
  await write("kept.md", "# Kept\n\nThe chronometer is kept over the night.\n");
  await found("chronometer");
  const { read } = await atRest();
  const before = (await service.client.status()).memory;
  expect(await service.stop()).toBe(0);
  await service.start();
  await write("later.md", "# Later\n\nThe hygrometer comes a day later.\n");
  await found("hygrometer");
  expect((await recall("chronometer"))[0]!.sources[0]).toContain("kept.md");
  expect((await service.client.status()).memory.documents).toBe(before.documents + 1);
  expect((await atRest()).read).toBe(read + 1);
}, 60_000);

test("files deleted while the tool host is dead are marked so, read or not", async () => {
  const own = await startService();
  try {
    const count = 120;
    const path = (i: number) => join(own.inbox, `short-lived-${i}.md`);
    for (let i = 0; i < count; i++) {
      await Deno.writeTextFile(path(i), `# Short ${i}\n\nThe ephemeral number ${i} goes soon.\n`);
    }
    const { memory: begun, toolHostPid } = await eventually(async () => {
      const status = await own.client.status();
      return status.memory.sources > 20 && status;
    }, { everyMs: 10, what: "the first files to be taken up" });
    expect(begun.documents).toBeLessThan(count);
    expect(kill9(markOf(toolHostPid!)!)).toBe(true);
    for (let i = 0; i < count; i++) await Deno.remove(path(i));
    await Deno.writeTextFile(join(own.inbox, "staying.md"), "# Staying\n\nThe menhir stays.\n");
    await eventually(async () => (await own.client.recall("menhir")).items.length === 1);
    await eventually(async () => {
      const { sources, deletedSources } = (await own.client.status()).memory;
      if (sources - deletedSources === 1) return true;
      throw new Error(`${sources} sources, ${deletedSources} of them deleted, wanted all but 1`);
    }, { what: "all deleted files to be marked so", deadlineMs: 40_000 });
  } finally {
    await own.remove();
  }
}, 120_000);
