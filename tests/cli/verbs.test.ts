/** Commands that change agents and dead letters, against the API with a small Control behind it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DreamError } from "../../src/errors.ts";
import { type Ended, openHome, runCli } from "./run-cli.ts";

let service: Awaited<ReturnType<typeof openHome>>;
beforeAll(async () => {
  service = await openHome();
});
afterAll(() => service.close());

const run = (...args: string[]): Promise<Ended> => runCli([...args, "--home", service.home]);
const last = () => service.door.control.verbs.at(-1);

describe("a verb", () => {
  it.each([
    [["pause", "captain"], { verb: "pause", address: "/captain" }],
    [["resume", "/"], { verb: "resume", address: "/" }],
    [["drain", "captain", "--wait", "2s"], { verb: "drain", address: "/captain", waitMs: 2_000 }],
    [["restart", "captain", "--fresh"], { verb: "restart", address: "/captain", fresh: true }],
    [["restart", "captain", "--from-checkpoint", "12"], {
      verb: "restart",
      address: "/captain",
      fromCheckpoint: 12,
    }],
  ])("%j reaches the service as it is meant", async (args, wanted) => {
    const { code, out } = await run(...args);
    expect(out).toContain(`${wanted.address}: ● running, now ◌ paused`);
    expect(code).toBe(0);
    expect(last()).toEqual(wanted);
  });

  it("prints JSON, and the refusal of an agent with its hint", async () => {
    const { out } = await run("stop", "captain", "--json");
    expect(JSON.parse(out)).toMatchObject({ verb: "stop", agents: [{ address: "/captain" }] });
    const why = "Cannot pause /captain: its status is parked";
    service.door.control.failNext = new DreamError("cannot_pause_parked", why);
    const refused = await run("pause", "captain");
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("cannot_pause_parked");
    expect(refused.err).toContain("--from-checkpoint");
  });

  it.each([
    [["pause"], 2],
    [["pause", "/nobody"], 5],
    [["restart", "captain", "--fresh", "--from-checkpoint", "1"], 2],
    [["restart", "captain", "--from-checkpoint", "x"], 2],
    [["drain", "captain", "--wait", "soon"], 2],
  ])("%j ends with %i", async (args, code) => {
    expect((await run(...args)).code).toBe(code);
  });
});

it("checkpoints are listed", async () => {
  const { out, code } = await run("checkpoints", "captain");
  expect(code).toBe(0);
  expect(out).toMatch(/ID +MADE +BECAUSE +TURNS +STATE\n +9 .* a restart came +9 +"idle"\n +8 /);
  expect((await run("checkpoints", "/nobody")).code).toBe(5);
});

describe("dead letters", () => {
  it("are shown whole", async () => {
    const { out } = await run("deadletters", "show", "1");
    expect(out).toMatch(/number +1\n/);
    expect(out).toMatch(/payload +\{"n":1\}\n/);
    const missing = await run("deadletters", "show", "9");
    expect([missing.code, missing.err.includes("letter_not_found")]).toEqual([5, true]);
  });

  it("are replayed and dropped by number, or all of one agent", async () => {
    expect((await run("deadletters", "replay", "1")).out).toBe("1 sent again as id-9\n");
    const { code, out, err } = await run("deadletters", "drop", "1", "9");
    expect([code, out]).toEqual([1, "1 dropped\n"]);
    expect(err).toContain("9: letter_not_found");
    const all = await run("deadletters", "replay", "--to", "/captain", "--json");
    expect(JSON.parse(all.out)).toEqual({ done: [{ letter: 1, id: "id-9" }], refused: [] });
    expect(service.door.control.letters).toEqual(["replay 1", "drop 1", "replay 1"]);
  });

  it.each([[["replay"]], [["replay", "one"]], [["drop", "1", "--to", "/x"]], [["show"]]])(
    "%j is refused",
    async (args) => expect((await run("deadletters", ...args)).code).toBe(2),
  );
});
