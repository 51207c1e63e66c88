/** Routes of verbs, checkpoints and dead letters: what they take and what they refuse. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DreamError } from "../../src/errors.ts";
import { agentVerbs } from "../../src/verbs.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

let door: OpenDoor;
beforeAll(() => {
  door = openDoor();
});
afterAll(() => door.shutdown());

const at = (verb: string, address = "/captain") =>
  `/api/v1/agents/${encodeURIComponent(address)}/${verb}`;
const codeOf = async (response: Response) => [
  response.status,
  (await response.json()).error?.code,
];

describe("verbs", () => {
  it.each(agentVerbs.filter((verb) => verb !== "delete"))(
    "%s takes a body or none",
    async (verb) => {
      for (const body of ["", "{}"]) {
        const response = await door.post(at(verb), body);
        expect(response.status).toBe(200);
        expect(await response.json()).toMatchObject({ verb, address: "/captain" });
      }
      expect(door.control.verbs.at(-1)).toEqual({ verb, address: "/captain" });
    },
  );

  it("take the root, and what belongs to one of them", async () => {
    expect((await door.post(at("pause", "/"), "")).status).toBe(200);
    expect(door.control.verbs.at(-1)).toEqual({ verb: "pause", address: "/" });
    await door.post(at("restart"), { fromCheckpoint: 3 });
    await door.post(at("drain"), { waitMs: 0 });
    expect(door.control.verbs.slice(-2)).toEqual([
      { verb: "restart", address: "/captain", fromCheckpoint: 3 },
      { verb: "drain", address: "/captain", waitMs: 0 },
    ]);
  });

  it.each<[string, unknown, number, string]>([
    ["pause", { fresh: true }, 400, "bad_request"],
    ["restart", { fresh: "yes" }, 400, "bad_request"],
    ["restart", { fromCheckpoint: 0 }, 400, "bad_request"],
    ["drain", { waitMs: -1 }, 400, "bad_request"],
    ["stop", [], 400, "bad_request"],
    ["stop", "{", 400, "invalid_json"],
    ["explode", {}, 404, "not_found"],
  ])("%s with %j is refused", async (verb, body, status, code) => {
    const before = door.control.verbs.length;
    expect(await codeOf(await door.post(at(verb), body))).toEqual([status, code]);
    expect(door.control.verbs.length).toBe(before);
  });

  it("answer with the agent's refusal, with the verb and the status in its code", async () => {
    const details = { verb: "drain", status: "paused", address: "/captain" };
    door.control.failNext = new DreamError("cannot_drain_paused", "no", { details });
    const response = await door.post(at("drain"), "");
    expect(response.status).toBe(409);
    expect((await response.json()).error).toMatchObject({ code: "cannot_drain_paused", details });
    expect(await codeOf(await door.post(at("pause", "/nobody"), ""))).toEqual([
      404,
      "agent_not_found",
    ]);
    expect(await codeOf(await door.call(at("pause")))).toEqual([405, "method_not_allowed"]);
  });
});

describe("checkpoints and dead letters", () => {
  it("lists checkpoints", async () => {
    const page = await (await door.call(at("checkpoints"))).json();
    const ids = [9, 8, 7, 6, 5, 4, 2];
    expect(page).toMatchObject({
      items: ids.map((id) => ({ id, reason: "restart" })),
      nextCursor: null,
    });
  });

  it("shows, replays and drops one letter", async () => {
    const one = "/api/v1/deadletters/1";
    expect(await (await door.call(one)).json()).toMatchObject({ id: 1, reason: "poison" });
    const replayed = await door.post(`${one}/replay`, "");
    expect([replayed.status, await replayed.json()]).toEqual([202, { id: "id-9" }]);
    expect((await door.call(one, { method: "DELETE" })).status).toBe(204);
  });

  it.each(["x", "0", "-1", "1.5", "9999999999999999"])("refuses the number %s", async (id) => {
    expect(await codeOf(await door.call(`/api/v1/deadletters/${id}`))).toEqual([
      400,
      "bad_request",
    ]);
  });

  it("says which letter there is not", async () => {
    const missing = await door.post("/api/v1/deadletters/7/replay", "");
    expect(await codeOf(missing)).toEqual([404, "letter_not_found"]);
  });
});
