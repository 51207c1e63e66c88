/** The door against bodies, headers and callers that mean harm, over real sockets. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../src/clock.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

const MiB = 1024 * 1024;
const message = { to: "/captain", type: "echo", payload: {} };

let door: OpenDoor;
beforeAll(() => {
  door = openDoor();
});
afterAll(() => door.shutdown());

async function codeOf(response: Response): Promise<[number, string]> {
  const { error } = await response.json();
  return [response.status, error.code];
}

/** Sends a request as it is written here and gives back the whole answer as text. */
async function raw(url: string, lines: string[], body = ""): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const text = `${lines.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`;
  await connection.write(new TextEncoder().encode(text));
  let answer = "";
  // Not up to the end of the stream: the server keeps the line open for the rest of a body.
  for await (const part of connection.readable.pipeThrough(new TextDecoderStream())) {
    answer += part;
    if (/}\s*$/.test(answer)) break;
  }
  return answer;
}

describe("the token", () => {
  const paths = ["/api/v1/status", "/api/v1/agents", "/api/v1/nothing", "/", "/metrics"];

  it.each(paths)("is wanted at %s", async (path) => {
    const wrong = [
      "",
      "Bearer",
      "Bearer ",
      "Bearer x",
      `Basic ${door.token}`,
      `Bearer ${door.token}x`,
      `Bearer ${door.token.slice(0, -1)}`,
      `Bearer ${door.token} ${door.token}`,
      door.token,
    ];
    for (const authorization of wrong) {
      const response = await door.call(path, { headers: { authorization } });
      expect(response.headers.get("www-authenticate")).toContain("Bearer");
      expect(await codeOf(response)).toEqual([401, "unauthorized"]);
    }
    const none = await fetch(`${door.url}${path}`);
    expect(await codeOf(none)).toEqual([401, "unauthorized"]);
  });

  it("is taken in any spelling of the scheme, and not wanted at /healthz", async () => {
    const authorization = `bearer ${door.token}`;
    expect((await door.call("/api/v1/status", { headers: { authorization } })).status).toBe(200);
    const health = await fetch(`${door.url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
  });

  it("is checked before the body is read", async () => {
    const answer = await raw(door.url, [
      "POST /api/v1/messages HTTP/1.1",
      "Host: localhost",
      "Content-Length: 900000",
    ]);
    expect(answer).toContain("401 Unauthorized");
  });
});

describe("the Host header", () => {
  const ask = (host: string, path = "/healthz") =>
    raw(door.url, [`GET ${path} HTTP/1.1`, `Host: ${host}`]);

  it.each(["localhost", "LOCALHOST:1", "127.0.0.1:7420", "127.0.0.53", "[::1]:80"])(
    "may be %s",
    async (host) => expect(await ask(host)).toContain("200 OK"),
  );

  it.each(["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""])(
    "may not be '%s'",
    async (host) => {
      const answer = await ask(host);
      expect(answer).toContain("403 Forbidden");
      expect(answer).toContain("forbidden_host");
    },
  );

  it("gives no rights to foreign pages", async () => {
    const response = await door.call("/api/v1/status", { headers: { origin: "http://evil" } });
    expect([...response.headers.keys()].filter((k) => k.startsWith("access-control"))).toEqual([]);
    await response.body?.cancel();
    const preflight = await fetch(`${door.url}/api/v1/messages`, {
      method: "OPTIONS",
      headers: { origin: "http://evil", "access-control-request-method": "POST" },
    });
    expect(await codeOf(preflight)).toEqual([401, "unauthorized"]);
  });
});

describe("size", () => {
  it("refuses 50 MB by Content-Length", async () => {
    const response = await door.post("/api/v1/messages", new Uint8Array(50 * MiB));
    expect(await codeOf(response)).toEqual([413, "payload_too_large"]);
  });

  it("stops reading a body without end", async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += MiB;
        controller.enqueue(new Uint8Array(MiB).fill(0x20));
      },
    });
    const response = await door.call("/api/v1/messages", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(await codeOf(response)).toEqual([413, "payload_too_large"]);
    expect(pulled).toBeLessThan(40 * MiB);
  });

  it("bounds one payload inside a body that may be larger", async () => {
    const fits = "x".repeat(MiB - 2);
    const send = (payload: string) =>
      door.post("/api/v1/messages", [{ ...message, payload: fits }, { ...message, payload }]);
    expect((await send(fits)).status).toBe(202);
    expect(await codeOf(await send(`${fits}x`))).toEqual([413, "payload_too_large"]);
    expect(await codeOf(await send("é".repeat(MiB / 2)))).toEqual([413, "payload_too_large"]);
  });

  it("takes 1,000 messages and not one more", async () => {
    const many = Array.from({ length: 1_000 }, () => message);
    const response = await door.post("/api/v1/messages", many);
    expect((await response.json()).ids).toHaveLength(1_000);
    const more = await door.post("/api/v1/messages", [...many, message]);
    expect(await codeOf(more)).toEqual([413, "payload_too_large"]);
  });

  it("goes on after all that", async () => {
    expect((await door.post("/api/v1/messages", message)).status).toBe(202);
  });
});

describe("JSON", () => {
  it.each([
    ["", "nothing"],
    ["{", "a part"],
    ['{"to":"/captain",}', "a trailing comma"],
    ["[".repeat(200_000), "depth without end"],
    [`{"to":"/captain","type":"e","payload":${"[".repeat(64)}${"]".repeat(64)}}`, "65 levels"],
    [new Uint8Array([0x22, 0xff, 0xfe, 0x22]), "bytes that are not UTF-8"],
    [new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), "an encoded surrogate"],
  ])("refuses %j: %s", async (body, _what) => {
    const response = await door.post("/api/v1/messages", body);
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.code]).toEqual([400, "invalid_json"]);
    expect(text.length).toBeLessThan(300);
  });

  it("is not fooled by brackets in strings", async () => {
    const payload = { text: '[{"'.repeat(200) };
    expect((await door.post("/api/v1/messages", { ...message, payload })).status).toBe(202);
  });

  it.each([
    '{"to":"/captain","type":"e","payload":{"a":[{"__proto__":{"admin":true}}]}}',
    '{"to":"/captain","type":"e","payload":{"\\u005f_proto__":{"admin":true}}}',
    '{"to":"/captain","type":"e","__proto__":{"payload":{}}}',
    '{"__proto__":{"to":"/captain","type":"e"}}',
  ])("refuses %s", async (body) => {
    const response = await door.post("/api/v1/messages", body);
    expect(await codeOf(response)).toEqual([422, "invalid_payload"]);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it("keeps constructor and prototype as the data they are", async () => {
    const payload = { constructor: { prototype: { admin: true } }, text: "__proto__" };
    const response = await door.post("/api/v1/messages", { ...message, payload });
    expect(response.status).toBe(202);
    expect(door.control.sent.at(-1)!.payload).toEqual(payload);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe("a body's type", () => {
  const send = (headers: Record<string, string>, body = JSON.stringify(message)) =>
    door.post("/api/v1/messages", body, headers);
  const refused = [415, "unsupported_media_type"];

  it.each([
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonx",
    "text/json",
    "json",
    "",
    "application/json, text/plain",
    "application/json; charset=latin1",
  ])("may not be %j, whatever it holds", async (type) => {
    const before = door.control.sent.length;
    expect(await codeOf(await send({ "content-type": type }))).toEqual(refused);
    expect(door.control.sent.length).toBe(before);
  });

  it.each([
    "application/json",
    "Application/JSON; charset=UTF-8",
    'application/json; charset="utf-8"; x=y',
    "application/vnd.dreamos+json",
  ])("may be %j", async (type) => {
    expect((await send({ "content-type": type })).status).toBe(202);
  });

  it("may be left out, which is no type that a foreign page could send for another", async () => {
    const body = JSON.stringify(message);
    const answer = await raw(door.url, [
      "POST /api/v1/messages HTTP/1.1",
      "Host: localhost",
      `Authorization: Bearer ${door.token}`,
      `Content-Length: ${body.length}`,
    ], body);
    expect(answer).toContain("202 Accepted");
  });

  it("is not asked for where there is no body", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await door.post("/api/v1/agents/%2Fcaptain/pause", "", headers)).status).toBe(200);
    const form = await door.post("/api/v1/agents/%2Fcaptain/pause", "a=b", headers);
    expect(await codeOf(form)).toEqual(refused);
  });

  it("goes with no coding that is not read here", async () => {
    expect(await codeOf(await send({ "content-encoding": "gzip" }))).toEqual(refused);
    expect((await send({ "content-encoding": "identity" })).status).toBe(202);
  });
});

describe("slowness", () => {
  it("gives up on a body that does not come", async () => {
    const hurried: Clock = {
      ...systemClock,
      after: (delayMs, fire) => systemClock.after(delayMs / 1_000, fire),
    };
    const slow = openDoor({ clock: hurried });
    try {
      const answer = await raw(slow.url, [
        "POST /api/v1/messages HTTP/1.1",
        "Host: localhost",
        `Authorization: Bearer ${slow.token}`,
        "Content-Length: 100",
      ], '{"to":');
      expect(answer).toContain("408 Request Timeout");
      expect(answer).toContain("request_timeout");
    } finally {
      await slow.shutdown();
    }
  });
});
