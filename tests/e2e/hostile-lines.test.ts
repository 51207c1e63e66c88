/** Requests that no client library would send, byte by byte, to the running service. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
let service: Service;
let token: string;
beforeAll(async () => {
  service = await startService({ swarm });
  token = (await Deno.readTextFile(`${service.home}/token`)).trim();
});
afterAll(() => service?.remove());

const encoder = new TextEncoder();

/** Sends the bytes; what comes until the other side closes, or has said all of an answer. */
async function send(...parts: (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(service.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  for (const part of parts) {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    for (let at = 0; at < bytes.length;) {
      const count = await connection.write(bytes.subarray(at)).catch(() => 0);
      if (count === 0) break;
      at += count;
    }
  }
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let answer = "";
  while (!isWhole(answer)) {
    const still = Promise.withResolvers<null>();
    const stop = systemClock.after(20_000, () => still.resolve(null));
    const count = await Promise.race([connection.read(buffer).catch(() => null), still.promise]);
    stop();
    if (count === null) return answer;
    answer += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return answer;
}

/** Each answer says how long it is. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n") + 4;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer.slice(0, end))?.[1];
  return length !== undefined && encoder.encode(answer.slice(end)).length >= Number(length);
}

const head = (line: string, ...headers: string[]) =>
  [line, "Host: localhost", `Authorization: Bearer ${token}`, ...headers, "", ""].join("\r\n");
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
const codeOf = (answer: string) => /"code":"(\w+)"/.exec(answer)?.[1] ?? null;

/** A plain request is answered, whatever was sent before. */
async function goesOn(): Promise<void> {
  const { status } = await service.request("GET", "/api/v1/status");
  expect(status).toBe(200);
}

describe("headers", () => {
  test("1 MB of one, and of many", async () => {
    const one = head("GET /api/v1/status HTTP/1.1", `X-Big: ${"x".repeat(1_000_000)}`);
    const many = head(
      "GET /api/v1/status HTTP/1.1",
      ...Array.from({ length: 20_000 }, (_, i) => `X-${i}: ${"x".repeat(40)}`),
    );
    for (const text of [one, many]) expect([0, 400, 431]).toContain(statusOf(await send(text)));
    await goesOn();
  });

  test("a line of the request that is 1 MB long", async () => {
    const answer = await send(head(`GET /api/v1/agents/${"a".repeat(1_000_000)} HTTP/1.1`));
    expect([0, 400, 414, 431]).toContain(statusOf(answer));
    await goesOn();
  });

  test.each([
    ["no HTTP", "\u0000\u0001\u0002\u0003\r\n\r\n"],
    ["TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
    ["a length below zero", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"],
    [
      "a length that is no number",
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    ],
    ["a header without a name", "GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n"],
    ["a space in a name", "GET / HTTP/1.1\r\nHost: localhost\r\nX Y: x\r\n\r\n"],
    ["a line of its own in a value", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n"],
  ])("%s", async (_, text) => {
    const answer = await send(text, "\r\n\r\n");
    expect([0, 400, 401]).toContain(statusOf(answer));
    await goesOn();
  });
});

describe("paths", () => {
  test.each([
    "/api/v1/agents/..%2f..%2f..%2fetc%2fpasswd",
    "/api/v1/agents/%2e%2e%2f%2e%2e%2fetc",
    "/api/v1/agents/%2Fworkers%2F..%2Fcaptain",
    "/api/v1/agents/%2Fworkers%2F.%2Fcaptain",
    "/api/v1/agents/%2F%2Fcaptain",
    "/api/v1/agents/%00",
    "/api/v1/agents/%2Fcaptain%00",
    "/api/v1/agents/%2Fcaptain%0d%0aX-Evil:%201",
    "/api/v1/agents/%ff%fe",
    "/api/v1/agents/__proto__",
    "/api/v1/agents/%2F__proto__",
    "/api/v1/agents/constructor",
    "/api/v1/bundles/..%2f..%2fdreamos.db",
    "/api/v1/tokens/..%2Fowner",
    "/api/v1/asks/..%2f..",
    "/api/v1/messages/..%2f/history",
    "/api/v1/../../../etc/passwd",
    "/docs/../../../../etc/passwd",
  ])("%s leads nowhere", async (path) => {
    const answer = await send(head(`GET ${path} HTTP/1.1`, "Connection: close"));
    expect([400, 404]).toContain(statusOf(answer));
    expect(answer).not.toContain("root:");
    expect(answer.toLowerCase()).not.toContain("\nx-evil");
    await goesOn();
  });
});

describe("bodies", () => {
  const post = (body: string | Uint8Array, ...headers: string[]) => {
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    const length = `Content-Length: ${bytes.length}`;
    return send(head("POST /api/v1/messages HTTP/1.1", length, ...headers), bytes);
  };
  const say = '{"to":"/echo","type":"echo.say","payload":{"text":"x"}}';

  test.each([
    ["a key twice", '{"to":"/echo","to":"/captain","type":"echo.say"}', 400, "invalid_json"],
    ["one twice inside", `{"to":"/echo","type":"echo.say","payload":{"text":"a","text":"b"}}`, 400],
    ["the same key, spelt twice", `{"to":"/echo","\\u0074o":"/echo","type":"echo.say"}`, 400],
    ["nesting of 10,000", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, 400],
    ["arrays of 10,000", `${"[".repeat(10_000)}${"]".repeat(10_000)}`, 400],
    ["bytes that are no UTF-8", new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), 400],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), 400],
    ["NaN", '{"to":NaN}', 400],
    ["a comment", `/* */ ${say}`, 400],
    ["two documents", `${say}${say}`, 400],
    ["__proto__", '{"__proto__":{"to":"/echo"},"to":"/echo","type":"echo.say"}', 422],
  ])("%s", async (_, body, status, code = status === 422 ? "invalid_payload" : "invalid_json") => {
    const answer = await post(body, "Connection: close");
    expect([statusOf(answer), codeOf(answer)]).toEqual([status, code]);
    await goesOn();
  });

  test("a colon in a string is no key", async () => {
    const text = say.replace('"x"', JSON.stringify('{"a":1,"a":2} : \\": '));
    expect(statusOf(await post(text, "Connection: close"))).toBe(202);
  });

  test("what says nothing of its type is JSON", async () => {
    expect(statusOf(await post(say, "Connection: close"))).toBe(202);
  });

  test.each([
    ["text", "Content-Type: text/plain"],
    ["a form", "Content-Type: application/x-www-form-urlencoded"],
    ["JSON of another charset", "Content-Type: application/json; charset=utf-16"],
  ])("what says that it is something else is not taken: %s", async (_, header) => {
    const answer = await post(say, header, "Connection: close");
    expect([statusOf(answer), codeOf(answer)]).toEqual([415, "unsupported_media_type"]);
  });

  test("packed ones are not unpacked", async () => {
    const stream = new Blob([say]).stream().pipeThrough(new CompressionStream("gzip"));
    const packed = new Uint8Array(await new Response(stream).arrayBuffer());
    const answer = await post(packed, "Content-Encoding: gzip", "Connection: close");
    expect([statusOf(answer), codeOf(answer)]).toEqual([415, "unsupported_media_type"]);
  });

  test("pieces that are none, and pieces that stop", async () => {
    const chunked = head("POST /api/v1/messages HTTP/1.1", "Transfer-Encoding: chunked");
    expect([0, 400]).toContain(statusOf(await send(chunked, "zz\r\nabc\r\n0\r\n\r\n")));
    expect([0, 400]).toContain(
      statusOf(await send(chunked, "ffffffffffffffffff\r\nabc\r\n0\r\n\r\n")),
    );
    const { hostname, port } = new URL(service.url);
    const stopped = await Promise.all(Array.from({ length: 50 }, async () => {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(encoder.encode(`${chunked}5\r\n{"to"`));
      return connection;
    }));
    await goesOn();
    for (const connection of stopped) connection.close();
    await goesOn();
  });
});

describe("where a stream goes on", () => {
  test.each(["99999999999", "-1", "1e3", "0x1", "NaN", "١٢", "1 2"])(
    "Last-Event-ID: %s is refused",
    async (id) => {
      for (const path of ["/api/v1/events", "/api/v1/logs/stream"]) {
        const answer = await send(head(`GET ${path} HTTP/1.1`, `Last-Event-ID: ${id}`));
        expect([path, statusOf(answer), codeOf(answer)]).toEqual([path, 400, "bad_request"]);
      }
    },
  );
});
