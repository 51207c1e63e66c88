/** Real hosts with threads that run test code. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { openHosts } from "../../src/host/host-pool.ts";
import type { Bundle, Hosts } from "../../src/host/hosts.ts";
import { processIdentity } from "../../src/processes.ts";
import { buildRuntime, type RuntimeFiles } from "../../src/host/runtime.ts";
import { defaultLimits, type Limits } from "../../src/limits.ts";

export function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

export const entries = {
  host: pathOf("../../src/host/host.ts"),
  thread: pathOf("fake-thread.ts"),
};

export function bundleOf(code: string): Bundle {
  return { hash: createHash("sha256").update(code).digest("hex"), code };
}

export const echo = bundleOf(`
exports.manifest = { kind: "echo", accepts: { ping: {} } };
exports.turn = (types) => types;
`);
export const broken = bundleOf(`throw new Error("broken on purpose")`);

/** An agent that does something at each `do`. */
export function misbehaving(body: string): Bundle {
  return bundleOf(`exports.turn = (types) => { if (types.includes("do")) { ${body} } return []; }`);
}

export interface Rig {
  hosts: Hosts;
  folder: string;
  logs: string[];
  close(): Promise<void>;
}

export async function openRig(
  limits: Partial<Limits> = {},
  runtime?: (folder: string) => Promise<RuntimeFiles>,
): Promise<Rig> {
  const folder = await Deno.makeTempDir({ prefix: "dreamos-hosts-" });
  const logs: string[] = [];
  const hosts = await openHosts({
    limits: { ...defaultLimits, ...limits },
    clock: systemClock,
    execPath: Deno.execPath(),
    folder,
    runtime: await (runtime ?? ((into) => buildRuntime(into, entries)))(folder),
    onLog: (line) => logs.push(line),
  });
  return {
    hosts,
    folder,
    logs,
    async close() {
      const pids = hosts.list().map(({ pid }) => pid);
      await hosts.stop();
      await Deno.remove(folder, { recursive: true });
      const left = pids.filter((pid) => processIdentity(pid) !== null);
      if (left.length > 0) throw new Error(`Hosts ${left.join(", ")} are still there`);
    },
  };
}
