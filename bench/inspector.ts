/**
 * What the inspector takes of a core while it shows 1,000 agents that change ten times a second:
 * `node_modules/.bin/deno run -A bench/inspector.ts [AGENTS]`. The service is a made one in this
 * process, so that only the inspector is measured; the terminal is tmux, 80×24.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/clock.ts";
import { openDoorTo } from "../tests/api/open-door.ts";
import { writeMark } from "../tests/cli/run-cli.ts";
import { OddControl } from "../tests/inspector/odd-control.ts";
import { agent, pool, tree } from "../tests/inspector/scene.ts";
import { pause } from "../tests/support/eventually.ts";
import { familyOf } from "../tests/support/processes.ts";
import { Tmux } from "../tests/support/tmux.ts";

const measuredMs = 20_000;
const frameMs = 100;
const ticksPerS = 100;

/** User and system time of a process, seconds. */
function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerS;
}

/** Tells of agents until `signal`; `changed` of them are different each time. */
async function tell(
  control: OddControl,
  addresses: string[],
  changed: number,
  signal: AbortSignal,
) {
  for (let turn = 0; !signal.aborted; turn++) {
    const begunMs = systemClock.monotonicMs();
    const agents = Array.from({ length: changed }, (_, i) => ({
      address: addresses[(turn * changed + i) % addresses.length]!,
      kind: "worker",
      status: "running" as const,
      mailboxDepth: (turn + i) % 90,
      oldestAtMs: systemClock.wallMs() - 1_000 * i,
      turnsPerS: (turn * 7 + i) % 50,
      restarts: 0,
      hostPid: null,
      blockedOn: null,
      error: null,
    }));
    control.tell({ atMs: systemClock.wallMs(), agents });
    await pause(Math.max(1, frameMs - (systemClock.monotonicMs() - begunMs)), signal);
  }
}

async function measure(count: number): Promise<void> {
  const addresses = Array.from({ length: count }, (_, i) => `/workers/w-${i}`);
  const control = new OddControl(tree(pool("/workers", addresses.map((one) => agent(one)))));
  const door = openDoorTo(control, control.tokens);
  const home = await Deno.makeTempDir();
  await writeMark(home, door.url, Deno.pid, door.token);
  const tmux = await Tmux.open();
  try {
    const launcher = fileURLToPath(new URL("../bin/dreamos", import.meta.url));
    await tmux.command(`${launcher} inspect --home ${home}`);
    await tmux.until(/Dream\.OS up/);
    const shell = await tmux.pid();
    const { pid } = familyOf(shell).find((one) => one.pid !== shell)!;
    for (const changed of [0, Math.ceil(count / 20), count]) {
      const step = new AbortController();
      const telling = changed > 0 && tell(control, addresses, changed, step.signal);
      await pause(3_000);
      const [beganMs, before] = [systemClock.monotonicMs(), cpuSeconds(pid)];
      await pause(measuredMs);
      const tookMs = systemClock.monotonicMs() - beganMs;
      const percent = (cpuSeconds(pid) - before) / tookMs * 100_000;
      console.log(`${count} agents, ${changed} changed a frame: ${percent.toFixed(1)} % of a core`);
      step.abort();
      await telling;
    }
  } finally {
    await tmux.close();
    await door.shutdown();
    await Deno.remove(home, { recursive: true });
  }
}

if (import.meta.main) {
  await measure(Number(Deno.args[0] ?? 1_000));
  Deno.exit(0);
}
