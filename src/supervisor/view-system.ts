/** The system as a whole, as people and programs see it. */
import type { SystemStatus } from "./control.ts";
import type { Core } from "./core.ts";
import type { Tree } from "./tree.ts";

type About = Pick<
  SystemStatus,
  "home" | "version" | "pid" | "startedAtMs" | "safeMode" | "retention"
>;

/** All numbers as of now; `tally` counts ends since the start. */
export async function viewSystem(
  { store, hosts, tools, registry }: Core,
  about: About,
  tally: Tree["tally"],
): Promise<SystemStatus> {
  const { startedAtMs, version, pid, home, safeMode, retention } = about;
  return {
    startedAtMs,
    version,
    pid,
    home,
    agents: registry.counts(),
    hosts: hosts.list(),
    toolHostPid: tools.pid,
    deadLetters: await store.deadLetterCount(),
    available: store.available,
    safeMode,
    memory: await store.memory.stats(),
    retention,
    exitsByReason: { ...tally.exits },
    restartsByReason: { ...tally.restarts },
  };
}
