import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliverFrame, Listener, requestFor, startAgent } from "../contract/hosts.contract.ts";
import { systemClock } from "../../src/clock.ts";
import { openHosts } from "../../src/host/host-pool.ts";
import { defaultLimits } from "../../src/limits.ts";
import { countWorkerThreads, processIdentity } from "../../src/processes.ts";
import { bundleOf, echo, misbehaving, openRig, type Rig } from "./rig.ts";
import { eventually } from "../support/eventually.ts";

const killGraceMs = 300;

describe("hosts that do not start", () => {
  it("refuse the agent, and say why", async () => {
    const folder = await Deno.makeTempDir();
    const runtime = { host: `${folder}/gone.js`, thread: `${folder}/gone.js` };
    const options = { limits: defaultLimits, clock: systemClock, folder, runtime, onLog() {} };
    const withoutDeno = await openHosts({ ...options, execPath: `${folder}/deno` });
    await expect(withoutDeno.place(requestFor(echo), new Listener()))
      .rejects.toMatchObject({
        code: "host_lost",
        message: expect.stringMatching(/cannot be run/),
      });
    const withoutFile = await openHosts({ ...options, execPath: Deno.execPath() });
    await expect(withoutFile.place(requestFor(echo), new Listener()))
      .rejects.toMatchObject({ code: "host_lost", message: expect.stringMatching(/exit code 1/) });
    const read = ["/a,b"];
    await expect(withoutFile.place(requestFor(echo, { read }), new Listener()))
      .rejects.toMatchObject({ code: "bad_swarm", message: expect.stringMatching(/\/a,b/) });
    expect([...withoutDeno.list(), ...withoutFile.list()]).toEqual([]);
    await Deno.remove(folder, { recursive: true });
  });
});

describe("faults of threads", () => {
  let rig: Rig;
  beforeAll(async () => rig = await openRig({ killGraceMs, frameBytes: 1024 * 1024, heapMb: 96 }));
  afterAll(() => rig.close());

  it("ends the host of a thread that would not stop, and tells its neighbours", async () => {
    const group = "loop";
    const neighbour = await startAgent(rig.hosts, requestFor(echo, { group }));
    const loop = await startAgent(
      rig.hosts,
      requestFor(misbehaving(`post({ t: "pong" }); for (;;) {}`), { group }),
    );
    expect(loop.thread.hostPid).toBe(neighbour.thread.hostPid);
    loop.thread.send(deliverFrame(2, ["do"]));
    await loop.heard.until((it) => it.frames.some(({ t }) => t === "pong"), "the loop");
    neighbour.thread.send(deliverFrame(2, ["ping"]));
    await neighbour.heard.until((it) => it.turns().includes(2), "the neighbour's turn");
    const startedAt = performance.now();
    await loop.thread.kill();
    expect(performance.now() - startedAt).toBeLessThan(killGraceMs + 1_000);
    expect(processIdentity(loop.thread.hostPid)).toBeNull();
    expect(await neighbour.heard.loss()).toMatchObject({ reason: "host_lost", alone: false });
    expect(loop.heard.losses).toEqual([]);
  });

  const ends: [name: string, body: string, message: RegExp][] = [
    ["a throw that escapes", `queueMicrotask(() => { throw new Error("escaped") })`, /escaped/],
    ["an unhandled rejection", `Promise.reject(new Error("unhandled"))`, /unhandled/],
    ["Deno.exit", `Deno.exit(0)`, /ended itself/],
    ["close", `self.close()`, /ended itself/],
    ["a frame above the limit", `post({ t: "x".repeat(2_000_000) })`, /at most 1048576/],
  ];
  for (const [name, body, message] of ends) {
    it(`ends only the thread: ${name}`, async () => {
      const group = `ends ${name}`;
      const code = name.startsWith("a frame")
        ? bundleOf(`exports.turn = (types) => { if (types.includes("do")) { ${body} } return [] }`)
        : misbehaving(body);
      const neighbour = await startAgent(rig.hosts, requestFor(echo, { group }));
      const { thread, heard } = await startAgent(rig.hosts, requestFor(code, { group }));
      thread.send(deliverFrame(2, ["do"]));
      const loss = await heard.loss();
      expect(loss.reason).toBe("exited");
      expect(loss.message).toMatch(message);
      neighbour.thread.send(deliverFrame(2, ["ping"]));
      await neighbour.heard.until((it) => it.turns().includes(2), "the neighbour's turn");
      expect(neighbour.heard.losses).toEqual([]);
      await neighbour.thread.kill();
    });
  }

  it("ends a host in which a nested worker outlives its thread", async () => {
    const group = "stray";
    const neighbour = await startAgent(rig.hosts, requestFor(echo, { group }));
    const nesting = misbehaving(
      `const threads = process.getBuiltinModule("node:worker_threads");
       new threads.Worker("for(;;){}", { eval: true });`,
    );
    const { thread, heard } = await startAgent(rig.hosts, requestFor(nesting, { group }));
    thread.send(deliverFrame(2, ["do"]));
    await heard.until((it) => it.turns().includes(2), "a second turn");
    await eventually(() => countWorkerThreads(thread.hostPid)! > 3, {
      deadlineMs: 5_000,
      everyMs: 5,
      what: "the nested worker",
    });
    await thread.kill();
    expect(processIdentity(thread.hostPid)).toBeNull();
    expect((await neighbour.heard.loss()).message).toMatch(/ran \d+ threads, \d+ of them known/);
  });

  it("ends a host in which a nested worker runs beside its thread", async () => {
    const nesting = misbehaving(
      `const threads = process.getBuiltinModule("node:worker_threads");
       new threads.Worker("for(;;){}", { eval: true });`,
    );
    const { thread, heard } = await startAgent(rig.hosts, requestFor(nesting, { alone: true }));
    thread.send(deliverFrame(2, ["do"]));
    const loss = await heard.loss();
    expect(loss).toMatchObject({ reason: "host_lost", alone: true });
    expect(loss.message).toMatch(/ran \d+ threads, \d+ of them known/);
  });

  it("does not give a thread the ways to other threads", async () => {
    const names = ["postMessage", "Worker", "BroadcastChannel"];
    const looking = misbehaving(
      `throw new Error(${JSON.stringify(names)}.map((name) => typeof globalThis[name]).join())`,
    );
    const { thread, heard } = await startAgent(rig.hosts, requestFor(looking));
    thread.send(deliverFrame(2, ["do"]));
    expect((await heard.loss()).message).toContain("undefined,undefined,undefined");
  });

  it("says that memory ran out", async () => {
    const hungry = misbehaving(
      `const all = []; for (;;) all.push(new Array(1e6).fill(all.length))`,
    );
    const { thread, heard } = await startAgent(rig.hosts, requestFor(hungry, { alone: true }));
    thread.send(deliverFrame(2, ["do"]));
    const loss = await heard.loss();
    expect(loss).toMatchObject({ reason: "out_of_memory", alone: true });
    expect(loss.message).toMatch(/out of memory/);
  });

  it("answers for a bundle that never ends its top level", async () => {
    const endless = bundleOf("for (;;) {}");
    const described = await rig.hosts.describe(endless, 300);
    expect(described).toMatchObject({ ok: false, error: { name: "TimeoutError" } });
    expect(await rig.hosts.describe(echo, 10_000)).toMatchObject({ ok: true });
  });
});
