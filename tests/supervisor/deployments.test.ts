/** New code on a clock moved by hand: who runs with it from when on, and which bundles stay. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BundleRow, Store } from "../../src/storage/store.ts";
import type { BuiltKind } from "../../src/supervisor/deployments.ts";
import { Kinds } from "../../src/supervisor/kinds.ts";
import { ClockRig } from "./clock-rig.ts";

const children = [{ type: "agent" as const, id: "a", agent: "sleeper" }];
const idleMs = 62_000;
const pruneMs = 11 * 60_000;

let rig: ClockRig;
let original: BundleRow;

/** The sleeper with counts of `step`. */
function variant(step: number): BuiltKind {
  const { code, manifest } = original;
  const changed = code.replaceAll("context.count + 1 ", `context.count + ${step} `);
  expect(changed).not.toBe(code);
  const hash = createHash("sha256").update(changed).digest("hex");
  return { name: "sleeper", bundle: { hash, code: changed }, manifest: JSON.parse(manifest) };
}

async function deploy(built: BuiltKind): Promise<void> {
  const taken = rig.system.deployments.take([built], "@tester");
  await rig.clock.settle();
  await taken;
}

const view = () => rig.system.agent("/a");
const hashes = () => [...rig.tables.bundles.values()].map(({ hash }) => hash).sort();

beforeEach(async () => {
  rig = await new ClockRig({ children, kinds: ["sleeper"] }).start();
  original = [...rig.tables.bundles.values()][0]!;
});
afterEach(() => rig.stop());

describe("a deployment", () => {
  it("reaches an agent whose thread is just being made", async () => {
    await rig.clock.pass(idleMs);
    const gate = Promise.withResolvers<void>();
    const place = rig.hosts.place.bind(rig.hosts);
    rig.hosts.place = async (...request) => {
      await gate.promise;
      return await place(...request);
    };
    await rig.send("/a", "count");
    await deploy(variant(10));
    gate.resolve();
    await rig.clock.settle();
    expect(await rig.ask("/a")).toEqual({ count: 10 });
    expect(rig.events()).toContain("bundle.deployed null");
  });

  it("lets a turn in hand end with the code that it began with", async () => {
    rig.hosts.holds = () => true;
    await rig.send("/a", "count");
    await deploy(variant(10));
    await rig.send("/a", "count");
    rig.hosts.holds = () => false;
    rig.hosts.answerHeld();
    await rig.clock.settle();
    expect(await rig.ask("/a")).toEqual({ count: 11 });
  });
});

describe("an agent whose state is not taken over", () => {
  async function moving(): Promise<void> {
    await rig.send("/a", "count");
    await rig.clock.pass(idleMs);
    rig.hosts.holds = () => true;
    await deploy(variant(10));
    await rig.send("/a", "count");
  }
  async function isParkedWhole(why: RegExp): Promise<void> {
    expect(await view()).toMatchObject({
      status: "parked",
      mailboxDepth: 1,
      lastError: { code: "definition_changed", message: expect.stringMatching(why) },
    });
    expect(rig.tables.letters).toEqual([]);
    // The next definition that fits finds the message as it was.
    rig.hosts.holds = () => false;
    await deploy(variant(100));
    expect(await rig.ask("/a")).toEqual({ count: 101 });
  }

  it("because that never ends is parked, no message charged", async () => {
    await moving();
    await rig.clock.pass(21_000);
    expect(await view()).toMatchObject({ status: "running", mailboxDepth: 1 });
    await rig.clock.pass(12_000);
    await isParkedWhole(/more than \d+ ms/);
  });

  it("in time is taken over at the next try: the machine may have had too much to do", async () => {
    await moving();
    await rig.clock.pass(11_000);
    rig.hosts.holds = () => false;
    await rig.clock.pass(11_000);
    expect(await view()).toMatchObject({ status: "running", mailboxDepth: 0, restarts: 0 });
    expect(rig.tables.letters).toEqual([]);
    expect(await rig.ask("/a")).toEqual({ count: 11 });
  });

  it("because the thread ends over it is parked, no message charged", async () => {
    await moving();
    rig.hosts.placed.at(-1)!.lose({ reason: "exited", message: "it called exit", alone: false });
    await rig.clock.settle();
    await isParkedWhole(/it called exit/);
  });
});

describe("a bundle", () => {
  it("stays while a state names it, and goes when none does", async () => {
    await rig.send("/a", "count");
    await rig.clock.pass(idleMs);
    const [first] = hashes();
    const unused = variant(5);
    await deploy(unused);
    await rig.clock.pass(1);
    const next = variant(10);
    await deploy(next);
    await rig.clock.pass(pruneMs);
    expect(hashes()).toEqual([first, next.bundle.hash].sort());
    expect(hashes()).not.toContain(unused.bundle.hash);
    expect(await rig.ask("/a")).toEqual({ count: 1 });
    rig.tables.checkpoints = [];
    await rig.clock.pass(pruneMs);
    expect(hashes()).toEqual([next.bundle.hash]);
    await rig.send("/a", "count");
    expect(await rig.ask("/a")).toEqual({ count: 11 });
  });
});

it("code that could not be read once is read another time", async () => {
  let isBusy = true;
  const row = { hash: "h", agent: "a", manifest: "{}", deployedAtMs: 1, code: "code" };
  const bundle = () => isBusy ? Promise.reject(new Error("busy")) : Promise.resolve(row);
  const kinds = new Kinds({ bundle } as unknown as Store);
  await expect(kinds.bundle("h")).rejects.toThrow("busy");
  isBusy = false;
  expect(await kinds.bundle("h")).toEqual({ hash: "h", code: "code" });
});
