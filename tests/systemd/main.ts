/**
 * `npm run systemd`: a real systemd runs the unit that docs/service.md installs, in a machine of
 * its own (namespaces over this one's files), and does what the page says: waits for READY, kills
 * what a stopped watchdog leaves, restarts after 70 and a kill, not after 78 and 2. Needs Linux,
 * root and systemd's package, and a minute, half of it the watchdog's.
 */
import { eventually } from "../support/eventually.ts";
import { Machine, missingForMachine } from "./machine.ts";

const dreamos = "/opt/dreamos/bin/dreamos";
const home = "/var/lib/dreamos";
const unitFile = "/etc/systemd/system/dreamos.service";
const swarm = "/opt/dreamos/tests/fixtures/swarm-escalation/swarm.ts";
const began = performance.now();

function say(text: string): void {
  console.error(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
}

function check(what: string, holds: boolean, seen: unknown): void {
  if (!holds) throw new Error(`${what}: no; seen: ${JSON.stringify(seen).slice(0, 800)}`);
  say(`ok    ${what}`);
}

const factsOf = async (machine: Machine) => {
  const { ActiveState, NRestarts, Result, ExecMainStatus, MainPID, StatusText } = await machine
    .unit("dreamos");
  return { ActiveState, NRestarts, Result, ExecMainStatus, MainPID, StatusText };
};

/** Resolves when it was restarted so often, and is ready again. */
const restarted = (machine: Machine, times: number) =>
  eventually(async () => {
    const { ActiveState, NRestarts } = await factsOf(machine);
    return ActiveState === "active" && NRestarts === String(times);
  }, { what: `restart ${times}`, deadlineMs: 90_000, everyMs: 200 });

/** Installs the unit with `edit` of its text, not yet started. */
async function install(machine: Machine, edit = "") {
  const print = `${dreamos} service print systemd --user dreamos --home ${home}`;
  await machine.must("sh", "-c", `${print} | sed "${edit}" > ${unitFile}`);
  await machine.must("systemctl", "daemon-reload");
  await machine.run("systemctl", "reset-failed", "dreamos");
}

async function aService(machine: Machine): Promise<void> {
  await install(machine);
  await machine.must("systemctl", "enable", "--now", "dreamos");
  const up = await factsOf(machine);
  check("systemctl start returns when it is READY", up.ActiveState === "active", up);
  // Told by the first look at the agents, which comes after READY.
  const isTold = async () => /Agents: /.test((await factsOf(machine)).StatusText ?? "");
  await eventually(isTold, { what: "its STATUS" });
  check("its STATUS is told", true, null);
  await machine.must(dreamos, "tree", "--home", home);
  await machine.must("kill", "-KILL", up.MainPID!);
  await restarted(machine, 1);
  check("killed, it is restarted", true, null);
  const stoppedMs = performance.now();
  await machine.must("kill", "-STOP", (await factsOf(machine)).MainPID!);
  await restarted(machine, 2);
  const seconds = (performance.now() - stoppedMs) / 1_000;
  check("stopped by SIGSTOP, the watchdog kills and restarts it", seconds > 15, seconds);
  await machine.must("systemctl", "stop", "dreamos");
  const down = await factsOf(machine);
  check("systemctl stop ends it well", down.Result === "success", down);
  const left = await machine.run("pgrep", "-u", "dreamos");
  check("no process of it is left", left.out === "", left);
}

async function staysDown(machine: Machine, code: string): Promise<void> {
  await machine.run("systemctl", "start", "dreamos");
  const seen = await eventually(async () => {
    const facts = await factsOf(machine);
    return facts.ActiveState === "failed" && facts;
  }, { what: `the end with ${code}`, deadlineMs: 30_000 });
  const wanted = seen.ExecMainStatus === code && seen.NRestarts === "0";
  check(`ended with ${code}, it is not restarted`, wanted, seen);
}

async function exitCodes(machine: Machine): Promise<void> {
  await machine.must("sh", "-c", `echo '{"nonsense":1}' > ${home}/config.json`);
  await machine.must("chown", "dreamos", `${home}/config.json`);
  await install(machine);
  await staysDown(machine, "78");
  await machine.must("rm", `${home}/config.json`);
  await install(machine, "s/ up / up --nonsense /");
  await staysDown(machine, "2");
  await install(machine, `s|^ExecStart=.*|& --swarm ${swarm}|`);
  await machine.must("systemctl", "start", "dreamos");
  await eventually(async () => {
    for (const type of ["work.throw", "work.read"]) {
      await machine.run(dreamos, "send", "/group/worker", type, "--home", home);
    }
    return (await factsOf(machine)).NRestarts !== "0";
  }, { what: "the end with 70", deadlineMs: 60_000, everyMs: 300 });
  await restarted(machine, 1);
  const log = await machine.must("sh", "-c", `cat ${home}/logs/*`);
  check(
    "ended with 70, it is restarted",
    log.includes("ending with exit code 70"),
    log.slice(-400),
  );
  const tree = await machine.must(dreamos, "tree", "--home", home);
  check("and shows why", tree.includes("error=intensity_reached"), tree);
}

async function main(): Promise<number> {
  const missing = await missingForMachine();
  if (missing !== null) {
    console.error(`systemd: cannot be run here: ${missing}`);
    return 1;
  }
  const machine = await Machine.start();
  try {
    say(`up: ${(await machine.must("systemctl", "--version")).split("\n")[0]}`);
    const user = ["--system", "--home-dir", home, "--create-home", "dreamos"];
    await machine.must("useradd", ...user);
    await aService(machine);
    await exitCodes(machine);
    say("systemd does what docs/service.md says");
    return 0;
  } catch (error) {
    console.error(`systemd: ${(error as Error).message}`);
    const journal = await machine.run("journalctl", "-u", "dreamos", "-o", "cat", "-n", "30");
    console.error(journal.out);
    return 1;
  } finally {
    await machine.end();
  }
}

Deno.exit(await main());
