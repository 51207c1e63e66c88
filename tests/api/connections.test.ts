/**
 * Connections that send nothing, too slowly, or read nothing, over real sockets; time passes as the
 * test says, so that a machine that has no time for it cuts nobody.
 */
import { connect as connectHttp2 } from "node:http2";
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectionBounds } from "../../src/api/connections.ts";
import { serve, type Server } from "../../src/api/serve.ts";
import { eventually } from "../support/eventually.ts";
import { HandClock } from "../support/hand-clock.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const get = (path = "/") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const opened: Deno.Conn[] = [];
const drainMs = 200;
let server: Server;
let clock: HandClock;

afterEach(async () => {
  for (const connection of opened.splice(0)) {
    try {
      connection.close();
    } catch {
      // It was closed by the test.
    }
  }
  const ended = server.shutdown();
  await clock.pass(drainMs);
  await ended;
});

type Answer = (request: Request) => Response | Promise<Response>;
function open(bounds: Partial<ConnectionBounds>, fetch: Answer = () => new Response("ok")) {
  const all = { most: 100, requestMs: 300, idleMs: 300, ...bounds };
  const host = "127.0.0.1";
  clock = new HandClock(0);
  server = serve({ fetch, host, port: 0, drainMs, clock, bounds: all });
}

async function connect(text = ""): Promise<Deno.Conn> {
  const { hostname, port } = new URL(server.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  opened.push(connection);
  await write(connection, text);
  return connection;
}

/** The server has it, and its time runs. */
async function taken(text = ""): Promise<Deno.Conn> {
  const before = clock.pending;
  const connection = await connect(text);
  await eventually(() => clock.pending > before, { what: "the server to take it", everyMs: 1 });
  return connection;
}

const write = (connection: Deno.Conn, text: string) => connection.write(encoder.encode(text));

/** What has come so far; `ended` when the other side has closed. */
function listen(connection: Deno.Conn): { text: string; isOver: boolean; ended: Promise<string> } {
  const heard = { text: "", isOver: false, ended: Promise.resolve("") };
  const buffer = new Uint8Array(65_536);
  const read = async () => {
    try {
      while (true) {
        const count = await connection.read(buffer);
        if (count === null) break;
        heard.text += decoder.decode(buffer.subarray(0, count));
      }
    } catch {
      // Cut in the middle.
    }
    heard.isOver = true;
    return heard.text;
  };
  heard.ended = read();
  return heard;
}

/** All that comes until the other side closes. */
const readToEnd = (connection: Deno.Conn): Promise<string> => listen(connection).ended;

describe("who sends no whole request is cut", () => {
  test.each([
    ["nothing", "", 0],
    ["a part of the header", "GET / HTTP/1.1\r\nHost: loc", 0],
    ["a request, and a part of the next", `${get()}GET / HTT`, 1],
    ["a request, and nothing more", get(), 1],
  ])("%s", async (_, text, answers) => {
    open({});
    const heard = listen(await taken(text));
    const count = () => heard.text.match(/\r\n\r\nok/g)?.length ?? 0;
    // From its answer on it has all of the time once more.
    await eventually(() => count() === answers, { what: "its answer", everyMs: 1 });
    await clock.pass(299);
    expect([heard.isOver, clock.pending]).toEqual([false, 1]);
    await clock.pass(1);
    await heard.ended;
    expect(count()).toBe(answers);
  });

  test("a byte of the header now and then", async () => {
    open({});
    const connection = await taken("GET / HTTP/1.1\r\nX-Slow: ");
    const ended = readToEnd(connection);
    for (let i = 0; i < 7; i++) {
      expect(await write(connection, "a")).toBe(1);
      await clock.pass(40);
    }
    expect(clock.pending).toBe(1);
    await clock.pass(20);
    expect(await ended).toBe("");
  });

  test("not who waits for an answer, nor who asks again in time", async () => {
    const slow = Promise.withResolvers<void>();
    let isAsked = false;
    const slowly = async () => {
      isAsked = true;
      await slow.promise;
      return new Response("late");
    };
    open({}, ({ url }) => url.endsWith("/slow") ? slowly() : new Response("ok"));
    const waiting = listen(await taken(get("/slow")));
    await eventually(() => isAsked, { everyMs: 1 });
    await clock.pass(900);
    slow.resolve();
    await eventually(() => waiting.text.includes("late"), { what: "its answer", everyMs: 1 });
    await clock.pass(300);
    await waiting.ended;
    const busy = await taken();
    const buffer = new Uint8Array(1_000);
    for (let i = 0; i < 6; i++) {
      await write(busy, get());
      expect(decoder.decode(buffer.subarray(0, (await busy.read(buffer))!))).toContain("200 OK");
      await clock.pass(100);
    }
  });
});

describe("streams", () => {
  const headers = { "content-type": "text/event-stream" };
  /** Says something every `everyMs`, or as fast as it is read. */
  function stream(everyMs: number, told: { cancelled: boolean; asked: number }): Response {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const due = everyMs > 0 && new Promise<void>((go) => clock.after(everyMs, go));
        told.asked++;
        await due;
        controller.enqueue(encoder.encode(`data: ${"x".repeat(10_000)}\n\n`));
      },
      cancel: () => void (told.cancelled = true),
    }, { highWaterMark: 0 });
    return new Response(body, { headers });
  }

  test("who reads goes on for longer than a connection may be idle", async () => {
    const told = { cancelled: false, asked: 0 };
    open({}, () => stream(100, told));
    const reader = (await fetch(server.url)).body!.getReader();
    for (let i = 1; i <= 9; i++) {
      await eventually(() => told.asked === i, { what: "its taking of the next", everyMs: 1 });
      await clock.pass(100);
      expect((await reader.read()).done).toBe(false);
    }
    await reader.cancel();
    await eventually(() => told.cancelled, { what: "the end of the stream" });
  });

  test("who reads nothing is cut, and its stream is ended", async () => {
    const told = { cancelled: false, asked: 0 };
    open({}, () => stream(0, told));
    await connect(get());
    await eventually(async () => {
      await clock.pass(50);
      return told.cancelled;
    }, { what: "the end of the stream" });
  });
});

describe("several streams in one connection (HTTP/2)", () => {
  test("one that is left ends neither the others nor their connection", async () => {
    const left = Promise.withResolvers<void>();
    let say = (_: string) => {};
    const body = (onCancel: () => void) =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          say = (text) => controller.enqueue(encoder.encode(text));
          say("data: 0\n\n");
        },
        cancel: onCancel,
      });
    const headers = { "content-type": "text/event-stream" };
    open({ idleMs: 400 }, ({ url }) => (
      new Response(body(url.endsWith("/left") ? left.resolve : () => {}), { headers })
    ));
    const session = connectHttp2(server.url);
    const lost = session.request({ ":path": "/left" });
    await new Promise((resolve) => lost.once("data", resolve));
    const kept = session.request({ ":path": "/kept" });
    let heard = 0;
    kept.on("data", () => void heard++);
    await eventually(() => heard === 1, { what: "the beginning of the other stream" });
    lost.close();
    await left.promise;
    // For longer than a connection may be idle.
    for (let n = 1; n <= 8; n++) {
      await clock.pass(100);
      say(`data: ${n}\n\n`);
      await eventually(() => heard === n + 1, { what: "the next part", everyMs: 1 });
    }
    session.destroy();
  });
});

describe("the most there may be", () => {
  test("who is idle for longest makes room for who comes", async () => {
    open({ most: 3, requestMs: 60_000, idleMs: 60_000 });
    const silent = [await connect(), await connect(), await connect()];
    const oldest = readToEnd(silent[0]!);
    const buffer = new Uint8Array(1_000);
    const late = await connect(get());
    expect(decoder.decode(buffer.subarray(0, (await late.read(buffer))!))).toContain("200 OK");
    expect(await oldest).toBe("");
    // The others are there: one of them asks now.
    await write(silent[2]!, get());
    expect(await silent[2]!.read(buffer)).toBeGreaterThan(0);
  });

  test("when none is idle the new one is refused, and those in hand are answered", async () => {
    const released = Promise.withResolvers<void>();
    let arrived = 0;
    open({ most: 2, requestMs: 60_000 }, async () => {
      arrived++;
      await released.promise;
      return new Response("done");
    });
    const busy = [await connect(get()), await connect(get())];
    await eventually(() => arrived === 2, { what: "two requests in hand" });
    expect(await readToEnd(await connect(get()))).toBe("");
    expect(arrived).toBe(2);
    released.resolve();
    for (const heard of busy.map(listen)) await eventually(() => heard.text.includes("done"));
  });

  test("a thousand that send nothing hinder nobody", async () => {
    open({ most: 200, requestMs: 60_000, idleMs: 60_000 });
    for (let i = 0; i < 1_000; i++) await connect("GET / HT");
    for (let i = 0; i < 20; i++) expect(await (await fetch(server.url)).text()).toBe("ok");
  });
});
