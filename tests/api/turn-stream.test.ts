/** Turns as server-sent events: over a real socket, followed by the typed client. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, type TurnView } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { type OpenDoor, openDoor } from "./open-door.ts";

let door: OpenDoor;
beforeAll(() => {
  door = openDoor();
});
afterAll(() => door.shutdown());

const view = (turn: number, root: TurnView["root"] = null): TurnView => ({
  address: "/captain",
  kind: "captain",
  chart: null,
  turn,
  atMs: 1,
  status: "active",
  value: "idle",
  tags: [],
  envelopes: [],
  root,
});

const path = (address: string) => `/api/v1/agents/${encodeURIComponent(address)}/turns`;

test("the client hears each turn, and the end", async () => {
  const client = createClient(door);
  const turns = await client.turns("/captain");
  const [[follower, address]] = [...door.control.followers] as [[
    Parameters<typeof door.control.followTurns>[1],
    string,
  ]];
  expect(address).toBe("/captain");
  follower.turn(view(1));
  follower.turn(view(2, { text: "é\n\nevent: turn\ndata: {}\n\n" }));
  follower.end();
  const heard: TurnView[] = [];
  for await (const turn of turns) heard.push(turn);
  expect(heard).toEqual([view(1), view(2, { text: "é\n\nevent: turn\ndata: {}\n\n" })]);
  door.control.followers.clear();
});

test("who leaves is forgotten", async () => {
  const leaving = new AbortController();
  await createClient(door).turns("/", { signal: leaving.signal });
  expect([...door.control.followers.values()]).toEqual(["/"]);
  leaving.abort();
  await eventually(() => door.control.followers.size === 0, { what: "the end of the stream" });
});

test("who is slow misses turns and is told how many; nothing piles up", async () => {
  const response = await door.call(path("/captain"));
  const [follower] = [...door.control.followers.keys()];
  const big = "x".repeat(1024 * 1024);
  for (let turn = 0; turn < 200; turn++) follower!.turn(view(turn, big));
  let text = "";
  let bytes = 0;
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  const readOn = async (until: () => boolean) => {
    while (!until()) {
      const { value, done } = await reader.read();
      if (done) return;
      bytes += value.length;
      text = (text + decoder.decode(value, { stream: true })).slice(-3_000_000);
    }
  };
  await readOn(() => bytes > 15 * 1024 * 1024);
  await eventually(() => {
    follower!.turn(view(1_000));
    return true;
  });
  follower!.end();
  await readOn(() => false);
  expect(bytes).toBeLessThan(60 * 1024 * 1024);
  expect(Number(/event: lost\ndata: (\d+)/.exec(text)![1])).toBeGreaterThan(100);
  expect(text).toContain('"turn":1000');
  door.control.followers.clear();
});

test("strangers, unknown agents and wrong addresses are refused", async () => {
  const stranger = await door.call(path("/captain"), { headers: { authorization: "Bearer x" } });
  expect(stranger.status).toBe(401);
  await stranger.body?.cancel();
  const client = createClient(door);
  await expect(client.turns("/nobody")).rejects.toMatchObject({ code: "agent_not_found" });
  await expect(client.turns("no address/")).rejects.toMatchObject({ code: "invalid_address" });
  const gone = createClient({ url: "http://127.0.0.1:1", token: "x" });
  await expect(gone.turns("/")).rejects.toMatchObject({ code: "not_running" });
  expect(door.control.followers.size).toBe(0);
});
