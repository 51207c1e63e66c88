/** The service: who holds HOME, what was left of one that has gone, how one that runs is. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { SystemStatus } from "../../api/client.ts";
import { loadConfig } from "../../config.ts";
import { DreamError } from "../../errors.ts";
import type { Home } from "../../home.ts";
import { endNotedProcesses, notedProcesses } from "../../processes.ts";
import { version } from "../../version.ts";
import { findService } from "../service.ts";
import { type Check, type Finding, findingsOf, type Patient } from "./finding.ts";

/**
 * Pid of the process that holds the lock of HOME; null when nobody does, undefined without a HOME.
 * The lock is the kernel's: what stands in the file only names its holder.
 */
export function holderOf(home: Home): number | null | undefined {
  if (!existsSync(home.path)) return undefined;
  const path = join(home.path, "lock");
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch {
    // None, or not ours to read: the check of the files says so.
    return null;
  }
  try {
    // Shared: somebody who starts at this moment is not in the way.
    if (file.tryLockSync(false)) return null;
    return Number(readFileSync(path, "utf8").trim()) || 0;
  } finally {
    file.close();
  }
}

const lockMeans = "One service at a time works in a HOME; its lock ends with its process, and " +
  "service.json tells commands where it answers.";

/** The lock, and the mark of a service that has gone. */
export const lockCheck: Check = {
  name: "lock",
  means: lockMeans,
  look({ run: { home }, holder }) {
    const { ok, warn } = findingsOf("lock");
    if (holder) return [ok({ found: `Process ${holder} runs here`, means: lockMeans })];
    const lock = join(home.path, "lock");
    const stale = [home.serviceFile, lock].filter(isStale);
    if (stale.length === 0) return [ok({ found: "No service runs here", means: lockMeans })];
    return stale.map((path) =>
      warn({
        found: `${path} is of a service that has gone`,
        means: lockMeans,
        next: "dreamos doctor --fix clears it away; the next start does so too",
        // A lock must never be removed. It was taken for the repair, and is left empty after it.
        fix: () => path === lock ? undefined : rmSync(path, { force: true }),
      })
    );
  },
};

/** A lock file stays after a good end, but empty. */
function isStale(path: string): boolean {
  return existsSync(path) && readFileSync(path, "utf8").trim() !== "";
}

const oldMeans = "Hosts of a service that was killed end by themselves within a second; one that " +
  "does not would work beside the next service.";

/** By pid and start time, so that nobody else's process is taken for one. */
export const processesCheck: Check = {
  name: "processes",
  means: oldMeans,
  look({ run: { home }, holder }) {
    const { ok, fail, warn } = findingsOf("processes");
    const folder = join(home.path, "processes");
    const noted = notedProcesses(folder);
    const living = noted.filter(({ isThere }) => isThere).map(({ pid }) => pid);
    if (holder) {
      const found = `Beside the control process: ${living.length}`;
      return [ok({ found, means: oldMeans })];
    }
    const fix = async () => void await endNotedProcesses(folder);
    if (living.length > 0) {
      const found = `Still there of an old service: ${living.join(", ")}`;
      return [fail({ found, means: oldMeans, next: "dreamos doctor --fix ends them", fix })];
    }
    if (noted.length > 0) {
      const found = `${noted.length} notes of processes that have gone`;
      const next = "dreamos doctor --fix removes them; the next start does so too";
      return [warn({ found, means: oldMeans, next, fix })];
    }
    return [ok({ found: "None are left of an old service", means: oldMeans })];
  },
};

const answerMs = 5_000;
const portMeans = "The API is the only door; without it no command reaches the service.";

/** A service that runs must answer; where none runs, its port must be free. */
export const doorCheck: Check = {
  name: "port",
  means: portMeans,
  async look(patient) {
    const { run } = patient;
    const { ok, fail } = findingsOf("port");
    if (patient.holder) return await askService(patient);
    let config;
    try {
      config = loadConfig({ flags: { home: run.home.path }, env: run.env, cwd: run.cwd });
    } catch {
      return [ok({ found: "Not looked at: see the configuration", means: portMeans })];
    }
    const { host, port } = config;
    const why = port === 0 ? null : await triedPort(host, port);
    if (why === null) return [ok({ found: `${host}:${port} is free`, means: portMeans })];
    const next = "End what listens there, or choose another --port; 0 picks a free one";
    return [fail({ found: `${host}:${port} cannot be taken: ${why}`, means: portMeans, next })];
  },
};

function triedPort(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: { code?: string }) => resolve(error.code ?? "unknown"));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}

async function askService({ run, holder }: Patient): Promise<Finding[]> {
  const { ok, fail } = findingsOf("port");
  try {
    // Of this HOME, whatever else is named on the command line or in the environment.
    const own = { home: run.home, options: {}, env: {} };
    const { client, url } = findService(own);
    const status = await client.status({ signal: AbortSignal.timeout(answerMs) });
    return [ok({ found: `It answers at ${url}`, means: portMeans }), ...healthOf(status)];
  } catch (error) {
    const isLate = (error as Error).name === "TimeoutError";
    if (!(error instanceof DreamError) && !isLate) throw error;
    const found = error instanceof DreamError
      ? `${error.code}: ${error.message}`
      : `Process ${holder} does not answer within ${answerMs / 1_000} s`;
    const next = "See dreamos logs; end it with dreamos down, or by its pid, and start it again";
    return [fail({ found, means: portMeans, next })];
  }
}

function healthOf(status: SystemStatus): Finding[] {
  const { ok, fail, warn } = findingsOf("service");
  const findings: Finding[] = [];
  const say = (level: typeof warn, found: string, means: string, next: string) =>
    findings.push(level({ found, means, next }));
  if (status.version !== version) {
    const means = "What is installed takes effect with the next start.";
    say(
      warn,
      `It is version ${status.version}, installed is ${version}`,
      means,
      "dreamos down, up",
    );
  }
  if (!status.available) {
    const means = "Nothing acknowledged is lost; new requests are refused.";
    say(fail, "Storage takes nothing new", means, "Free disk space; see dreamos logs");
  }
  if (status.safeMode !== null) {
    const means = "Agents are paused until a person has looked at why it ended badly.";
    say(warn, `Safe mode: ${status.safeMode}`, means, "dreamos tree; then dreamos resume /");
  }
  if (status.toolHostPid === null) {
    const means = "Files cannot be read and folders not be watched; calls wait.";
    say(
      warn,
      "There is no tool host at the moment",
      means,
      "It is started again; see dreamos logs",
    );
  }
  const { failed, parked } = status.agents;
  if (failed + parked > 0) {
    const means = "They handle nothing until a person decides what becomes of them.";
    say(warn, `${failed} agents failed, ${parked} are parked`, means, "dreamos tree");
  }
  if (status.deadLetters > 0) {
    const means = "Messages that could not be handled; they are kept for a while.";
    say(warn, `${status.deadLetters} dead letters`, means, "dreamos deadletters");
  }
  if (findings.length > 0) return findings;
  const threads = status.hosts.reduce((sum, host) => sum + host.threads, 0);
  const found = `${status.hosts.length} hosts with ${threads} threads, nothing failed or parked`;
  return [ok({ found, means: "Agents run in hosts, which may be lost without losing work." })];
}
