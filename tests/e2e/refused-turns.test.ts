/** What cannot be durable, in the running system: told with its path, and no harm to others. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentDetail } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-refused/swarm.ts", import.meta.url));

let service: Service;

beforeAll(async () => {
  service = await startService({ swarm });
});
afterAll(() => service?.remove());

async function goWrong(how: string): Promise<string> {
  const name = how.replaceAll(/\W/g, "-");
  const { address } = await service.client.spawn({ address: `/pool/x${name}`, kind: "refused" });
  await service.client.send({ to: address, type: "go.wrong", payload: { how, to: address } });
  return address;
}

function agent(address: string, is: (detail: AgentDetail) => boolean): Promise<AgentDetail> {
  return eventually(async () => {
    const detail = await service.client.agent(address);
    return is(detail) && detail;
  }, { what: `${address} as it should be`, deadlineMs: 30_000 });
}

const parked: [how: string, words: RegExp][] = [
  ["function", /^root\.context\.value is a function;/],
  ["instance", /^root\.context\.value is an Own;/],
  ["promise", /^root\.context\.value is a Promise;.*Invoke fromPromise/],
  ["cycle", /^root\.context\.value\.next\.first is part of a cycle;/],
  ["deep", /^root\.context\.value(\[0\]){5}…(\[0\]){3} is nested more than 60 deep;/],
  ["large", /state has 2097\d+ bytes; at most 1048576 can be stored/],
  ["spawn", /^root\.children\.\S+ was spawned of logic without a name; register it/],
  ["action", /^An action of root is a function:/],
  ["date", /\.at is an instance of Date; only plain JSON can be sent/],
  ["NaN ms", /^The delay of .* is NaN ms; only finite ones/],
];

describe("parked as not_durable, with its message kept", () => {
  test.each(parked)("%s", async (how, words) => {
    const address = await goWrong(how);
    const { lastError, mailboxDepth, restarts } = await agent(
      address,
      ({ status }) => status === "parked",
    );
    expect(lastError).toMatchObject({ code: "not_durable", message: expect.stringMatching(words) });
    expect([mailboxDepth, restarts]).toEqual([1, 0]);
  });
});

describe("a circle is charged as looping, and the agent goes on", () => {
  test.each(["raise", "always", "self"])("%s", async (how) => {
    const address = await goWrong(how);
    const { items } = await eventually(async () => {
      const letters = await service.client.deadLetters({ to: address });
      return letters.items.length > 0 && letters;
    }, { what: "the dead letter", deadlineMs: 30_000 });
    expect(items.map(({ reason }) => reason)).toEqual(["poison"]);
    const { lastError } = await agent(address, ({ status }) => status !== "restarting");
    expect(lastError!.code).toBe("looping");
    expect(await service.client.ask({ to: address, type: "read", payload: {} }))
      .toMatchObject({ reply: { text: "null" } });
  });
});

describe("no harm at all", () => {
  test("Date, Map, Set, BigInt, undefined, NaN, -0 and errors in context", async () => {
    const address = await goWrong("data");
    const { reply } = await service.client.ask({ to: address, type: "read", payload: {} });
    expect(reply).toEqual({ text: `${new Date(0)},[object Map],,NaN,0,Error: no` });
  });

  test("a delay of -1 fires at once, one of ten years waits", async () => {
    const past = await goWrong("-1 ms");
    const far = await goWrong("10 years");
    await eventually(async () => (await service.client.agent(past)).state?.value === "fired");
    await eventually(async () => (await service.client.agent(far)).state?.value === "timing");
  });

  test("the neighbour was not charged, and answers", async () => {
    const { restarts, status } = await service.client.agent("/neighbour");
    expect([restarts, status === "parked"]).toEqual([0, false]);
  });
});
