/** HOME: whose it is, who can read it, what was left behind in it. */
import { chmodSync, existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { loadConfig } from "../../config.ts";
import { DreamError } from "../../errors.ts";
import { type Check, type Finding, findingsOf, type Patient } from "./finding.ts";

const modeMeans =
  "The token lets in whoever reads it, and the database holds every message: only " +
  "their owner may read them.";
/** What must be nobody else's; HOME itself keeps others from the rest. */
const secretNames = ["token", "dreamos.db", "dreamos.db-wal"];

/** Owner and modes. */
export const filesCheck: Check = {
  name: "files",
  means: modeMeans,
  look({ run: { home } }) {
    const { ok, fail, warn } = findingsOf("files");
    if (!existsSync(home.path)) {
      const found = `There is no ${home.path} yet`;
      return [ok({ found, means: "The first dreamos up makes it." })];
    }
    if (!statSync(home.path).isDirectory()) {
      const next = "Choose another --home";
      return [fail({ found: `${home.path} is no folder`, means: modeMeans, next })];
    }
    const { uid } = statSync(home.path);
    if (uid !== (process.getuid?.() ?? uid)) {
      const found = `${home.path} belongs to user ${uid}, you are ${process.getuid?.()}`;
      const means = "Only its owner can start a service in it, or talk to one without a token.";
      return [fail({ found, means, next: `Become user ${uid}, or choose another --home` })];
    }
    const findings = modesOf(home.path);
    const foreign = foreignFiles(home.path);
    if (foreign.length > 0) {
      findings.push(warn({
        found: `Not yours in ${home.path}: ${foreign.slice(0, 5).join(", ")}`,
        means: "A service that was started as somebody else left files that this user may not " +
          "write.",
        next: `chown -R ${process.getuid?.()} ${home.path}`,
      }));
    }
    if (findings.length > 0) return findings;
    return [ok({ found: `${home.path} is yours alone`, means: modeMeans })];
  },
};

function modesOf(path: string): Finding[] {
  const { fail } = findingsOf("files");
  const paths = [path, ...secretNames.map((name) => join(path, name))].filter(existsSync);
  return paths.filter((one) => (statSync(one).mode & 0o077) !== 0).map((one) => {
    const { mode } = statSync(one);
    const wanted = one === path ? 0o700 : 0o600;
    return fail({
      found: `${one} has mode ${(mode & 0o777).toString(8)}, wanted ${wanted.toString(8)}`,
      means: modeMeans,
      next: `chmod ${wanted.toString(8)} ${one}, or dreamos doctor --fix`,
      fix: () => chmodSync(one, wanted),
    });
  });
}

function foreignFiles(path: string): string[] {
  const uid = process.getuid?.();
  if (uid === undefined) return [];
  return readdirSync(path).filter((name) => {
    const found = statSync(join(path, name), { throwIfNoEntry: false });
    return found !== undefined && found.uid !== uid;
  });
}

const configMeans = "The service reads HOME/config.json and DREAMOS_* when it starts.";

/** Whether a start would accept the configuration. */
export const configCheck: Check = {
  name: "configuration",
  means: configMeans,
  look({ run: { cwd, env, home } }) {
    const { ok, fail } = findingsOf("configuration");
    try {
      const config = loadConfig({ flags: { home: home.path }, env, cwd });
      if (!existsSync(config.swarm)) {
        const found = `The swarm ${config.swarm} is not there`;
        return [fail({ found, means: configMeans, next: "Name it: dreamos up SWARM" })];
      }
      return [ok({ found: `Swarm ${config.swarm}, port ${config.port}`, means: configMeans })];
    } catch (error) {
      if (!(error instanceof DreamError)) throw error;
      const next = "Correct it as the message says";
      return [fail({ found: error.message, means: configMeans, next })];
    }
  },
};

const leftMeans = "A command that was killed in the middle can leave half of its work behind.";

/** Half backups and the like; none of it is in use while nothing runs. */
export const leftoversCheck: Check = {
  name: "leftovers",
  means: leftMeans,
  look({ run: { home }, holder }: Patient) {
    const { ok, fail, warn } = findingsOf("leftovers");
    const findings: Finding[] = [];
    if (existsSync(home.restoreFolder) && !existsSync(home.databaseFile)) {
      findings.push(fail({
        found: `A restore into ${home.path} was cut off`,
        means: "There is no system in it, and none starts before the restore is done.",
        next: `dreamos restore FILE --home ${home.path}`,
      }));
    }
    const halves = holder === null
      ? [home.backupFolder, `${home.tokenFile}.new`, `${home.serviceFile}.new`].filter(existsSync)
      : [];
    for (const path of halves) {
      findings.push(warn({
        found: `${path} is half of something`,
        means: leftMeans,
        next: "dreamos doctor --fix removes it; the next start does so too",
        fix: () => rmSync(path, { recursive: true, force: true }),
      }));
    }
    if (findings.length > 0) return findings;
    return [ok({ found: "Nothing is half done", means: leftMeans })];
  },
};
