/** Tokens over HTTP: made, shown once, ended; and what a token of one agent sees of everything. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient, DreamError } from "../../src/api/client.ts";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

let door: OpenDoor;
beforeAll(() => {
  door = openDoor();
});
afterAll(() => door.shutdown());

const clientOf = (token = door.token) => createClient({ url: door.url, token });

async function codeOf(done: Promise<unknown>): Promise<string> {
  return await done.then(() => "done", (error) => {
    if (error instanceof DreamError) return error.code;
    throw error;
  });
}

describe("an admin", () => {
  it("makes, lists, rotates and ends tokens", async () => {
    const { tokens } = clientOf();
    const { token, ...made } = await tokens.create({ name: "ci", role: "operator" });
    expect(await clientOf(token).tokens.self()).toMatchObject({ name: "ci", role: "operator" });
    const { items } = await tokens.list({ status: "valid", limit: 2 });
    expect(items.map(({ name }) => name)).toEqual(["ci", "owner"]);
    expect(await tokens.find("ci")).toMatchObject({ ...made, lastUsedAtMs: expect.any(Number) });
    const next = await tokens.rotate("ci", { graceMs: 60_000 });
    expect((await clientOf(next.token).tokens.self()).previousUntilMs).toBeGreaterThan(0);
    expect((await tokens.revoke("ci")).status).toBe("revoked");
    expect(await codeOf(clientOf(token).status())).toBe("unauthorized");
    expect(await codeOf(clientOf(next.token).status())).toBe("unauthorized");
    expect(JSON.stringify([await tokens.list(), await tokens.find("ci")])).not.toContain("hash");
  });

  it("is told of all of it by events, without a secret", async () => {
    const { token } = await clientOf().tokens.create({ name: "seen", role: "viewer" });
    const types: string[] = [];
    for await (const { type, data } of await clientOf().events({ since: 0, follow: false })) {
      types.push(type);
      expect(JSON.stringify(data)).not.toContain(token);
    }
    expect(types).toEqual(
      expect.arrayContaining(["token.created", "token.rotated", "token.revoked"]),
    );
  });

  it("can end its own token, not the owner's", async () => {
    const { token } = await clientOf().tokens.create({ name: "second", role: "admin" });
    const second = clientOf(token);
    expect(await codeOf(second.tokens.revoke("owner"))).toBe("owner_token");
    expect((await second.tokens.revoke("second")).status).toBe("revoked");
    expect(await codeOf(second.tokens.self())).toBe("unauthorized");
  });

  it.each([
    [{ name: "x" }, "bad_request"],
    [{ name: "x", role: "root" }, "bad_request"],
    [{ name: "x", role: "viewer", expiresInMs: 0 }, "bad_request"],
    [{ name: "x", role: "viewer", expiresAtMs: 1 }, "bad_request"],
    [{ name: "x", role: "viewer", secret: "mine" }, "bad_request"],
    [{ name: "../x", role: "viewer" }, "bad_request"],
    [{ name: "x", role: "agent", scope: "/../captain" }, "invalid_address"],
    [{ name: "x", role: "agent", scope: "/" }, "invalid_address"],
    [{ name: "owner", role: "viewer" }, "token_taken"],
  ])("is refused %j", async (body, code) => {
    const response = await door.post("/api/v1/tokens", body);
    expect((await response.json()).error.code).toBe(code);
  });

  it.each(["%2e%2e", "a%2Fb", "%00", "%F0%9F%98%80", "x".repeat(5_000)])(
    "finds no token at %s",
    async (name) => {
      const response = await door.call(`/api/v1/tokens/${name}`);
      const { error } = await response.json();
      expect([response.status, error.message.length < 400]).toEqual([404, true]);
    },
  );

  it("gets no second answer for an Idempotency-Key, as answers are stored", async () => {
    const headers = { "idempotency-key": "k" };
    const body = { name: "once", role: "viewer" };
    expect((await door.post("/api/v1/tokens", body, headers)).status).toBe(201);
    const again = await door.post("/api/v1/tokens", body, headers);
    expect((await again.json()).error.code).toBe("token_taken");
  });
});

describe("a stream", () => {
  it("ends with its token, before the next thing it would have said", async () => {
    const { token } = await clientOf().tokens.create({ name: "watcher", role: "viewer" });
    const seen: string[] = [];
    const events = await clientOf(token).events();
    const ended = (async () => {
      for await (const { type, data } of events) {
        seen.push(`${type} ${(data as { name: string }).name}`);
      }
    })();
    await clientOf().tokens.create({ name: "before", role: "viewer" });
    await eventually(() => seen.length > 0, { what: "the first event" });
    await clientOf().tokens.revoke("watcher");
    // The client goes on where it was cut, and is told why it may not.
    await expect(ended).rejects.toMatchObject({
      code: "unauthorized",
      details: { reason: "revoked" },
    });
    expect(seen).toEqual(["token.created before"]);
  });

  it.each([
    ["revoked", (name: string) => clientOf().tokens.revoke(name)],
    ["rotated", (name: string) => clientOf().tokens.rotate(name)],
    ["expired", () => {}],
  ])("on which nothing happens ends within seconds, too: %s", async (reason, end) => {
    const role = { role: "viewer", ...(reason === "expired" && { expiresInMs: 700 }) } as const;
    const { token } = await clientOf().tokens.create({ name: `idle-${reason}`, ...role });
    const headers = { authorization: `Bearer ${token}` };
    const open = ["events", "agents/%2Fcaptain/turns"].map((path) =>
      fetch(`${door.url}/api/v1/${path}`, { headers })
    );
    const streams = await Promise.all(open);
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    await end(`idle-${reason}`);
    const begunMs = systemClock.monotonicMs();
    const all = await Promise.all(streams.map((stream) => stream.text()));
    // Below the beat of 15 s, which was the first thing to end it before.
    expect(systemClock.monotonicMs() - begunMs).toBeLessThan(10_000);
    for (const text of all) expect(text.slice(text.indexOf("event: cut"))).toContain(reason);
  });
});

describe("the token of an agent", () => {
  let agent: ReturnType<typeof clientOf>;
  beforeAll(async () => {
    const { spawn, tokens } = clientOf();
    for (const name of ["a", "a-2", "b"]) await spawn({ address: `/workers/${name}`, kind: "k" });
    agent = clientOf(
      (await tokens.create({ name: "bot", role: "agent", scope: "/workers" })).token,
    );
  });

  it("sends and asks in its subtree, as itself", async () => {
    const { id } = await agent.send({ to: "/workers/a", type: "echo" });
    const { items } = await agent.messages({ to: "/workers/a" });
    expect(items).toMatchObject([{ id, from: "@bot" }]);
    expect((await agent.messages({ from: "@bot" })).items).toHaveLength(1);
    expect((await agent.ask({ to: "/workers/b", type: "echo", payload: 7 })).reply).toBe(7);
    const both = [{ to: "/workers/a", type: "e" }, { to: "/captain", type: "e" }];
    const before = door.control.sent.length;
    expect(await codeOf(agent.sendMany(both))).toBe("forbidden");
    expect(door.control.sent).toHaveLength(before);
  });

  it("learns of nothing elsewhere, be it there or not", async () => {
    for (const address of ["/captain", "/nothing", "/workers-2", "/worker"]) {
      expect(await codeOf(agent.agent(address))).toBe("forbidden");
      expect(await codeOf(agent.send({ to: address, type: "e" }))).toBe("forbidden");
      expect(await codeOf(agent.messages({ to: address }))).toBe("forbidden");
      expect(await codeOf(agent.deadLetters({ to: address }))).toBe("forbidden");
      expect(await codeOf(agent.agents({ under: address }))).toBe("forbidden");
      expect(await codeOf(agent.events({ under: address, follow: false }))).toBe("forbidden");
      expect(await codeOf(agent.checkpoints(address))).toBe("forbidden");
    }
    for (
      const address of ["/workers/../captain", "/workers/./a", "/workers//a", "/workers/%2e%2e"]
    ) {
      expect(await codeOf(agent.agent(address))).toBe("invalid_address");
    }
    expect(await codeOf(agent.messages({ under: "/captain" }))).toBe("forbidden");
    expect(await codeOf(agent.deadLetters({ under: "/captain" }))).toBe("forbidden");
    expect(await codeOf(agent.deadLetter(1))).toBe("letter_not_found");
    expect(await codeOf(agent.readAsk("somebody-elses"))).toBe("ask_not_found");
  });

  it("sees its part of the tree", async () => {
    expect((await agent.tree()).address).toBe("/workers");
    const { token } = await clientOf().tokens.create({
      name: "one",
      role: "agent",
      scope: "/workers/a",
    });
    expect(await clientOf(token).tree()).toMatchObject({ address: "/workers/a", children: [] });
    // As if its supervisor had more children than the tree lists.
    await clientOf().spawn({ address: "/hidden/x", kind: "k" });
    const deep = await clientOf().tokens.create({
      ...{ name: "deep", role: "agent", scope: "/hidden/x" },
    });
    expect(await clientOf(deep.token).tree()).toMatchObject({
      address: "/hidden/x",
      type: "agent",
    });
    const lost = await clientOf().tokens.create({
      name: "lost",
      role: "agent",
      scope: "/workers/z",
    });
    expect(await codeOf(clientOf(lost.token).tree())).toBe("agent_not_found");
  });

  it("changes nothing", async () => {
    expect(await codeOf(agent.carryOut("pause", "/workers/a"))).toBe("forbidden");
    expect(await codeOf(agent.delete("/workers/a"))).toBe("forbidden");
    expect(await codeOf(agent.spawn({ address: "/workers/c", kind: "k" }))).toBe("forbidden");
    expect(await codeOf(agent.replay(1))).toBe("forbidden");
    expect(await codeOf(agent.shutdown())).toBe("forbidden");
    expect(await codeOf(agent.tokens.list())).toBe("forbidden");
    expect((await agent.tokens.self()).scope).toBe("/workers");
  });
});
