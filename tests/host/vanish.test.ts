import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { endNotedProcesses, noteProcess, processIdentity } from "../../src/processes.ts";
import { pathOf } from "./rig.ts";
import { eventually } from "../support/eventually.ts";

interface Vanishing {
  pid: number;
  folder: string;
  pids: number[];
}

async function startControl(): Promise<Vanishing> {
  const child = spawn(Deno.execPath(), [
    "run",
    "-A",
    "--unstable-worker-options",
    pathOf("vanishing-control.ts"),
  ], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Uint8Array) => {
      text += new TextDecoder().decode(chunk);
      if (text.includes("\n")) resolve(text);
    });
    child.on("exit", () => reject(new Error("The control process ended before it was ready")));
  });
  return { pid: child.pid!, ...JSON.parse(line) as Omit<Vanishing, "pid"> };
}

function isGone(pid: number): boolean {
  return processIdentity(pid) === null;
}

describe("hosts whose control process vanishes", () => {
  it("end within a second, also with a thread in a tight loop", async () => {
    const control = await startControl();
    try {
      expect(control.pids.map(isGone)).toEqual([false, false]);
      Deno.kill(control.pid, "SIGKILL");
      await eventually(() => control.pids.every(isGone), {
        deadlineMs: 1_000,
        everyMs: 5,
        what: "the end of both hosts",
      });
      expect(await endNotedProcesses(control.folder, systemClock)).toBe(0);
    } finally {
      await Deno.remove(control.folder, { recursive: true });
    }
  });

  it("are ended by the next one when they stay", async () => {
    const control = await startControl();
    try {
      // A stopped process cannot see its socket close.
      for (const pid of control.pids) Deno.kill(pid, "SIGSTOP");
      Deno.kill(control.pid, "SIGKILL");
      await eventually(() => isGone(control.pid), {
        everyMs: 5,
        what: "the end of the control process",
      });
      expect(control.pids.map(isGone)).toEqual([false, false]);
      expect(await endNotedProcesses(control.folder, systemClock)).toBe(2);
      expect(control.pids.map(isGone)).toEqual([true, true]);
    } finally {
      await Deno.remove(control.folder, { recursive: true });
    }
  });

  it("are told from other processes of the same pid", async () => {
    const folder = await Deno.makeTempDir();
    const child = spawn("/bin/sleep", ["30"], { stdio: "ignore" });
    try {
      noteProcess(folder, child.pid!);
      await Deno.writeTextFile(`${folder}/${child.pid}`, "another boot:12345");
      expect(await endNotedProcesses(folder, systemClock)).toBe(0);
      expect(isGone(child.pid!)).toBe(false);
      expect([...Deno.readDirSync(folder)]).toEqual([]);
    } finally {
      child.kill("SIGKILL");
      await Deno.remove(folder, { recursive: true });
    }
  });
});
