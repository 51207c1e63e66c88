/** What the API of the running service takes and refuses, over a real socket. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { type Answer, type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
let service: Service;

beforeAll(async () => {
  service = await startService({
    swarm,
    args: ["--limit", "mailbox=40"],
  });
});
afterAll(() => service?.remove());

const post = (path: string, body: unknown, headers?: Record<string, string>) =>
  service.request("POST", `/api/v1/${path}`, body, headers);

function refused(answer: Answer, status: number, code: string): string {
  expect(answer.body).toMatchObject({ error: { code, message: expect.any(String) } });
  expect(answer.status).toBe(status);
  const { message } = (answer.body as { error: { message: string } }).error;
  expect(message.split("\n")).toHaveLength(1);
  return message;
}

const say = (text: string) => ({ to: "/echo", type: "echo.say", payload: { text } });

describe("bodies", () => {
  test("50 MB are refused, and the next request is answered", async () => {
    const huge = JSON.stringify(say("x".repeat(50 * 1024 * 1024)));
    const answer = await post("messages", huge).catch(() => null);
    // The server may close before it has read all: a client then sees a broken line.
    if (answer) refused(answer, 413, "payload_too_large");
    expect((await post("asks", say("still here"))).body).toMatchObject({
      reply: { text: "still here" },
    });
  }, 60_000);

  test("a payload above 1 MiB in a body below 10 MiB", async () => {
    const big = await post("messages", say("x".repeat(1_100_000)));
    expect(refused(big, 413, "payload_too_large")).toMatch(/1048576/);
    expect((await post("messages", say("x".repeat(900_000)))).status).toBe(202);
  });

  test("JSON with __proto__ does not get in and spoils nothing", async () => {
    const text = `{"to":"/echo","type":"echo.say","payload":{"text":"a","__proto__":{"x":1}}}`;
    refused(await post("messages", text), 422, "invalid_payload");
    refused(
      await post("messages", text.replace("__proto__", "\\u005f_proto__")),
      422,
      "invalid_payload",
    );
    const prototype = say("a");
    const answer = await post("asks", {
      ...prototype,
      payload: { text: "a", constructor: { prototype: { x: 1 } } },
    });
    expect([200, 422]).toContain(answer.status);
    expect((await post("asks", say("b"))).body).toMatchObject({ reply: { text: "b" } });
  });

  test("what is no JSON, no UTF-8 or too deep", async () => {
    refused(await post("messages", "{"), 400, "invalid_json");
    refused(await post("messages", "[".repeat(100_000)), 400, "invalid_json");
    refused(await post("messages", ""), 400, "invalid_json");
    refused(await post("messages", []), 400, "bad_request");
  });
});

describe("types and addresses", () => {
  test.each([
    ["an unknown type", { ...say("a"), type: "echo.sing" }, 422, "unknown_type"],
    ["a malformed payload", { ...say("a"), payload: { text: 1 } }, 422, "invalid_payload"],
    ["a reserved type", { ...say("a"), type: "system.stop" }, 422, "reserved_type"],
    ["a reserved type of XState", { ...say("a"), type: "xstate.init" }, 422, "reserved_type"],
    ["nobody", { ...say("a"), to: "/nobody" }, 404, "agent_not_found"],
    ["a supervisor", { ...say("a"), to: "/workers" }, 409, "not_an_agent"],
    ["no address", { ...say("a"), to: "a b" }, 400, "invalid_address"],
    ["a field too many", { ...say("a"), lanes: "low" }, 400, "bad_request"],
  ])("%s", async (_, message, status, code) => {
    refused(await post("messages", message), status, code);
    refused(await post("asks", message), status, code);
  });

  test("one bad message of many: none is taken", async () => {
    await post("agents", { address: "/workers/all-or-none", kind: "counter" });
    const add = (n: number) => ({
      to: "/workers/all-or-none",
      type: "count.add",
      payload: { id: `${n}`, n, producer: "p" },
    });
    refused(await post("messages", [add(1), add(2), add(0)]), 422, "invalid_payload");
    const { body } = await post("asks", { to: "/workers/all-or-none", type: "count.read" });
    expect(body).toMatchObject({ reply: { total: 0 } });
  });

  test("spawning: unknown kind, wrong place, twice", async () => {
    refused(await post("agents", { address: "/workers/x", kind: "nil" }), 404, "kind_not_found");
    refused(await post("agents", { address: "/echo/x", kind: "echo" }), 409, "not_dynamic");
    expect((await post("agents", { address: "/workers/x", kind: "echo" })).status).toBe(201);
    refused(await post("agents", { address: "/workers/x", kind: "echo" }), 409, "address_taken");
  });

  test("without the token nothing but /healthz", async () => {
    const bare = await fetch(`${service.url}/api/v1/status`);
    expect(bare.status).toBe(401);
    await bare.body?.cancel();
    const health = await fetch(`${service.url}/healthz`);
    expect(health.status).toBe(200);
    await health.body?.cancel();
  });
});

describe("asks", () => {
  test("reply, and the ask can be read afterwards", async () => {
    const answer = await post("asks", say("hello"));
    expect(answer).toMatchObject({ status: 200, body: { reply: { text: "hello" } } });
    const { id } = answer.body as { id: string };
    const read = await service.request("GET", `/api/v1/asks/${id}`);
    expect(read.body).toMatchObject({ id, outcome: { ok: true, value: { text: "hello" } } });
    refused(await service.request("GET", "/api/v1/asks/none"), 404, "ask_not_found");
  });

  test("504 names the ask; the late reply is a dead letter", async () => {
    // It is in a thread from here on, and has the next ask in hand long before that expires.
    await post("asks", { to: "/slow", type: "count.read" });
    const answer = await post("asks", {
      to: "/slow",
      type: "answer.after",
      payload: { ms: 1_500 },
      timeoutMs: 1_000,
    });
    refused(answer, 504, "ask_timeout");
    const { id } = (answer.body as { error: { details: { id: string } } }).error.details;
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const letter = await eventually(async () => {
      const { items } = await service.client.deadLetters();
      return items.find(({ reason }) => reason === "late_reply");
    }, { what: "the dead letter of the late reply" });
    expect(letter).toMatchObject({ reason: "late_reply" });
  });

  test("the same key and body ask once; another body is a conflict", async () => {
    const counted = async () => {
      const { body } = await post("asks", { to: "/slow", type: "count.read" });
      return (body as { reply: { begun: number } }).reply.begun;
    };
    const before = await counted();
    const key = { "idempotency-key": "ask-1" };
    const ask = { to: "/slow", type: "answer.after", payload: { ms: 300 } };
    const [first, second] = await Promise.all([post("asks", ask, key), post("asks", ask, key)]);
    expect(first).toMatchObject({ status: 200 });
    expect(second.body).toEqual(first.body);
    expect((await post("asks", ask, key)).body).toEqual(first.body);
    expect(await counted()).toBe(before + 1);
    const other = { ...ask, payload: { ms: 301 } };
    refused(await post("asks", other, key), 409, "idempotency_conflict");
    refused(await post("messages", ask, key), 409, "idempotency_conflict");
  });
});

describe("messages", () => {
  test("the same key and body send once", async () => {
    await post("agents", { address: "/workers/once", kind: "counter" });
    const add = {
      to: "/workers/once",
      type: "count.add",
      payload: { id: "a", n: 1, producer: "p" },
    };
    const key = { "idempotency-key": "send-1" };
    const first = await post("messages", add, key);
    expect(first.status).toBe(202);
    expect(await post("messages", add, key)).toMatchObject({ status: 202, body: first.body });
    const other = { ...add, payload: { ...add.payload, n: 2 } };
    refused(await post("messages", other, key), 409, "idempotency_conflict");
    const { body } = await post("asks", { to: "/workers/once", type: "count.read" });
    expect(body).toMatchObject({ reply: { total: 1, doubled: 0 } });
  });

  test("an expired message is a dead letter and never handled", async () => {
    await service.client.carryOut("pause", "/fragile");
    const late = { to: "/fragile", type: "work.add", payload: { n: 99 }, expiresInMs: 1 };
    const { body } = await post("messages", late);
    const { id } = body as { id: string };
    const sentMs = systemClock.wallMs();
    await eventually(() => systemClock.wallMs() > sentMs + 1, { everyMs: 1 });
    await service.client.carryOut("resume", "/fragile");
    const letter = await eventually(async () => {
      const { items } = await service.client.deadLetters({ to: "/fragile", limit: 1_000 });
      return items.find(({ envelope }) => envelope.id === id);
    }, { what: "the dead letter of the expired message" });
    expect(letter.reason).toBe("expired");
    const seen = await post("asks", { to: "/fragile", type: "work.read" });
    expect(seen.body).toMatchObject({ reply: { seen: [] } });
  });

  test("a full mailbox refuses with 429 and Retry-After, and takes again later", async () => {
    await post("agents", { address: "/workers/full", kind: "fragile" });
    const send = (type: string, payload = {}) =>
      post("messages", { to: "/workers/full", type, payload });
    await service.client.carryOut("pause", "/workers/full");
    let answer: Answer;
    let taken = 0;
    do answer = await send("work.add", { n: ++taken }); while (
      answer.status === 202 && taken < 100
    );
    refused(answer, 429, "mailbox_full");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(taken).toBeLessThanOrEqual(41);
    await service.client.carryOut("resume", "/workers/full");
    await eventually(async () => (await send("work.add", { n: taken })).status === 202, {
      what: "room in the mailbox",
    });
    const body = await eventually(async () => {
      const ask = { to: "/workers/full", type: "work.read", timeoutMs: 60_000 };
      const asked = await post("asks", ask);
      return asked.status === 200 && asked.body;
    }, { what: "room for an ask" });
    const { seen } = (body as { reply: { seen: number[] } }).reply;
    expect(seen).toEqual(Array.from({ length: taken }, (_, i) => i + 1));
  });
});
