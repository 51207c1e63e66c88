import { gunzipSync, gzipSync } from "node:zlib";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { defaultLimits, type Limits } from "../../src/limits.ts";
import type { LogEntry } from "../../src/log.ts";
import { LogBook, type LogFollow } from "../../src/logs/book.ts";
import { readForward } from "../../src/logs/read.ts";
import { eventually } from "../support/eventually.ts";

let folder: string;
const books: LogBook[] = [];
beforeEach(async () => {
  folder = await Deno.makeTempDir();
});
afterEach(async () => {
  for (const book of books.splice(0)) await book.close();
  await Deno.remove(folder, { recursive: true });
});

function open(limits: Partial<Limits> = {}, clock = systemClock): LogBook {
  const book = new LogBook({
    folder,
    clock,
    limits: { ...defaultLimits, ...limits },
    level: "info",
  });
  books.push(book);
  return book;
}

const active = () => readFileSync(join(folder, "dreamos.jsonl"), "utf8");
const named = (end: string) => readdirSync(folder).filter((name) => name.endsWith(end)).sort();

async function allOf(book: LogBook): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  for (let before: number | null = Infinity; before !== null;) {
    const page = await book.page({}, { limit: 7, before });
    found.push(...page.items);
    ({ before } = page);
  }
  return found.reverse();
}

async function forward(after = 0): Promise<number[]> {
  const seqs: number[] = [];
  for await (const entries of readForward(folder, after, {})) {
    seqs.push(...entries.map((e) => e.seq));
  }
  return seqs;
}

const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, i) => from + i);

describe("a line", () => {
  it("is JSON with time, level, address, turn, trace and code, whatever else is given", () => {
    const book = open();
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    book.log("warn", 'a "quoted"\nmessage\u2028', {
      ...{ address: "/a/b", turn: 7, traceId: "0af7651916cd43dd8448eb211c80319c", code: "crashed" },
      ...{ circle, big: 10n, text: "x".repeat(10_000), missing: undefined, nothing: null },
      ...{ level: "spoofed", seq: 99, time: "spoofed" },
    });
    const entry = JSON.parse(active());
    expect(entry).toMatchObject({
      ...{ level: "warn", seq: 1, message: 'a "quoted"\nmessage\u2028', address: "/a/b", turn: 7 },
      ...{ traceId: "0af7651916cd43dd8448eb211c80319c", code: "crashed" },
    });
    expect(entry.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(entry.text).toHaveLength(2_001);
    expect(Object.keys(entry)).not.toContain("missing");
    book.log(
      "info",
      "y".repeat(100_000),
      Object.fromEntries(upTo(200).map((n) => [`f${n}`, "z".repeat(9_999)])),
    );
    const [, long] = active().trim().split("\n");
    expect(long!.length).toBeLessThan(17_000);
    expect(JSON.parse(long!)).toMatchObject({ seq: 2, isCut: true });
  });

  it("holds no secret that is known, and nothing that looks like one", () => {
    const book = open();
    book.hide("tok-1234567890abcdef");
    book.log("info", "got tok-1234567890abcdef", {
      header: "Authorization: Bearer abc.def-123456",
    });
    book.log("info", 'print {"password":"correcthorsebattery"} api_key = sk-aaaabbbbccccdddd end');
    const issued = `dreamos_${"aB3-_".repeat(9).slice(0, 43)}`;
    book.log("info", `made ${issued}, dreamos_turn_seconds`);
    book.log("info", "unexpected token: }");
    const text = active();
    for (
      const one of ["tok-1234567890abcdef", "abc.def-123456", "correcthorse", "sk-aaaabbbb", issued]
    ) {
      expect(text).not.toContain(one);
    }
    expect(text).toContain("unexpected token: }");
    expect(text).toContain("dreamos_turn_seconds");
    expect(text.trim().split("\n").map((line) => JSON.parse(line).seq)).toEqual([1, 2, 3, 4]);
  });
});

describe("what a killed process leaves", () => {
  it("is gone on with after the last whole line, which is said", async () => {
    const book = open();
    for (const n of upTo(3)) book.log("info", `line ${n}`);
    await book.close();
    writeFileSync(join(folder, "dreamos.jsonl"), `${active()}{"time":"2026-01-01T00:0`);
    const again = open();
    again.log("info", "line 5");
    const entries = active().trim().split("\n").map((line) => JSON.parse(line));
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(entries[3]).toMatchObject({ level: "warn", tornBytes: 24 });
  });

  it("may end in the middle of a character, or be nothing of ours", async () => {
    const book = open();
    book.log("info", "é".repeat(50));
    await book.close();
    const whole = new TextEncoder().encode(active());
    const path = join(folder, "dreamos.jsonl");
    for (let cut = 1; cut < 60; cut++) {
      await Deno.writeFile(path, whole);
      await Deno.writeFile(path, whole.subarray(0, whole.length - 3 - cut), { append: true });
      const again = open();
      again.log("info", "next");
      const lines = active().trimEnd().split("\n").map((line) => JSON.parse(line));
      expect(lines.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(lines[0].message).toBe("é".repeat(50));
      await again.close();
    }
    await Deno.writeTextFile(path, "x".repeat(300_000));
    const again = open();
    again.log("info", "next");
    expect((await allOf(again)).map(({ message }) => message)).toEqual(["next"]);
  });

  it("is finished in every state that packing has", async () => {
    const book = open();
    for (const n of upTo(9)) book.log("info", `line ${n}`);
    await book.close();
    const lines = active().split("\n");
    const part = (from: number, to: number) => lines.slice(from - 1, to).join("\n") + "\n";
    const name = (from: number, to: number) =>
      `dreamos-20260101T00000000${from}Z-${from}-${to}.jsonl`;
    const at = (path: string) => join(folder, path);
    // Packed and not removed; half packed; renamed with nothing begun after it.
    writeFileSync(at(name(1, 3)), part(1, 3));
    writeFileSync(at(`${name(1, 3)}.gz`), gzipSync(part(1, 3)));
    writeFileSync(at(name(4, 6)), part(4, 6));
    writeFileSync(at(`${name(4, 6)}.gz.new`), gzipSync(part(4, 6)).subarray(0, 20));
    writeFileSync(at(name(7, 9)), part(7, 9));
    await Deno.remove(at("dreamos.jsonl"));
    expect(await forward()).toEqual(upTo(9));
    const again = open({ keepLogsMs: Number.MAX_SAFE_INTEGER });
    again.log("info", "line 10");
    expect(await forward()).toEqual(upTo(10));
    await eventually(() => named(".jsonl.gz").length === 3);
    expect(named(".new")).toEqual([]);
    expect(named(".jsonl")).toEqual(["dreamos.jsonl"]);
    expect((await allOf(again)).map(({ seq }) => seq)).toEqual(upTo(10));
    const packed = gunzipSync(readFileSync(at(`${name(4, 6)}.gz`))).toString();
    expect(packed).toBe(part(4, 6));
  });

  it("may be garbage: it is passed over, and lines go on", async () => {
    writeFileSync(join(folder, "dreamos.jsonl"), "garbage\n\u0000\u0000\n{}\n[1]\n");
    writeFileSync(join(folder, "dreamos-20260101T000000001Z-1-4.jsonl.gz"), "no gzip");
    writeFileSync(join(folder, "levels.json"), "{ no json");
    const book = open();
    book.log("info", "here");
    expect((await allOf(book)).map(({ seq }) => seq)).toEqual([5]);
    expect(await forward()).toEqual([5]);
  });
});

describe("rotation", () => {
  it("goes by size, keeps the newest up to its bound, and reads all of it", async () => {
    const book = open({ logFileBytes: 2_000, keepLogsBytes: 1_500 });
    for (const n of upTo(400)) book.log("info", `line ${n}`);
    await eventually(() => named(".jsonl").length === 1, { what: "the packing" });
    const size = named(".gz").reduce(
      (sum, name) => sum + Deno.statSync(join(folder, name)).size,
      0,
    );
    expect(size).toBeLessThanOrEqual(1_500);
    const seqs = (await allOf(book)).map(({ seq }) => seq);
    expect(seqs.length).toBeLessThan(400);
    expect(seqs).toEqual(upTo(400, seqs[0]!));
    expect(await forward()).toEqual(seqs);
  });

  it("goes by age, and forgets by age", async () => {
    let nowMs = Date.parse("2026-01-01T00:00:00Z");
    const clock = { ...systemClock, wallMs: () => nowMs };
    const book = open({ logFileMs: 60_000, keepLogsMs: 90_000 }, clock);
    book.log("info", "old");
    nowMs += 60_000;
    book.log("info", "young");
    expect(active()).not.toContain("old");
    await eventually(() => named(".gz").length === 1);
    expect(named(".gz")).toEqual(["dreamos-20260101T000100000Z-1-1.jsonl.gz"]);
    nowMs += 91_000;
    book.log("info", "younger");
    await eventually(() => !named(".gz").includes("dreamos-20260101T000100000Z-1-1.jsonl.gz"));
    expect(await forward()).toEqual([2, 3]);
  });

  it("begins anew when somebody takes its file away", () => {
    const book = open({ logFileBytes: 300 });
    book.log("info", "one");
    renameSync(join(folder, "dreamos.jsonl"), join(folder, "taken"));
    for (const n of upTo(9)) book.log("info", `line ${n}`);
    expect(existsSync(join(folder, "dreamos.jsonl"))).toBe(true);
    expect(active()).toContain("line 9");
  });
});

describe("reading", () => {
  it("filters by level, subtree, time and trace", async () => {
    let nowMs = 1_000_000;
    const book = open({ logFileBytes: 400 }, { ...systemClock, wallMs: () => nowMs });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    for (const address of ["/a", "/a/b", "/ab", undefined]) {
      for (const level of ["info", "error"] as const) {
        nowMs += 1_000;
        book.log(level, "m", address === undefined ? {} : { address, traceId });
      }
    }
    const seqs = async (filter: Parameters<LogBook["page"]>[0]) =>
      (await book.page(filter, { limit: 100 })).items.map(({ seq }) => seq).reverse();
    expect(await seqs({ level: "warn" })).toEqual([2, 4, 6, 8]);
    expect(await seqs({ under: "/a" })).toEqual([1, 2, 3, 4]);
    expect(await seqs({ under: "/" })).toEqual(upTo(8));
    expect(await seqs({ sinceMs: 1_003_000, untilMs: 1_005_000 })).toEqual([3, 4, 5]);
    expect(await seqs({ traceId, under: "/ab" })).toEqual([5, 6]);
    expect(await seqs({ traceId: "f".repeat(32) })).toEqual([]);
  });

  async function take(follow: LogFollow, count: number): Promise<number[]> {
    const seqs: number[] = [];
    while (seqs.length < count) {
      const entries = await follow.next(20_000);
      if (entries === null) break;
      seqs.push(...entries.map(({ seq }) => seq));
    }
    return seqs;
  }

  it("follows without a gap, from files, over rotations and from memory", async () => {
    const book = open({ logFileBytes: 20_000 });
    for (const n of upTo(500)) book.log("info", `line ${n}`);
    const follow = book.follow({}, { after: 100, follow: true });
    const late = book.follow({}, { after: 0, follow: true });
    expect(await take(follow, 200)).toEqual(expect.arrayContaining(upTo(300, 101)));
    const reading = take(late, 5_500);
    for (let n = 0; n < 5_000; n++) {
      book.log("info", `more ${n}`);
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await reading).toEqual(upTo(5_500));
    book.endFollowing();
    expect((await take(follow, Infinity)).at(-1)).toBe(5_500);
    follow.close();
    late.close();
  });

  it("tells one who only wants what there is when that is over", async () => {
    const book = open();
    const nothing = book.follow({}, { after: 0, follow: false });
    expect(await nothing.next(1)).toBeNull();
    for (const n of upTo(5)) book.log("info", `line ${n}`);
    const all = book.follow({}, { after: 0, follow: false });
    expect(await take(all, 99)).toEqual(upTo(5));
    const waiting = book.follow({}, { follow: true });
    expect(await waiting.next(5)).toEqual([]);
    const next = waiting.next(20_000);
    waiting.close();
    expect(await next).toBeNull();
    nothing.close();
    all.close();
  });
});

describe("levels", () => {
  it("are the nearest at or above an address, kept over a restart", async () => {
    const book = open();
    book.setLevel("/a", "error");
    book.setLevel("/a/b", "debug");
    const wants = (address: string) =>
      (["debug", "info", "warn", "error"] as const).find((level) =>
        book.log.wants!(level, address)
      );
    const seen = () => ["/", "/a", "/a/x", "/a/b", "/a/b/c", "/a/bc", "/ab"].map(wants);
    const wanted = ["info", "error", "error", "debug", "debug", "error", "info"];
    expect(seen()).toEqual(wanted);
    await book.close();
    const again = open();
    expect(again.levels()).toEqual({ "/": "info", "/a": "error", "/a/b": "debug" });
    again.setLevel("/a", null);
    again.setLevel("/", "warn");
    again.log("info", "unseen");
    again.log("debug", "seen", { address: "/a/b/c" });
    again.log("info", "unseen", { address: "/a" });
    expect((await allOf(again)).map(({ message }) => message)).toEqual(["seen"]);
  });
});
