import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/api/app.ts";
import { lanes as actorLanes } from "../../src/actors/envelope.ts";
import { createClient, lanes } from "../../src/api/client.ts";
import { serve } from "../../src/api/serve.ts";
import { systemClock } from "../../src/clock.ts";
import { DreamError } from "../../src/errors.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits } from "../../src/limits.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";
import { SmallControl } from "./small-control.ts";

let door: OpenDoor;
beforeAll(() => {
  door = openDoor();
});
afterAll(() => door.shutdown());

async function refusalOf(promise: Promise<unknown>): Promise<DreamError> {
  const error = await promise.then(() => null, (thrown) => thrown);
  expect(error).toBeInstanceOf(DreamError);
  return error;
}

describe("createClient()", () => {
  it("knows the lanes that there are", () => expect(lanes).toEqual(actorLanes));

  it("reaches every route", async () => {
    const client = createClient({ url: `${door.url}/`, token: door.token });
    expect(await client.health()).toEqual({ status: "ok" });
    expect((await client.status()).version).toBe("0.1.0");
    const message = { to: "captain", type: "echo", payload: { n: 1 } };
    const { id } = await client.send(message, { idempotencyKey: "once" });
    expect(await client.send(message, { idempotencyKey: "once" })).toEqual({ id });
    expect((await client.sendMany([message, { to: "/captain", type: "x" }])).ids).toHaveLength(2);
    expect((await client.ask(message)).reply).toEqual({ n: 1 });
    expect((await client.readAsk("a/b")).id).toBe("a/b");
    expect((await client.spawn({ address: "/workers/w-1", kind: "k" })).status).toBe("running");
    expect((await client.agent("/workers/w-1")).version).toBe(1);
    expect((await client.machine("/workers/w-1")).chart).toMatchObject({ initial: "idle" });
    expect((await client.agents({ limit: 2, under: "/" })).items).toHaveLength(2);
    expect((await client.tree()).children.map((c) => c.address)).toContain("/workers");
    expect(await client.delete("/workers/w-1")).toBeUndefined();
    expect((await client.messages({ to: "/captain", since: 0, limit: 2 })).items).toHaveLength(2);
    expect((await client.deadLetters({ limit: 1 })).items[0]!.reason).toBe("poison");
    const found = await client.recall("how & why?", { limit: 1, includeDeleted: true });
    expect(found.items[0]!.text).toContain("how & why?");
    expect(await client.shutdown()).toEqual({ stopping: true });
  });

  it("throws the server's refusal as it was", async () => {
    const client = createClient({ url: door.url, token: door.token });
    const missing = await refusalOf(client.agent("/nobody"));
    expect(missing).toMatchObject({ code: "agent_not_found", details: { address: "/nobody" } });
    const late = await refusalOf(client.ask({ to: "/captain", type: "never", timeoutMs: 7 }));
    expect(late).toMatchObject({ code: "ask_timeout", details: { id: expect.any(String) } });
    const stranger = createClient({ url: door.url, token: "x" });
    expect((await refusalOf(stranger.tree())).code).toBe("unauthorized");
  });

  it("tells a silent port, a foreign server and a newer one apart", async () => {
    const other = (body: string, status = 200) =>
      createClient({ url: door.url, token: "x", fetch: () => new Response(body, { status }) });
    expect((await refusalOf(other("<html>").tree())).message).toContain("without the JSON");
    expect((await refusalOf(other("null", 502).tree())).code).toBe("internal");
    const newer = other('{"error":{"code":"brand_new","message":"M"}}', 418);
    expect(await refusalOf(newer.tree())).toMatchObject({
      code: "internal",
      details: { serverCode: "brand_new" },
    });
    const closed = openDoor();
    await closed.shutdown();
    const silent = createClient({ url: closed.url, token: "x" });
    expect((await refusalOf(silent.tree())).code).toBe("not_running");
  });

  it("works in process, without a socket", async () => {
    const control = new SmallControl();
    control.tokens.adopt("t");
    const app = createApp({
      control,
      clock: systemClock,
      ids: systemIds(systemClock),
      limits: defaultLimits,
      logError: () => {},
    });
    const fetch = (url: string, init: RequestInit) => app.request(url, init);
    const client = createClient({ url: "http://localhost", token: "t", fetch });
    expect((await client.ask({ to: "/captain", type: "echo", payload: [1] })).reply).toEqual([1]);
  });
});

describe("serve()", () => {
  const on = (port: number, fetch: () => Response | Promise<Response>, drainMs = 500) =>
    serve({ fetch, host: "127.0.0.1", port, drainMs, clock: systemClock });

  it("says that a port is taken", () => {
    const port = Number(new URL(door.url).port);
    expect(() => on(port, () => new Response())).toThrow(
      expect.objectContaining({ code: "port_in_use" }),
    );
  });

  it("lets an open request end before it shuts down", async () => {
    const arrived = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const server = on(0, async () => {
      arrived.resolve();
      await released.promise;
      return new Response("done");
    }, 60_000);
    const answer = fetch(server.url).then((r) => r.text());
    await arrived.promise;
    const down = server.shutdown();
    const late = await fetch(server.url);
    expect([late.status, (await late.json()).error.code]).toEqual([503, "shutting_down"]);
    released.resolve();
    expect(await answer).toBe("done");
    await down;
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it("cuts off what does not end within drainMs", async () => {
    const arrived = Promise.withResolvers<void>();
    const server = on(0, () => {
      arrived.resolve();
      return new Promise<Response>(() => {});
    }, 50);
    const answer = fetch(server.url).then((r) => r.text(), () => "cut");
    await arrived.promise;
    await server.shutdown();
    expect(await answer).toBe("cut");
  });
});
