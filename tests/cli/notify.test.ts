/** What systemd is told, over a socket as systemd has it. */
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { openNotifier } from "../../src/cli/notify.ts";
import { eventually } from "../support/eventually.ts";
import { HandClock } from "../support/hand-clock.ts";
import { startService } from "../support/service.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Its end of the socket: all datagrams so far, each as its lines. */
async function openSystemd(address?: string) {
  const folder = await Deno.makeTempDir();
  const path = address?.replace("@", "\0") ?? join(folder, "notify");
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const told: string[][] = [];
  const reading = (async () => {
    for await (const [bytes] of socket) told.push(new TextDecoder().decode(bytes).split("\n"));
  })();
  closers.push(async () => {
    socket.close();
    await reading;
    await Deno.remove(folder, { recursive: true });
  });
  const count = (line: string) => told.filter((lines) => lines.includes(line)).length;
  return { env: { NOTIFY_SOCKET: address ?? path }, told, count };
}

test("a service tells when it is ready, how it is, that it lives, and that it stops", async () => {
  const systemd = await openSystemd();
  const service = await startService({ env: { ...systemd.env, WATCHDOG_USEC: "600000" } });
  closers.push(() => service.remove());
  await eventually(() => systemd.count("WATCHDOG=1") >= 3, { what: "a fed watchdog" });
  const all = () => systemd.told.flat();
  const ready = all().indexOf("READY=1");
  expect(all().slice(0, ready)).toEqual(
    expect.arrayContaining(["STATUS=Reading the swarm", "STATUS=Building the agents"]),
  );
  expect(all().slice(0, ready)).not.toContain("WATCHDOG=1");
  expect(all().filter((line) => line === "READY=1")).toHaveLength(1);
  expect(all().findLast((line) => line.startsWith("STATUS="))).toMatch(/^STATUS=Agents: \d+ /);
  expect(await service.stop("SIGTERM")).toBe(0);
  await eventually(() => all().includes("STOPPING=1"));
  // Its hosts hear nothing of it, so none of them can answer for the service.
  expect(all().filter((line) => /^(MAINPID|FDSTORE)/.test(line))).toEqual([]);
}, 90_000);

test("the watchdog is fed only after progress has come back", async () => {
  const systemd = await openSystemd(`@dreamos-test-${Deno.pid}`);
  const clock = new HandClock(0);
  const notifier = openNotifier({ ...systemd.env, WATCHDOG_USEC: "30000000" }, clock, 42);
  closers.push(() => notifier.close());
  let stuck: PromiseWithResolvers<string> | null = null;
  notifier.ready(() => stuck?.promise ?? Promise.resolve("all\nwell"));
  await eventually(() => systemd.count("WATCHDOG=1") === 1);
  expect(systemd.told.flat()).toContain("STATUS=all well");
  await clock.pass(9_999);
  expect(systemd.count("WATCHDOG=1")).toBe(1);
  await clock.pass(1);
  await eventually(() => systemd.count("WATCHDOG=1") === 2);
  stuck = Promise.withResolvers();
  await clock.pass(300_000);
  expect(systemd.count("WATCHDOG=1")).toBe(2);
  // Work that fails is progress too: a full disk is no reason for a restart.
  stuck.reject(new Error("storage takes nothing new"));
  await eventually(() => systemd.count("STATUS=storage takes nothing new") === 1);
  expect(systemd.count("WATCHDOG=1")).toBe(3);
});

test("nothing is fed for another process, or without a watchdog", async () => {
  const systemd = await openSystemd();
  const forAnother = { WATCHDOG_USEC: "1000", WATCHDOG_PID: "1" };
  for (const [i, more] of [forAnother, {}].entries()) {
    const clock = new HandClock(0);
    const notifier = openNotifier({ ...systemd.env, ...more }, clock, 4_000_000 + i);
    closers.push(() => notifier.close());
    notifier.ready(() => Promise.resolve(`well ${i}`));
    await eventually(() => systemd.count(`STATUS=well ${i}`) === 1);
    await clock.pass(30_000);
    await eventually(() => systemd.count(`STATUS=well ${i}`) === 2);
  }
  expect(systemd.count("WATCHDOG=1")).toBe(0);
});

test("a systemd that has gone, or none, does no harm", async () => {
  const gone = { NOTIFY_SOCKET: "/nowhere/notify", WATCHDOG_USEC: "1000" };
  for (const env of [gone, {}, { NOTIFY_SOCKET: "" }, { NOTIFY_SOCKET: "vsock:2:1234" }]) {
    const clock = new HandClock(0);
    const notifier = openNotifier(env, clock, 43);
    notifier.step("Reading");
    notifier.ready(() => Promise.resolve("well"));
    await clock.pass(10_000);
    notifier.stopping();
    notifier.close();
  }
});
