/** Every verb in every status: it works as docs/verbs.md says, or its code names both. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentStatuses } from "../../src/agent-status.ts";
import type { AgentStatus } from "../../src/agent-status.ts";
import type { DreamError } from "../../src/errors.ts";
import type { VerbInput } from "../../src/supervisor/control.ts";
import { agentVerbs, isDone, refusalOf, type RestartMode } from "../../src/verbs.ts";
import { eventually } from "../support/eventually.ts";
import { openRig, type Rig } from "./rig.ts";

type Form = { name: string; mode: RestartMode; input: Omit<VerbInput, "address"> };

const forms: Form[] = [
  ...agentVerbs.map((verb): Form => (
    { name: verb, mode: "state", input: verb === "drain" ? { verb, waitMs: 0 } : { verb } }
  )),
  { name: "fresh", mode: "fresh", input: { verb: "restart", fresh: true } },
  { name: "from", mode: "checkpoint", input: { verb: "restart", fromCheckpoint: 0 } },
];
const caller = { name: "tester" };
const many = { intensity: 100, shutdownMs: 50, backoffMs: 1, backoffMaxMs: 2 };
const hour = 3_600_000;
const slowly = { backoffMs: hour, backoffMaxMs: hour, periodMs: 100_000 * hour };
const pool = (id: string, more = {}) => ({ type: "dynamic" as const, id, ...many, ...more });
const agent = (id: string) => ({ type: "agent" as const, id, agent: "probe" });

let folder: string;
let rig: Rig;
const runnable: readonly AgentStatus[] = ["pending", "running", "passive", "blocked", "restarting"];

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  rig = await openRig({
    folder,
    children: [
      agent("wall"),
      agent("named"),
      pool("pool"),
      pool("slow", slowly),
      pool("narrow", { maxRunning: 1 }),
    ],
    limits: { maxAttempts: 1, idleAfterMs: 1, mailbox: 20 },
    swarm: { intensity: 100 },
  });
  rig.hosts.holds = (address) => address === "/wall" || address.includes("/running-");
  for (const name of ["x", "y", "z"]) {
    const message = { to: "/wall", type: "note", payload: { n: 1 } };
    for (let n = 0; n < 10; n++) await rig.system.send({ name }, [message]).catch(() => {});
  }
  await rig.system.spawn(caller, { address: "/narrow/first", kind: "probe" });
});
afterAll(async () => {
  await rig.close();
  await Deno.remove(folder, { recursive: true });
});

const statusOf = async (address: string) => (await rig.system.agent(address)).status;

const places: Partial<Record<AgentStatus, string>> = { restarting: "/slow", pending: "/narrow" };
const restarts: Partial<Record<AgentStatus, "transient" | "temporary">> = {
  completed: "transient",
  failed: "temporary",
};
/** What brings a fresh agent into the status. */
const ways: Partial<Record<AgentStatus, (to: string) => Promise<unknown>>> = {
  running: (to) => rig.send(to, "note", { n: 1 }),
  blocked: (to) => rig.send(to, "pass", { to: "/wall", count: 1 }),
  paused: (address) => rig.system.carryOut(caller, { verb: "pause", address }),
  restarting: (to) => rig.send(to, "crash", {}),
  parked: (to) =>
    rig.system.send(caller, [1, 2, 3].map((n) => ({ to, type: "crash", payload: { n } }))),
  completed: (to) => rig.send(to, "finish", {}),
  failed: (to) => rig.send(to, "crash", {}),
  stopped: (address) => rig.system.carryOut(caller, { verb: "stop", address }),
};

/** An agent in `status`; all but `pending` ones have a state and, after a crash, a checkpoint. */
async function bring(status: AgentStatus, name: string): Promise<string> {
  const address = `${places[status] ?? "/pool"}/${status}-${name}`;
  const restart = restarts[status] ?? "permanent";
  await rig.system.spawn(caller, { address, kind: "probe", restart });
  if (status !== "running" && status !== "pending") await rig.notes(address);
  await ways[status]?.(address);
  await eventually(async () => await statusOf(address) === status, { what: `${name} ${status}` });
  return address;
}

/** Gives the agent a checkpoint to go back to, as a restart would. */
async function checkpointOf(address: string): Promise<number> {
  const [found] = await rig.system.checkpoints(address);
  if (found) return found.id;
  const { record } = (await rig.store.agents()).find((one) => one.record.address === address)!;
  const row = { key: record.key, atMs: 1, lastKey: record.key, mark: "0" };
  await rig.store.commit([{ op: "checkpoint", row: { ...row, reason: "restart" } }]);
  return (await rig.system.checkpoints(address))[0]?.id ?? 1;
}

function wanted(verb: string): readonly (AgentStatus | null)[] {
  if (verb === "pause") return ["paused"];
  if (verb === "stop") return ["stopped"];
  if (verb === "delete") return [null];
  return verb === "drain" ? ["stopped", ...runnable] : runnable;
}

describe.each(agentStatuses)("in status %s", (status) => {
  it.each(forms)("$name works or is refused", async ({ name, mode, input }) => {
    const address = await bring(status, name);
    const order: VerbInput = { ...input, address };
    if (mode === "checkpoint") order.fromCheckpoint = await checkpointOf(address);
    const code = refusalOf(input.verb, status, { mode, isInSwarm: false });
    const done = rig.system.carryOut(caller, order);
    if (code) {
      const error: DreamError = await done.then(() => null, (thrown) => thrown);
      expect(error).toMatchObject({ code, details: { verb: input.verb, status, address } });
      expect(code).toBe(`cannot_${input.verb}_${status}`);
      expect(error.message).toContain(input.verb);
      expect(error.message).toContain(status);
      return expect(await statusOf(address)).toBe(status);
    }
    if (mode === "checkpoint" && (status === "pending" || status === "running")) {
      return await expect(done).rejects.toMatchObject({ code: "checkpoint_not_found" });
    }
    const { agents: [outcome] } = await done;
    expect(outcome).toMatchObject({ address, from: status, error: null });
    expect(wanted(input.verb)).toContain(outcome!.status);
    if (isDone(input.verb, status, mode)) expect(outcome!.status).toBe(status);
  });
});

describe("an agent of the swarm file", () => {
  it("is deleted only when it does not run", async () => {
    const refused = rig.system.carryOut(caller, { verb: "delete", address: "/named" });
    const from = await refused.then(() => null, ({ details }) => details.status);
    expect(runnable).toContain(from);
    await expect(refused).rejects.toMatchObject({ code: `cannot_delete_${from}` });
    await rig.system.carryOut(caller, { verb: "stop", address: "/named" });
    await rig.system.carryOut(caller, { verb: "delete", address: "/named" });
    await expect(rig.system.agent("/named")).rejects.toMatchObject({ code: "agent_not_found" });
  });
});

it("what was paused or stopped is so after a kill of everything", async () => {
  const all = async () => {
    const { items } = await rig.system.agents({ limit: 500 });
    const still = items.filter(({ status }) => status === "paused" || status === "stopped");
    return still.map(({ address, status }) => `${address} ${status}`);
  };
  const before = await all();
  expect(before.length).toBeGreaterThan(15);
  rig = await rig.crash();
  expect(await all()).toEqual(before);
});
