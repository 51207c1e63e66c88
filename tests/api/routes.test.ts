import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DreamError } from "../../src/errors.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

let door: OpenDoor;
beforeAll(() => {
  door = openDoor();
});
afterAll(() => door.shutdown());

const message = { to: "/captain", type: "echo", payload: { text: "hi" } };

async function errorOf(response: Response) {
  const { error } = await response.json();
  return { status: response.status, ...error };
}

describe("messages", () => {
  it("takes one and answers 202 with its id", async () => {
    const response = await door.post("/api/v1/messages", { ...message, lane: "high" });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ id: expect.any(String) });
    expect(door.control.sent.at(-1)).toEqual({ ...message, lane: "high" });
  });

  it("takes many and answers their ids in order", async () => {
    const before = door.control.sent.length;
    const response = await door.post("/api/v1/messages", [message, { ...message, to: "captain" }]);
    expect(response.status).toBe(202);
    const { ids } = await response.json();
    expect(ids).toHaveLength(2);
    expect(door.control.sent.slice(before).map((m) => m.to)).toEqual(["/captain", "/captain"]);
  });

  it("takes all or none", async () => {
    const before = door.control.sent.length;
    const response = await door.post("/api/v1/messages", [message, { ...message, to: "/gone" }]);
    expect(await errorOf(response)).toMatchObject({ status: 404, code: "agent_not_found" });
    expect(door.control.sent).toHaveLength(before);
  });

  it.each([
    [{ to: "/captain", payload: {} }, "type"],
    [{ ...message, lane: "fast" }, "lane"],
    [{ ...message, expiresInMs: 1.5 }, "expiresInMs"],
    [[message, { ...message, expiresInMS: 5 }], "expiresInMS"],
    [[message, 7], "[1]"],
    ["null", "Invalid input"],
    [[], "0 of them"],
  ])("names what is wrong in %j", async (body, named) => {
    const error = await errorOf(await door.post("/api/v1/messages", body));
    expect(error).toMatchObject({ status: 400, code: "bad_request" });
    expect(error.message).toContain(named);
  });

  it.each(["system.stop", "xstate.done.actor.x"])("refuses the type %s", async (type) => {
    for (const path of ["/api/v1/messages", "/api/v1/asks"]) {
      const error = await errorOf(await door.post(path, { ...message, type }));
      expect(error).toMatchObject({ status: 422, code: "reserved_type" });
    }
  });

  it("refuses what is no address, with its own code", async () => {
    const error = await errorOf(await door.post("/api/v1/messages", { ...message, to: "/a//b" }));
    expect(error).toMatchObject({ status: 400, code: "invalid_address" });
  });

  it("passes the trace on", async () => {
    const trace = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    await door.post("/api/v1/messages", message, { traceparent: trace });
    expect(door.control.sent.at(-1)).toEqual({ ...message, trace });
  });

  it("lists them with payloads as JSON", async () => {
    const query = "?to=captain&since=2023-11-14T00:00:00Z&limit=1";
    const page = await (await door.call(`/api/v1/messages${query}`)).json();
    expect(page.nextCursor).toBeNull();
    expect(page.items).toHaveLength(1);
    expect(page.items[0]).toMatchObject({ payload: { text: "hi" }, status: "pending" });
    const later = await (await door.call("/api/v1/messages?since=10m")).json();
    expect(later.items).toEqual([]);
  });

  it.each(["since=soon", "limit=0", "limit=x", "limit=5000", "form=/a"])(
    "refuses the query %s",
    async (query) => {
      const error = await errorOf(await door.call(`/api/v1/messages?${query}`));
      expect(error).toMatchObject({ status: 400, code: "bad_request" });
    },
  );
});

describe("Idempotency-Key", () => {
  it("gives the first answer again and refuses another body", async () => {
    const headers = { "idempotency-key": "k-1" };
    const first = await (await door.post("/api/v1/messages", message, headers)).json();
    const again = await (await door.post("/api/v1/messages", message, headers)).json();
    expect(again).toEqual(first);
    const other = await door.post("/api/v1/messages", { ...message, type: "x" }, headers);
    expect(await errorOf(other)).toMatchObject({ status: 409, code: "idempotency_conflict" });
  });

  it("refuses a key that headers do not carry unchanged", async () => {
    for (const key of ["a b", "x".repeat(300)]) {
      const response = await door.post("/api/v1/messages", message, { "idempotency-key": key });
      expect(await errorOf(response)).toMatchObject({ status: 400, code: "bad_request" });
    }
  });
});

describe("asks", () => {
  it("answers with the reply", async () => {
    const response = await door.post("/api/v1/asks", message);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ id: expect.any(String), reply: { text: "hi" } });
  });

  it("answers 504 with the ask's id, which can be read later", async () => {
    const response = await door.post("/api/v1/asks", { ...message, type: "never", timeoutMs: 5 });
    const error = await errorOf(response);
    expect(error).toMatchObject({ status: 504, code: "ask_timeout" });
    const ask = await (await door.call(`/api/v1/asks/${error.details.id}`)).json();
    expect(ask).toEqual({
      id: error.details.id,
      outcome: { ok: true, value: { n: 1 } },
      expiresAtMs: expect.any(Number),
      settledAtMs: expect.any(Number),
    });
  });
});

describe("agents", () => {
  it("spawns, shows by encoded address, deletes", async () => {
    const spawned = await door.post("/api/v1/agents", { address: "/workers/é 1", kind: "k" });
    expect(await errorOf(spawned)).toMatchObject({ status: 400, code: "invalid_address" });
    const body = { address: "workers/é-1", kind: "k", input: { a: 1 }, restart: "transient" };
    const response = await door.post("/api/v1/agents", body);
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ address: "/workers/é-1" });
    const place = response.headers.get("location")!;
    expect(place).toBe("/api/v1/agents/%2Fworkers%2F%C3%A9-1");
    expect(await (await door.call(place)).json()).toMatchObject({ address: "/workers/é-1" });
    expect((await door.post("/api/v1/agents", body)).status).toBe(409);
    expect((await door.call(place, { method: "DELETE" })).status).toBe(204);
    expect((await door.call(place)).status).toBe(404);
  });

  it("survives a path that is badly encoded", async () => {
    const error = await errorOf(await door.call("/api/v1/agents/%E0%A4%A"));
    expect(error).toMatchObject({ status: 400, code: "invalid_address" });
  });

  it("lists and draws", async () => {
    const page = await (await door.call("/api/v1/agents?limit=1")).json();
    expect(page).toMatchObject({ items: [{ address: "/captain" }], nextCursor: null });
    const tree = await (await door.call("/api/v1/tree")).json();
    expect(tree).toMatchObject({ address: "/", type: "supervisor" });
  });
});

describe("the rest", () => {
  it("shows status, dead letters and memory", async () => {
    const status = await (await door.call("/api/v1/status")).json();
    expect(status).toMatchObject({ available: true, memory: { documents: 2 } });
    const dead = await (await door.call("/api/v1/deadletters?to=/captain")).json();
    expect(dead.items[0]).toMatchObject({
      envelope: { payload: { n: 1 } },
      state: { value: "idle" },
      reason: "poison",
    });
    const found = await (await door.call("/api/v1/recall?q=close+it&limit=1")).json();
    expect(found.items).toHaveLength(1);
    expect(await errorOf(await door.call("/api/v1/recall"))).toMatchObject({
      status: 400,
      message: expect.stringContaining("q"),
    });
  });

  it("asks the control to shut down", async () => {
    const response = await door.post("/api/v1/shutdown", "");
    expect(response.status).toBe(202);
    expect(door.control.stops).toBe(1);
  });

  it.each([
    ["GET", "/api/v1/nothing", 404, "not_found"],
    ["GET", "/api/v2/agents", 404, "not_found"],
    ["GET", "/", 404, "not_found"],
    ["PUT", "/api/v1/messages", 405, "method_not_allowed"],
    ["DELETE", "/api/v1/tree", 405, "method_not_allowed"],
    ["POST", "/healthz", 405, "method_not_allowed"],
  ])("answers %s %s with %i %s", async (method, path, status, code) => {
    const response = await door.call(path, { method });
    expect(await errorOf(response)).toMatchObject({ status, code });
  });

  it("says how long to wait", async () => {
    const full = await door.post("/api/v1/messages", { ...message, to: "/full" });
    expect(await errorOf(full)).toMatchObject({ status: 429, code: "mailbox_full" });
    expect(full.headers.get("retry-after")).toBe("3");
    door.control.failNext = new DreamError("storage_unavailable", "Cannot write: the disk is full");
    const down = await door.call("/api/v1/status");
    expect(await errorOf(down)).toMatchObject({ status: 503, code: "storage_unavailable" });
    expect(Number(down.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it("hides what broke inside, but for the id of the log line", async () => {
    for (const thrown of [new Error("secret in SQL"), undefined, null, "secret text"]) {
      door.control.failNext = thrown === null ? Object.create(null) : thrown;
      const response = await door.call("/api/v1/status");
      const text = await response.text();
      expect(response.status).toBe(500);
      expect(text).not.toMatch(/secret|at |\.ts/);
      const { error } = JSON.parse(text);
      expect(error).toMatchObject({ code: "internal", details: { logId: door.logged.at(-1)!.id } });
    }
  });
});
