import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { endNotedProcesses } from "../../src/processes.ts";
import type { ToolHostOptions } from "../../src/tools/tool-host.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning, kill9, markOf } from "../support/processes.ts";
import { openRig, type Rig } from "./rig.ts";

let rig: Rig;
const impostors: string[] = [];
afterEach(async () => {
  const opened: Rig | undefined = rig;
  rig = undefined as unknown as Rig;
  await opened?.close();
  for (const folder of impostors.splice(0)) await Deno.remove(folder, { recursive: true });
});

const ids = systemIds(systemClock);
const stop = (pid: number) => Deno.kill(pid, "SIGSTOP");
const go = (pid: number) => Deno.kill(pid, "SIGCONT");

function call(path: string, { key = "k", deadlineMs = 5_000 } = {}): Promise<unknown> {
  const grant = { read: [rig.folder] };
  return rig.host.call({ key, name: "file.read", input: { path }, grant, deadlineMs });
}

test("the process may read the granted folders and nothing else, without environment", async () => {
  rig = await openRig();
  const { pid } = rig.host;
  const command = (await Deno.readTextFile(`/proc/${pid}/cmdline`)).split("\0");
  const rights = command.filter((word) => word.startsWith("--allow") || word === "-A");
  expect(rights).toEqual([`--allow-read=./tool-host-main.ts,${rig.folder}`]);
  const environment = await Deno.readTextFile(`/proc/${pid}/environ`);
  const names = environment.split("\0").map((one) => one.split("=")[0]).filter(Boolean);
  expect(names.sort()).toEqual([
    "DENO_DIR",
    // Deno's own, for descriptor 3.
    "DENO_EXTRA_STDIO_FDS",
    "DENO_NO_UPDATE_CHECK",
    "NO_COLOR",
  ]);
});

test("past its deadline a call fails and its late result harms nobody", async () => {
  rig = await openRig();
  const path = await rig.write("a.md", "a");
  stop(rig.host.pid!);
  await expect(call(path, { deadlineMs: 200 })).rejects.toMatchObject({ code: "call_timeout" });
  const again = call(path);
  go(rig.host.pid!);
  expect(await again).toMatchObject({ text: "a" });
  expect(await call(path)).toMatchObject({ text: "a" });
});

test("a cancelled call fails, and the same key can be called again", async () => {
  rig = await openRig();
  const path = await rig.write("a.md", "a");
  const failed = expect(call(path)).rejects.toMatchObject({ code: "call_failed" });
  rig.host.cancel("k");
  await failed;
  expect(await call(path)).toMatchObject({ text: "a" });
  rig.host.cancel("k");
  expect(await call(path)).toMatchObject({ text: "a" });
});

test("one key at a time is one call", async () => {
  rig = await openRig();
  const path = await rig.write("a.md", "a");
  expect(await Promise.all([call(path), call(path)])).toMatchObject([{ text: "a" }, { text: "a" }]);
});

test("a hundred calls at once are all answered", async () => {
  rig = await openRig();
  const path = await rig.write("a.md", "a".repeat(500_000));
  const calls = Array.from({ length: 100 }, (_, i) => call(path, { key: `k${i}` }));
  for (const result of await Promise.all(calls)) expect(result).toMatchObject({ sizeBytes: 5e5 });
});

test("calls of a killed process are lost, calls without a process wait for one", async () => {
  rig = await openRig();
  const path = await rig.write("a.md", "a");
  const first = rig.host.pid!;
  const mark = markOf(first)!;
  stop(first);
  const lost = expect(call(path)).rejects.toMatchObject({ code: "host_lost" });
  kill9(mark);
  await lost;
  expect(await call(path, { key: "later" })).toMatchObject({ text: "a" });
  expect(rig.host.pid).not.toBe(first);
  stop(rig.host.pid!);
  kill9(markOf(rig.host.pid!)!);
  const early = call(path, { key: "early", deadlineMs: 1 });
  await expect(early).rejects.toMatchObject({ code: expect.stringMatching(/timeout|lost/) });
});

test("pauses between restarts double up to a bound, chance taken in full", async () => {
  const pauses: number[] = [];
  rig = await openRig({
    ids: { ...ids, random: () => 0.1 },
    onExit: ({ pauseMs }) => pauses.push(pauseMs),
  });
  for (let end = 1; end <= 5; end++) {
    await eventually(() => rig.host.pid !== null && kill9(markOf(rig.host.pid)!), { everyMs: 5 });
    await eventually(() => pauses.length === end, { everyMs: 5 });
  }
  expect(pauses).toEqual([20, 40, 80, 160, 320]);
});

test("the process ends when the control process does, and a note tells who it was", async () => {
  rig = await openRig();
  const script = fileURLToPath(new URL("./vanishing-control.ts", import.meta.url));
  const folder = join(rig.base, "other");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, folder],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  const mark = markOf(Number(value))!;
  expect(isRunning(mark)).toBe(true);
  const notes = Array.from(Deno.readDirSync(join(folder, "processes")), ({ name }) => name);
  expect(notes).toContain(`${mark.pid}`);
  child.kill("SIGKILL");
  await child.status;
  const begun = systemClock.monotonicMs();
  await eventually(() => !isRunning(mark), { everyMs: 10, deadlineMs: 5_000 });
  expect(systemClock.monotonicMs() - begun).toBeLessThan(1_000);
  await reader.cancel();
  expect(await endNotedProcesses(join(folder, "processes"))).toBe(0);
});

test("stop leaves no process and no note", async () => {
  rig = await openRig();
  const mark = markOf(rig.host.pid!)!;
  await rig.host.stop();
  expect(isRunning(mark)).toBe(false);
  const notes = Array.from(Deno.readDirSync(join(rig.base, "processes")), ({ name }) => name);
  expect(notes.filter((name) => /^\d+$/.test(name))).toEqual([]);
});

/** A process that says `says` (shell's printf) instead of being a tool host. */
async function impostor(says: string): Promise<Partial<ToolHostOptions>> {
  const folder = await Deno.makeTempDir({ prefix: "impostor-" });
  impostors.push(folder);
  const execPath = join(folder, "impostor");
  await Deno.writeTextFile(execPath, `#!/bin/sh\nprintf '${says}' >&3\nexec sleep 60\n`);
  await Deno.chmod(execPath, 0o755);
  return { execPath };
}

function framed(text: string): string {
  const octal = `000${text.length.toString(8)}`.slice(-3);
  return `\\000\\000\\000\\${octal}${text.replaceAll("%", "%%")}`;
}

const ready = framed('{"t":"ready"}');

test.each([
  ["a frame beyond 8 MiB", "\\377\\377\\377\\377", /a frame of 4294967295 bytes/],
  ["no JSON", framed("{nonsense"), /no JSON/],
  ["no UTF-8", "\\000\\000\\000\\002\\377\\376", /no JSON/],
  ["JSON nested deeply", framed("[".repeat(70) + "]".repeat(70)), /nested too deeply/],
  ["an unknown frame", framed('{"t":"obey"}'), /"obey" is no frame/],
  ["a frame with more in it", framed('{"t":"pong","x":1}'), /"pong" is no frame/],
  ["a result without a value", framed('{"t":"result","key":"k","ok":true}'), /"result"/],
  ["ready twice", ready + ready, /twice/],
])("a process that sends %s is ended", async (_, says, why) => {
  const ends: string[] = [];
  const pids: number[] = [];
  const opening = openRig({
    ids: { ...ids, random: () => 0 },
    ...(await impostor(says)),
    onExit: (end) => {
      ends.push(end.why);
      pids.push(end.pid);
    },
  }).then((opened) => rig = opened, () => null);
  await eventually(() => ends.length > 0, { everyMs: 10 });
  expect(ends[0]).toMatch(why);
  expect(markOf(pids[0]!)).toBe(null);
  await opening;
});

test("a start that fails again and again is given up with the reason", async () => {
  const execPath = "/bin/false";
  const soon = { ids: { ...ids, random: () => 0 } };
  await expect(openRig({ execPath, ...soon })).rejects.toThrow(/it ended 5 times \(exit code 1\)/);
  await expect(openRig({ execPath: "/no/such/program", ...soon })).rejects.toThrow(/ended 5 times/);
});

test("a folder that cannot be granted is refused", async () => {
  await expect(openRig({ read: ["/a,b"] })).rejects.toMatchObject({ code: "bad_swarm" });
});

test("an adapter that does not exist, or with wrong options, fails with the reason", async () => {
  rig = await openRig();
  const start = (adapter: string, options = {}) => rig.host.startAdapter("/a", adapter, options);
  start("mail.watch");
  await eventually(() => rig.states.at(-1)?.message?.includes("no adapter mail.watch"));
  start("file.watch", { folder: "relative" });
  await eventually(() => rig.states.at(-1)?.message?.includes("folder: wanted an absolute path"));
  start("file.watch", { folder: rig.folder, settle: 1 });
  await eventually(() => rig.states.at(-1)?.message?.includes("settle: wanted one of"));
  expect(rig.states.every(({ state }) => state === "failed")).toBe(true);
});

test("a process that no longer answers is replaced", async () => {
  // Twenty seconds are a tenth of one here.
  const clock = {
    ...systemClock,
    after: (ms: number, fire: () => void) => systemClock.after(ms === 20_000 ? 100 : ms, fire),
  };
  rig = await openRig({ clock });
  const path = await rig.write("a.md", "a");
  expect(await call(path)).toMatchObject({ text: "a" });
  const first = rig.host.pid!;
  stop(first);
  await eventually(() => rig.ends.some((why) => why.includes("did not answer")));
  expect(await call(path)).toMatchObject({ text: "a" });
  expect(rig.host.pid).not.toBe(first);
});
