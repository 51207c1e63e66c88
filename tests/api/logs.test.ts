/** `/logs` at the door: pages, streams, levels, and what is no query of theirs. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../../src/api/client.ts";
import { systemClock } from "../../src/clock.ts";
import { defaultLimits } from "../../src/limits.ts";
import type { LogEntry } from "../../src/log.ts";
import { LogBook } from "../../src/logs/book.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

let folder: string;
let book: LogBook;
let door: OpenDoor;
beforeEach(async () => {
  folder = await Deno.makeTempDir();
  const limits = { ...defaultLimits, logFileBytes: 4_000 };
  book = new LogBook({ folder, clock: systemClock, limits, level: "info" });
  door = openDoor({ logs: book, log: book.log });
});
afterEach(async () => {
  book.endFollowing();
  await door.shutdown();
  await book.close();
  await Deno.remove(folder, { recursive: true });
});

const clientOf = () => createClient({ url: door.url, token: door.token });
const write = (from: number, to: number) => {
  for (let n = from; n <= to; n++) book.log("info", `line ${n}`, { address: `/a/${n % 3}` });
};
const seqs = (entries: LogEntry[]) => entries.map(({ seq }) => seq);
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, i) => from + i);

describe("GET /logs", () => {
  it("gives all lines page by page, newest first, while more come", async () => {
    write(1, 120);
    const found: number[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: LogEntry[]; nextCursor: string | null } = await clientOf().logs({
        limit: 25,
        ...(cursor === null ? {} : { cursor }),
      });
      found.push(...seqs(page.items));
      cursor = page.nextCursor;
      write(1, 10);
    } while (cursor !== null);
    expect(found).toEqual(upTo(120).reverse());
    const under = await clientOf().logs({ under: "/a/1", limit: 3 });
    expect(under.items.map(({ address }) => address)).toEqual(["/a/1", "/a/1", "/a/1"]);
  });

  it("refuses what it does not know", async () => {
    const refused = async (query: string) => {
      const response = await door.call(`/api/v1/logs${query}`);
      const { error } = await response.json();
      return [response.status, error.code];
    };
    for (
      const query of [
        "?cursor=5",
        "?cursor=log.x",
        "?cursor=log.9999999999999999",
        "?level=loud",
        "?since=tomorrow",
        "?until=-1",
        "?traceId=xyz",
        "?limit=0",
        "?limit=1001",
        "?more=1",
        "/stream?after=1",
        "/stream?after=-1",
        "/stream?follow=yes",
      ]
    ) {
      const code = query.includes("cursor") ? "bad_cursor" : "bad_request";
      expect([query, ...await refused(query)]).toEqual([query, 400, code]);
    }
    for (const query of ["?under=../../etc", "?under=/a//b", "?under=%00"]) {
      expect([query, ...await refused(query)]).toEqual([query, 400, "invalid_address"]);
    }
  });
});

describe("GET /logs/stream", () => {
  it("goes on after Last-Event-ID, without a gap", async () => {
    write(1, 200);
    const response = await door.call("/api/v1/logs/stream?follow=false", {
      headers: { "last-event-id": "150" },
    });
    const ids = [...(await response.text()).matchAll(/^id: (\d+)$/gm)].map((match) => +match[1]!);
    expect(ids).toEqual(upTo(200, 151));
    const future = await door.call("/api/v1/logs/stream", { headers: { "last-event-id": "999" } });
    expect(future.status).toBe(400);
    expect((await future.json()).error.details).toMatchObject({ newest: 200 });
  });

  it("shows what comes, to many at once, until the service ends", async () => {
    const followers = await Promise.all(
      upTo(20).map(() => clientOf().followLogs({ under: "/a" })),
    );
    const reading = Promise.all(followers.map((follower) => Array.fromAsync(follower)));
    write(1, 500);
    book.endFollowing();
    for (const entries of await reading) expect(seqs(entries)).toEqual(upTo(500));
  });
});

describe("levels", () => {
  it("take addresses and levels only", async () => {
    const set = (body: unknown) => door.post("/api/v1/logs/levels", body);
    expect((await set({ address: "/a", level: "debug" })).status).toBe(200);
    expect(await clientOf().logLevels()).toEqual({ levels: { "/": "info", "/a": "debug" } });
    for (
      const body of [
        {},
        { address: "/a" },
        { address: "/a", level: "LOUD" },
        { address: 5, level: "info" },
        { address: "/a", level: "info", more: 1 },
      ]
    ) expect([body, (await set(body)).status]).toEqual([body, 400]);
    expect((await set('{"__proto__":{"level":"debug"}}')).status).toBe(422);
    for (const address of ["/__proto__", "a b", "", "/a/../b"]) {
      expect([address, (await set({ address, level: "debug" })).status]).toEqual([address, 400]);
    }
    expect(book.levels()).toEqual({ "/": "info", "/a": "debug" });
  });
});

describe("requests", () => {
  const lines = async () => {
    const { items } = await clientOf().logs({ level: "debug" });
    return items.filter(({ message }) => message === "request").reverse();
  };

  it("have a line each while somebody wants them, without what was asked for", async () => {
    await door.call("/api/v1/messages?to=/secret-place");
    expect(await lines()).toEqual([]);
    await clientOf().setLogLevel("/", "debug");
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const traceparent = `00-${traceId}-b7ad6b7169203331-00`;
    await door.call("/api/v1/messages?to=/secret-place", { headers: { traceparent } });
    await door.post("/api/v1/messages", { to: "/secret-place", type: "x", payload: "secret" });
    await fetch(`${door.url}/api/v1/agents/%2Fsecret-place`, {
      headers: { authorization: "Bearer secret" },
    }).then((response) => response.body?.cancel());
    await door.call("/secret");
    const found = await lines();
    const of = ({ method, route, status, token }: LogEntry) => [method, route, status, token];
    expect(found.map(of)).toEqual([
      ["GET", "/api/v1/messages", 200, "owner"],
      ["POST", "/api/v1/messages", 404, "owner"],
      ["GET", "/api/v1/agents/:address", 401, undefined],
      ["GET", "none", 404, undefined],
    ]);
    expect(found.map((line) => line.traceId ?? null)).toEqual([traceId, null, null, null]);
    for (const line of found) expect(line.ms).toEqual(expect.any(Number));
    expect(JSON.stringify(found)).not.toContain("secret");
    await clientOf().setLogLevel("/", null);
    await door.call("/api/v1/messages");
    expect((await lines()).filter(({ route }) => route === "/api/v1/messages")).toHaveLength(2);
  });
});

it("a read that fails ends the stream, and leaves no follower behind", async () => {
  const follow = book.follow.bind(book);
  let followers = 0;
  book.follow = (...range) => {
    const followed = follow(...range);
    followers++;
    return {
      next: () => Promise.reject(new Error("planted")),
      close: () => {
        followers--;
        followed.close();
      },
    };
  };
  const lines = await clientOf().followLogs();
  await expect(Array.fromAsync(lines)).rejects.toBeInstanceOf(Error);
  expect(followers).toBe(0);
});
