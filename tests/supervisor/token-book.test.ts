/** The book of tokens over a real contract of the store, on a clock that is moved by hand. */
import { beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { openInMemoryStore } from "../../src/storage/in-memory-store.ts";
import { TokenBook } from "../../src/supervisor/token-book.ts";
import type { NewToken } from "../../src/supervisor/token-views.ts";
import { HandClock } from "../support/hand-clock.ts";

const owner = { name: "owner" };
const startMs = 1_700_000_000_000;
const day = 24 * 3_600_000;

let clock: HandClock;
let store: ReturnType<typeof openInMemoryStore>;
let book: TokenBook;
/** What the owner's file holds. */
let kept: string;
let isFull: boolean;

function openBook(): TokenBook {
  return new TokenBook({
    clock,
    ids: systemIds(clock),
    store,
    checkOpen() {},
    async commit(changes) {
      const done = store.commit(changes);
      await clock.settle();
      if (isFull) throw new Error("the disk");
      await done;
    },
    keepOwner(token) {
      const before = kept;
      kept = token;
      return () => kept = before;
    },
  });
}

beforeEach(async () => {
  clock = new HandClock(startMs);
  store = openInMemoryStore({ clock });
  isFull = false;
  book = openBook();
  kept = "the-owners-first-token";
  book.adopt(kept);
  await clock.settle();
});

const make = (token: Partial<NewToken> & { name: string }) =>
  book.create(owner, { role: "viewer", ...token });

/** The caller's name, or why there is none. */
function who(token: string, of = book): string {
  try {
    return of.authenticate(token).name;
  } catch (error) {
    const { code, details } = error as { code: string; details: { reason: string } };
    expect(code).toBe("unauthorized");
    return details.reason;
  }
}

async function codeOf(done: Promise<unknown>): Promise<string> {
  return await done.then(
    () => "done",
    ({ code, details }) => `${code} ${details?.field ?? ""}`.trim(),
  );
}

/** Another process with the same database. */
async function again(): Promise<TokenBook> {
  const next = openBook();
  await next.load();
  return next;
}

describe("a token", () => {
  it("is shown once, and only its hash is stored", async () => {
    const { token, ...view } = await make({ name: "ci", role: "operator" });
    expect(token).toMatch(/^dreamos_[\w-]{43}$/);
    expect(book.find("ci")).toEqual(view);
    expect(view).toEqual({
      ...{ name: "ci", role: "operator", scope: null, status: "valid", createdBy: "@owner" },
      ...{ createdAtMs: startMs, expiresAtMs: null, rotatedAtMs: null, previousUntilMs: null },
      ...{ revokedAtMs: null, lastUsedAtMs: null },
    });
    await book.rotate(owner, "ci", { graceMs: 1_000 });
    const stored = JSON.stringify([await store.tokens(), await store.events({ limit: 99 })]);
    expect(stored).toContain("token.rotated");
    expect(stored).not.toContain(token.slice(8, 30));
    expect(stored).not.toContain("first-token");
    const { hash, previousHash } = (await store.tokens()).find(({ name }) => name === "ci")!;
    expect([hash, previousHash]).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      expect.anything(),
    ]);
  });

  it("is still one in the next process, or still none", async () => {
    const tokens = [];
    for (const name of ["a", "b", "c"]) tokens.push((await make({ name })).token);
    await book.revoke(owner, "b");
    const { token } = await book.rotate(owner, "c", { graceMs: 5_000 });
    const next = await again();
    expect([...tokens, token, kept].map((one) => who(one, next))).toEqual(
      ["a", "revoked", "c", "c", "owner"],
    );
    await clock.pass(5_000);
    expect([tokens[2]!, token].map((one) => who(one, next))).toEqual(["rotated", "c"]);
  });

  it("expires on the wall clock", async () => {
    const { token } = await make({ name: "short", expiresInMs: 1_000 });
    await clock.pass(999);
    expect([who(token), book.find("short").status]).toEqual(["short", "valid"]);
    await clock.pass(1);
    expect([who(token), book.find("short").status]).toEqual(["expired", "expired"]);
    clock.setWall(-10_000);
    expect(who(token)).toBe("short");
  });

  it("is nobody's when it was altered", async () => {
    const { token } = await make({ name: "a" });
    const wrong = [
      "",
      "x",
      `${token} `,
      token.slice(1),
      token.toUpperCase(),
      `${token}\0`,
      "é",
      "\u{1f600}",
    ];
    expect(wrong.map((one) => who(one))).toEqual(wrong.map(() => "unknown"));
  });
});

describe("rotation", () => {
  it("ends the old one at once, or after its grace, never later than it would have", async () => {
    const first = await make({ name: "a", expiresInMs: 10_000 });
    const second = await book.rotate(owner, "a", {});
    expect([who(first.token), who(second.token)]).toEqual(["rotated", "a"]);
    const third = await book.rotate(owner, "a", { graceMs: 60_000, expiresInMs: day });
    expect(third).toMatchObject({ previousUntilMs: startMs + 10_000, expiresAtMs: startMs + day });
    expect([first, second, third].map(({ token }) => who(token))).toEqual(["unknown", "a", "a"]);
    await clock.pass(10_000);
    expect([second, third].map(({ token }) => who(token))).toEqual(["rotated", "a"]);
    expect(book.find("a").previousUntilMs).toBeNull();
  });

  it("does not bring back what has ended", async () => {
    const { token } = await make({ name: "a", expiresInMs: 1_000 });
    await clock.pass(2_000);
    expect(await codeOf(book.rotate(owner, "a", {}))).toBe("bad_request expiresAtMs");
    await book.rotate(owner, "a", { expiresInMs: 5_000, graceMs: 5_000 });
    expect(who(token)).toBe("rotated");
    await book.revoke(owner, "a");
    expect(await codeOf(book.rotate(owner, "a", { expiresInMs: 9_000 }))).toBe("token_revoked");
  });

  it("of the owner's token goes into its file, or changes nothing", async () => {
    const first = kept;
    const { token } = await book.rotate(owner, "owner", { graceMs: 1_000 });
    expect([kept, who(token), who(first)]).toEqual([token, "owner", "owner"]);
    isFull = true;
    await expect(book.rotate(owner, "owner", {})).rejects.toThrow("the disk");
    expect([kept, who(token)]).toEqual([token, "owner"]);
    isFull = false;
    expect(await codeOf(book.rotate(owner, "owner", { expiresInMs: 9 }))).toBe(
      "bad_request expiresAtMs",
    );
  });
});

describe("revocation", () => {
  it("holds at once, for good, and twice is once", async () => {
    const { token } = await make({ name: "a", role: "admin" });
    const first = await book.revoke({ name: "a" }, "a");
    expect([who(token), first.status]).toEqual(["revoked", "revoked"]);
    await clock.pass(5_000);
    expect(await book.revoke(owner, "a")).toEqual(first);
    const types = (await store.events({ limit: 99 })).map(({ type }) => type);
    expect(types).toEqual(["token.created", "token.revoked"]);
    expect(await codeOf(make({ name: "a" }))).toBe("token_taken");
  });

  it("leaves the owner in, who is the last admin", async () => {
    expect(await codeOf(book.revoke(owner, "owner"))).toBe("owner_token");
    expect(await codeOf(book.revoke(owner, "nobody"))).toBe("token_not_found");
    expect(who(kept)).toBe("owner");
  });
});

it("the file of the owner decides who the owner is", async () => {
  const next = await again();
  next.adopt("a-restored-home");
  await clock.settle();
  expect([who(kept, next), who("a-restored-home", next)]).toEqual(["rotated", "owner"]);
  const third = await again();
  third.adopt("a-restored-home");
  expect(third.find("owner")).toMatchObject({
    role: "admin",
    status: "valid",
    rotatedAtMs: startMs,
  });
});

it("refuses names, scopes and times that do not fit", async () => {
  const names = [
    "",
    "A",
    "é",
    "a b",
    "a/b",
    "../x",
    ".a",
    "-a",
    "a\0",
    "self",
    "system",
    "x".repeat(64),
  ];
  for (const name of names) expect(await codeOf(make({ name })), name).toBe("bad_request name");
  expect(await codeOf(make({ name: "x".repeat(63) }))).toBe("done");
  expect(await codeOf(make({ name: "owner" }))).toBe("token_taken");
  expect(await codeOf(make({ name: "a", role: "agent" }))).toBe("bad_request scope");
  expect(await codeOf(make({ name: "a", scope: "/b" }))).toBe("bad_request scope");
  const escape = make({ name: "a", role: "agent", scope: "/b/../c" });
  expect(await codeOf(escape)).toBe("invalid_address");
  expect(await codeOf(make({ name: "a", expiresAtMs: startMs }))).toBe("bad_request expiresAtMs");
  expect(await codeOf(make({ name: "a", expiresAtMs: 9e15 }))).toBe("bad_request expiresAtMs");
  const both = { expiresInMs: 5, expiresAtMs: startMs + 5 };
  expect(await codeOf(make({ name: "a", ...both }))).toBe("bad_request expiresAtMs");
});

it("makes one of two that are asked for at once", async () => {
  const both = await Promise.allSettled([make({ name: "a" }), make({ name: "a" })]);
  expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
});

it("notes uses to the minute, written together", async () => {
  const { token } = await make({ name: "a" });
  const before = store.groups;
  for (let i = 0; i < 50; i++) who(token);
  expect(store.groups).toBe(before);
  await clock.pass(5_000);
  expect(store.groups).toBe(before + 1);
  expect((await again()).find("a").lastUsedAtMs).toBe(startMs);
  await clock.pass(60_000);
  who(token);
  await clock.pass(5_000);
  expect((await again()).find("a").lastUsedAtMs).toBe(startMs + 65_000);
});

it("finds one of 10,000 at once, takes no more, and lets ended ones make room", async () => {
  const quick = new TokenBook({
    ...{ clock, ids: systemIds(clock), store, checkOpen() {}, keepOwner: () => () => {} },
    commit: () => Promise.resolve(),
  });
  quick.adopt("owner-token");
  const tokens: string[] = [];
  for (let i = 1; i < 10_000; i++) {
    tokens.push((await quick.create(owner, { name: `t-${i}`, role: "viewer" })).token);
  }
  expect(await codeOf(quick.create(owner, { name: "more", role: "viewer" }))).toBe(
    "too_many_tokens",
  );
  const begunMs = systemClock.monotonicMs();
  for (const token of tokens) quick.authenticate(token);
  expect(systemClock.monotonicMs() - begunMs).toBeLessThan(2_000);
  const page = quick.list({ limit: 1_000, cursor: "@t-5" });
  expect([page.items.length, page.items[0]!.name, page.nextCursor]).toEqual([
    1_000,
    "t-50",
    "@t-59",
  ]);
  for (const cursor of ["5", "/a", "t-5", "@", "@A", "1.2", `@${"a".repeat(64)}`]) {
    expect(() => quick.list({ limit: 1, cursor })).toThrow(
      expect.objectContaining({ code: "bad_cursor" }),
    );
  }
  await quick.revoke(owner, "t-7");
  await quick.create(owner, { name: "more", role: "viewer" });
  expect([who(tokens[6]!, quick), who(tokens[5]!, quick)]).toEqual(["unknown", "t-6"]);
});

it("gives a name away 30 days after its token has ended", async () => {
  const { token } = await make({ name: "a" });
  await book.revoke(owner, "a");
  await clock.pass(29 * day);
  expect(await codeOf(make({ name: "a" }))).toBe("token_taken");
  await clock.pass(2 * day);
  await make({ name: "b" });
  expect(await codeOf(make({ name: "a" }))).toBe("done");
  expect(who(token)).toBe("unknown");
});
