/** Open streams: how many there may be, how they are counted, and what quiet ones say. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createClient } from "../../src/api/client.ts";
import { defaultLimits } from "../../src/limits.ts";
import { LogBook } from "../../src/logs/book.ts";
import { eventually } from "../support/eventually.ts";
import { HandClock } from "../support/hand-clock.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

const beatMs = 5_000;
let clock: HandClock;
let folder: string;
let book: LogBook;
let door: OpenDoor;
let leaving: AbortController;

beforeEach(async () => {
  clock = new HandClock(1_000);
  folder = await Deno.makeTempDir();
  book = new LogBook({ folder, clock, limits: defaultLimits, level: "info" });
  door = openDoor({ clock, logs: book, limits: { streams: 4 } });
  leaving = new AbortController();
  held = [];
});
afterEach(async () => {
  leaving.abort();
  book.endFollowing();
  await door.shutdown();
  await book.close();
  await Deno.remove(folder, { recursive: true });
});

/** Kept, as a signal does not reach a request that nobody holds any more. */
let held: Response[] = [];

async function open(path: string, token = door.token, method = "GET"): Promise<Response> {
  const response = await fetch(`${door.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: leaving.signal,
  });
  held.push(response);
  return response;
}

/** Open streams by the last part of their route, as `/metrics` has them. */
async function counted(): Promise<Record<string, number>> {
  const text = await (await door.call("/metrics")).text();
  const found = text.matchAll(/^dreamos_api_streams\{route="[^"]*\/([^"/]+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, route, count]) => [route, Number(count)]));
}

test("are bounded, half of them for one token, and given back by whoever leaves", async () => {
  const { token } = await createClient(door).tokens.create({ name: "screen", role: "viewer" });
  expect((await open("/events")).status).toBe(200);
  expect((await open("/counters")).status).toBe(200);
  const own = await open("/events");
  expect([own.status, own.headers.get("retry-after")]).toEqual([429, "5"]);
  expect((await own.json()).error).toMatchObject({
    code: "too_many_streams",
    details: { open: 2, most: 4, own: 2, share: 2 },
  });
  expect((await open("/logs/stream", token)).status).toBe(200);
  expect((await open("/agents/%2F/turns", token)).status).toBe(200);
  expect((await open("/events", token)).status).toBe(429);
  expect(await counted()).toEqual({ events: 1, counters: 1, stream: 1, turns: 1 });

  leaving.abort();
  leaving = new AbortController();
  const none = { events: 0, counters: 0, stream: 0, turns: 0 };
  await eventually(async () => {
    expect(await counted()).toEqual(none);
    return true;
  }, { what: "the end of all streams" });
  expect((await open("/events")).status).toBe(200);
});

test("that end at once, are refused, or nobody reads take no place", async () => {
  for (let i = 0; i < 3; i++) {
    const head = await open("/events", door.token, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(await (await open("/events?follow=false")).text()).toBe("");
    const refused = await open("/counters?everyMs=1");
    expect(refused.status).toBe(400);
    await refused.body?.cancel();
  }
  await eventually(async () => {
    expect(await counted()).toEqual({ events: 0, counters: 0, stream: 0, turns: 0 });
    return true;
  }, { what: "the end of all streams" });
  await eventually(() => !door.control.log.isFollowed);
});

test.each(["/events?under=/quiet", "/logs/stream?under=/quiet"])(
  "of %s say that they live, however much comes that they do not want",
  async (path) => {
    const response = await open(path);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    if (path.startsWith("/logs")) expect((await reader.read()).value).toBe(":\n\n");
    let heard = "";
    reader.read().then(({ value }) => heard = value ?? "").catch(() => {});
    for (let n = 1; n <= 5; n++) {
      await clock.pass(beatMs / 4);
      const row = { atMs: n, type: "a.b", address: "/loud", data: "{}" };
      await door.control.store.commit([{ op: "event", row }]);
      door.control.log.touched();
      book.log("info", "loud", { address: "/loud" });
    }
    await eventually(() => heard === ":\n\n", { what: "a comment", deadlineMs: 4_000 });
  },
);
