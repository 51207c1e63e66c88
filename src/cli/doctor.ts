import { systemClock } from "../clock.ts";
import type { Command, Run } from "./command.ts";
import { databaseCheck } from "./doctor/database.ts";
import type { Check, Finding, Level, Patient } from "./doctor/finding.ts";
import { configCheck, filesCheck, leftoversCheck } from "./doctor/home-files.ts";
import { installationCheck, sandboxCheck } from "./doctor/installation.ts";
import { clockCheck, diskCheck, resourcesCheck } from "./doctor/machine.ts";
import { doorCheck, holderOf, lockCheck, processesCheck } from "./doctor/service.ts";
import { lockHome } from "./home-lock.ts";
import { padTo, wrap } from "./text.ts";
import type { Tint } from "./tints.ts";

const checks: readonly Check[] = [
  ...[installationCheck, sandboxCheck, configCheck, filesCheck, leftoversCheck],
  ...[lockCheck, processesCheck, doorCheck, databaseCheck, diskCheck, clockCheck, resourcesCheck],
];
/** A check that hangs, such as on a dead network disk, must not hang the others. */
const deadlineMs = 15_000;
const leastRoom = 20;
const deepDeadlineMs = 3_600_000;

const marks: Record<Level, [string, Tint]> = {
  ok: ["✓", "green"],
  warn: ["!", "yellow"],
  fail: ["✗", "red"],
};

/** A finding as it is told, and what became of it. */
type Told = Omit<Finding, "fix"> & { canFix: boolean; fixed: boolean };

export const doctorCommand: Command = {
  usage: "",
  summary: "look for what is wrong with installation, HOME, service and machine",
  about: [
    "Works with a running service and without one, and changes nothing. With --fix it repairs what",
    "can be repaired without harm: modes of files, and what a service that has gone has left.",
    "Ends with 0 when nothing is broken, with 1 otherwise; warnings do not count.",
  ],
  options: {
    fix: { type: "boolean", help: "repair what is safe to repair" },
    deep: { type: "boolean", help: "look through a large database too, however long it takes" },
  },
  examples: ["dreamos doctor", "dreamos doctor --fix", "dreamos doctor --json"],
  isLocal: true,
  takes: [0, 0],
  async run(run) {
    const deep = run.options.deep === true;
    const holder = holderOf(run.home);
    const findings = await examineAll({ run, deep, holder });
    const fix = run.options.fix === true;
    const told = fix ? await repair(run, findings, holder) : findings.map(asTold);
    const isGood = told.every(({ level, fixed }) => level !== "fail" || fixed);
    if (run.json) run.terminal.print(JSON.stringify({ ok: isGood, findings: told }));
    else print(run, told);
    return isGood ? 0 : 1;
  },
};

async function examineAll(patient: Patient): Promise<Finding[]> {
  const found = await Promise.all(checks.map((check) => examineOne(check, patient)));
  return found.flat();
}

async function examineOne(check: Check, patient: Patient): Promise<Finding[]> {
  const { name, means } = check;
  const limitMs = patient.deep ? deepDeadlineMs : deadlineMs;
  const late = Promise.withResolvers<Finding[]>();
  const cancel = systemClock.after(limitMs, () => {
    const found = `It did not end within ${limitMs / 1_000} s`;
    late.resolve([{ check: name, level: "fail", found, means, next: "Look at it by hand" }]);
  });
  try {
    return await Promise.race([Promise.resolve(patient).then(check.look), late.promise]);
  } catch (error) {
    const { code, name: kind } = error as { code?: unknown; name?: unknown };
    const found = `It could not be looked at: ${String(code ?? kind)}`;
    return [{ check: name, level: "fail", found, means, next: "Look at it by hand" }];
  } finally {
    cancel();
  }
}

/** Under the lock of HOME, so that no service starts meanwhile; beside one that runs, without. */
async function repair(run: Run, findings: Finding[], holder: Patient["holder"]): Promise<Told[]> {
  if (!findings.some(({ fix }) => fix)) return findings.map(asTold);
  const lock = holder ? null : lockHome(run.home.path, Deno.pid);
  try {
    const told: Told[] = [];
    for (const finding of findings) told.push(await repairOne(finding));
    return told;
  } finally {
    lock?.release();
  }
}

async function repairOne(finding: Finding): Promise<Told> {
  if (!finding.fix) return asTold(finding);
  try {
    await finding.fix();
    return { ...asTold(finding), fixed: true };
  } catch (error) {
    const code = String((error as { code?: unknown }).code ?? "it failed");
    return { ...asTold(finding), next: `It could not be repaired: ${code}` };
  }
}

function asTold({ fix, ...finding }: Finding): Told {
  return { ...finding, canFix: fix !== undefined, fixed: false };
}

function print({ terminal }: Run, told: Told[]): void {
  const width = Math.max(...told.map(({ check }) => check.length));
  for (const { check, level, found, means, next, fixed } of told) {
    const [mark, tint] = fixed ? ["✓", "green"] as const : marks[level];
    const state = fixed ? "repaired: " : "";
    const indent = " ".repeat(width + 4);
    const room = Math.max(leastRoom, (terminal.columns ?? Infinity) - width - 4);
    wrap(`${state}${found}`, room).forEach((line, i) => {
      const lead = i === 0 ? `${terminal.tint(tint, mark)} ${padTo(check, width)}  ` : indent;
      terminal.print(lead + line);
    });
    for (const line of wrap(means, room)) terminal.print(terminal.tint("dim", `${indent}${line}`));
    if (next !== null && !fixed) {
      wrap(next, room - 2).forEach((line, i) =>
        terminal.print(`${indent}${i === 0 ? "→" : " "} ${line}`)
      );
    }
  }
  const count = (level: Level) => told.filter((one) => one.level === level && !one.fixed).length;
  const [broken, odd] = [count("fail"), count("warn")];
  const repaired = told.filter(({ fixed }) => fixed).length;
  const more = repaired > 0 ? `, ${repaired} repaired` : "";
  terminal.print(`${broken} broken, ${odd} to look at${more}`);
}
