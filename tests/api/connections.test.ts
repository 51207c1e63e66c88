/** Connections that send nothing, too slowly, or read nothing, over real sockets. */
import { afterEach, describe, expect, test } from "vitest";
import type { ConnectionBounds } from "../../src/api/connections.ts";
import { serve, type Server } from "../../src/api/serve.ts";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const get = (path = "/") => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const opened: Deno.Conn[] = [];
let server: Server;

afterEach(async () => {
  for (const connection of opened.splice(0)) {
    try {
      connection.close();
    } catch {
      // It was closed by the test.
    }
  }
  await server.shutdown();
});

type Answer = (request: Request) => Response | Promise<Response>;
function open(bounds: Partial<ConnectionBounds>, fetch: Answer = () => new Response("ok")) {
  const all = { most: 100, requestMs: 300, idleMs: 300, ...bounds };
  const host = "127.0.0.1";
  server = serve({ fetch, host, port: 0, drainMs: 200, clock: systemClock, bounds: all });
}

async function connect(text = ""): Promise<Deno.Conn> {
  const { hostname, port } = new URL(server.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  opened.push(connection);
  await write(connection, text);
  return connection;
}

const write = (connection: Deno.Conn, text: string) => connection.write(encoder.encode(text));

/** All that comes until the other side closes. */
async function readToEnd(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  try {
    while (true) {
      const count = await connection.read(buffer);
      if (count === null) return text;
      text += decoder.decode(buffer.subarray(0, count));
    }
  } catch {
    return text;
  }
}

describe("who sends no whole request is cut", () => {
  test.each([
    ["nothing", "", 0],
    ["a part of the header", "GET / HTTP/1.1\r\nHost: loc", 0],
    ["a request, and a part of the next", `${get()}GET / HTT`, 1],
    ["a request, and nothing more", get(), 1],
  ])("%s", async (_, text, answers) => {
    open({});
    const begunMs = systemClock.monotonicMs();
    const answer = await readToEnd(await connect(text));
    expect(answer.match(/200 OK/g)?.length ?? 0).toBe(answers);
    expect(systemClock.monotonicMs() - begunMs).toBeGreaterThanOrEqual(290);
  });

  test("a byte of the header now and then", async () => {
    open({});
    const connection = await connect("GET / HTTP/1.1\r\nX-Slow: ");
    const ended = readToEnd(connection);
    let isOver = false;
    ended.then(() => isOver = true);
    let sent = 0;
    await eventually(async () => {
      sent += await write(connection, "a").catch(() => 0);
      return isOver;
    }, { what: "the cut", everyMs: 40 });
    expect(await ended).toBe("");
    expect(sent).toBeGreaterThan(2);
  });

  test("not who waits for an answer, nor who asks again in time", async () => {
    const slowly = (delayMs: number) =>
      new Promise<Response>((resolve) =>
        systemClock.after(delayMs, () => resolve(new Response("late")))
      );
    open({}, ({ url }) => url.endsWith("/slow") ? slowly(900) : new Response("ok"));
    const waiting = await connect(get("/slow"));
    expect(await readToEnd(waiting)).toContain("late");
    const busy = await connect();
    const buffer = new Uint8Array(1_000);
    for (let i = 0; i < 6; i++) {
      await write(busy, get());
      expect(decoder.decode(buffer.subarray(0, (await busy.read(buffer))!))).toContain("200 OK");
      await new Promise<void>((resolve) => systemClock.after(100, resolve));
    }
  });
});

describe("streams", () => {
  const headers = { "content-type": "text/event-stream" };
  /** Says something every `everyMs`, or as fast as it is read. */
  function stream(everyMs: number, told: { cancelled: boolean }): Response {
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (everyMs > 0) await new Promise<void>((go) => systemClock.after(everyMs, go));
        controller.enqueue(encoder.encode(`data: ${"x".repeat(10_000)}\n\n`));
      },
      cancel: () => void (told.cancelled = true),
    });
    return new Response(body, { headers });
  }

  test("who reads goes on for longer than a connection may be idle", async () => {
    const told = { cancelled: false };
    open({}, () => stream(100, told));
    const reader = (await fetch(server.url)).body!.getReader();
    const untilMs = systemClock.monotonicMs() + 900;
    while (systemClock.monotonicMs() < untilMs) expect((await reader.read()).done).toBe(false);
    await reader.cancel();
    await eventually(() => told.cancelled, { what: "the end of the stream" });
  });

  test("who reads nothing is cut, and its stream is ended", async () => {
    const told = { cancelled: false };
    open({}, () => stream(0, told));
    await connect(get());
    await eventually(() => told.cancelled, { what: "the end of the stream" });
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
    for (const connection of busy) expect(await readToEnd(connection)).toContain("done");
  });

  test("a thousand that send nothing hinder nobody", async () => {
    open({ most: 200, requestMs: 60_000, idleMs: 60_000 });
    for (let i = 0; i < 1_000; i++) await connect("GET / HT");
    for (let i = 0; i < 20; i++) expect(await (await fetch(server.url)).text()).toBe("ok");
  });
});
