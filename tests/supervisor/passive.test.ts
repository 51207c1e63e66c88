/** R8: passive agents are rows, not cells; nobody can tell the difference. */
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { Kind } from "../../src/supervisor/kinds.ts";
import { Cell } from "../../src/supervisor/cell.ts";
import { Registry } from "../../src/supervisor/registry.ts";
import { agentRecord } from "../contract/store-rows.ts";
import { ClockRig, type ClockRigOptions } from "./clock-rig.ts";

const caller = { name: "tester" };
const longMs = 120_000;

describe("the registry", () => {
  const kind = { name: "echo", hash: "b1" } as Kind;
  const at = { cursors: [1, 0, 7, 2] as const, turns: 5, lastSeq: 9 };

  it("makes the cell of a passive agent once, and as it was", () => {
    const registry = new Registry();
    const woken: string[] = [];
    registry.listen({ woken: ({ address }) => woken.push(address) });
    const record = agentRecord(7, { generation: 4, restarts: 2, createdAtMs: 123_456_789_012 });
    registry.addPassive(record, kind, at);
    expect([registry.size, [...registry.awake()].length]).toEqual([1, 0]);
    expect(registry.counts()).toMatchObject({ passive: 1, running: 0 });
    const cell = registry.byKey(7)!;
    expect(registry.find(record.address)).toBe(cell);
    expect(woken).toEqual([record.address]);
    expect(cell.record).toEqual(record);
    expect(cell).toMatchObject({ kind, cursors: [1, 0, 7, 2], turns: 5, lastSeq: 9 });
    expect([cell.status, cell.hasState, cell.mailbox.depth]).toEqual(["passive", true, 0]);
  });

  it("takes it back with what has changed, and tells only of those not asked for", () => {
    const registry = new Registry();
    const record = agentRecord(1);
    registry.addPassive(record, kind, at);
    const cell = registry.get(record.address);
    expect([registry.takeUnasked(), registry.takeUnasked()]).toEqual([[], [cell]]);
    registry.get(record.address);
    expect(registry.takeUnasked()).toEqual([]);
    cell.lastSeq = 12;
    cell.record = { ...record, generation: 9 };
    registry.rest(cell);
    expect([...registry.awake()]).toEqual([]);
    expect(registry.lastGeneration(record.address)).toBe(9);
    const again = registry.get(record.address);
    expect(again).not.toBe(cell);
    expect([again.lastSeq, again.record.generation]).toEqual([12, 9]);
    registry.rest(cell);
    expect(registry.get(record.address)).toBe(again);
  });

  it("makes all cells for who changes them all, those below an address for others", () => {
    const registry = new Registry();
    const record = (key: number, address: string) => agentRecord(key, { address });
    registry.addPassive(record(1, "/a/one"), kind, at);
    registry.addPassive(record(2, "/ab/two"), kind, at);
    registry.add(new Cell(record(3, "/three"), kind));
    registry.wakeBelow("/a");
    expect([...registry.awake()].map(({ address }) => address)).toEqual(["/three", "/a/one"]);
    expect([...registry.all()].map(({ key }) => key)).toEqual([1, 2, 3]);
    expect([...registry.awake()]).toHaveLength(3);
  });

  it("pauses passive agents too", () => {
    const registry = new Registry();
    registry.addPassive(agentRecord(1), kind, at);
    registry.pauseAll(true);
    expect(registry.counts()).toMatchObject({ paused: 1, passive: 0 });
    expect(registry.byKey(1)?.status).toBe("paused");
  });
});

it("a passive agent takes at most 300 bytes of heap", async () => {
  const file = fileURLToPath(new URL("./passive-heap.ts", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "--v8-flags=--expose-gc", file],
  }).output();
  expect(success, new TextDecoder().decode(stderr)).toBe(true);
  const bytes = Number(new TextDecoder().decode(stdout));
  expect(bytes).toBeGreaterThan(50);
  expect(bytes).toBeLessThanOrEqual(300);
}, 30_000);

describe("a passive agent of a dynamic supervisor", () => {
  let rig: ClockRig;
  const children = [
    { type: "dynamic" as const, id: "pool", maxChildren: 2, maxRunning: 1, ...grants() },
  ];

  function grants() {
    return { grants: { calls: ["file.read"] } };
  }

  async function open(options: Partial<ClockRigOptions> = {}): Promise<void> {
    rig = await new ClockRig({ children, kinds: ["sleeper"], ...options }).start();
    await spawn("a");
    await rig.send("/pool/a", "count");
    await rig.clock.pass(longMs);
  }

  async function spawn(name: string) {
    const spawned = rig.system.spawn(caller, { address: `/pool/${name}`, kind: "sleeper" });
    spawned.catch(() => {});
    await rig.clock.settle();
    return await spawned;
  }

  afterEach(() => rig.stop());

  it.each([false, true])("goes on where it was (restart of the system: %s)", async (restart) => {
    await open();
    if (restart) {
      await rig.kill();
      await rig.start();
    }
    const { generation } = await rig.system.agent("/pool/a");
    await rig.clock.pass(longMs);
    await rig.send("/pool/a", "count");
    expect(await rig.ask("/pool/a")).toEqual({ count: 2 });
    const detail = await rig.system.agent("/pool/a");
    expect(detail).toMatchObject({ generation: generation + 1, status: "running" });
    const { items } = await rig.system.messages({ to: "/pool/a", limit: 9 });
    expect(items.map(({ envelope }) => envelope.seq).sort()).toEqual([1, 2, 3]);
  });

  it("is shown with its state", async () => {
    await open();
    expect(await rig.system.agent("/pool/a")).toMatchObject({
      status: "passive",
      state: { value: "idle", context: { count: 1 } },
    });
    const tree = await rig.system.tree();
    expect(tree.children[0]?.children).toMatchObject([{ address: "/pool/a", status: "passive" }]);
  });

  it("keeps its place and its address", async () => {
    await open();
    await expect(spawn("a")).rejects.toMatchObject({ code: "address_taken" });
    expect((await spawn("b")).status).toBe("pending");
    await expect(spawn("c")).rejects.toMatchObject({ code: "too_many_children" });
    const deleted = rig.system.delete(caller, "/pool/a");
    await rig.clock.settle();
    await deleted;
    await rig.clock.settle();
    expect((await rig.system.agent("/pool/b")).status).toBe("running");
    expect((await spawn("c")).status).toBe("pending");
  });

  it("gets the result of a call that was open when it became passive", async () => {
    await open();
    await rig.send("/pool/a", "call");
    await rig.clock.pass(longMs);
    expect(await rig.system.agent("/pool/a")).toMatchObject({ status: "passive" });
    rig.answerCalls();
    await rig.clock.settle();
    expect(await rig.system.agent("/pool/a")).toMatchObject({
      calls: [],
      state: { value: "idle" },
    });
  });

  it("is woken by its delay", async () => {
    await open();
    await rig.send("/pool/a", "later", { ms: 10 * longMs });
    await rig.clock.pass(10 * longMs);
    expect(await rig.ask("/pool/a")).toEqual({ count: 2 });
  });
});
