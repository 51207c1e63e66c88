/** The doctor on HOMEs that were really broken, one way each, and what `--fix` does about it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { doctorCommand } from "../../src/cli/doctor.ts";
import { lockHome } from "../../src/cli/home-lock.ts";
import { findHome, type Home } from "../../src/home.ts";
import { noteProcess, processIdentity } from "../../src/processes.ts";
import { openLibsqlStore } from "../../src/storage/libsql-store.ts";
import { envelope } from "../contract/store-rows.ts";
import { eventually } from "../support/eventually.ts";
import { runCli } from "./run-cli.ts";

let home: Home;
beforeEach(() => {
  home = findHome({ flag: Deno.makeTempDirSync(), env: {}, cwd: "/" });
  Deno.chmodSync(home.path, 0o700);
  // Whatever else runs on this machine.
  Deno.writeTextFileSync(home.configFile, '{ "port": 0 }');
});
afterEach(() => Deno.remove(home.path, { recursive: true }));

interface Told {
  check: string;
  level: string;
  found: string;
  means: string;
  next: string | null;
  canFix: boolean;
  fixed: boolean;
}

async function examine(fix = false): Promise<{ code: number; ok: boolean; all: Told[] }> {
  const lines: string[] = [];
  const code = await doctorCommand.run({
    ...{ commands: {}, args: [], options: { fix }, home, json: true, cwd: "/", env: {} },
    terminal: {
      print: (text = "") => void lines.push(text),
      ...{ note: () => {}, status: () => {}, isClosed: false, columns: null },
      tint: (_tint, text) => text,
    },
  });
  const { ok, findings } = JSON.parse(lines[0]!) as { ok: boolean; findings: Told[] };
  return { code, ok, all: findings };
}

/** What is not well, as `check: found`. */
async function troubles(fix = false): Promise<string[]> {
  const { all, code, ok } = await examine(fix);
  for (const { found, means, next, level } of all) {
    expect(found.length).toBeGreaterThan(5);
    expect(means).toMatch(/\.$/);
    if (level !== "ok") expect(next).not.toBe(null);
  }
  const bad = all.filter(({ level, fixed }) => level === "fail" && !fixed);
  expect([code, ok]).toEqual(bad.length > 0 ? [1, false] : [0, true]);
  return all.filter(({ check, level, fixed }) => (
    // Of the machine that the tests run on.
    level !== "ok" && !fixed && !["clock", "resources", "disk"].includes(check)
  )).map(({ check, level, found }) => `${level} ${check}: ${found}`);
}

function files(): string[] {
  return [...Deno.readDirSync(home.path)].map(({ name }) => {
    const { mode, size } = Deno.statSync(join(home.path, name));
    return `${name} ${size} ${(mode! & 0o777).toString(8)}`;
  }).toSorted();
}

/** Found without `--fix`, with nothing changed; repaired with it; then no longer found. */
async function findsAndRepairs(words: RegExp): Promise<void> {
  const before = files();
  expect(await troubles()).toEqual([expect.stringMatching(words)]);
  expect(files()).toEqual(before);
  expect(await troubles(true)).toEqual([]);
  expect(await troubles()).toEqual([]);
}

async function openDatabase(): Promise<void> {
  const store = await openLibsqlStore({ file: home.databaseFile, clock: systemClock });
  await store.commit([envelope(1, 1)]);
  await store.close();
  // As after a restore: only the file itself, and nothing shall come beside it.
  for (const end of ["-wal", "-shm"]) Deno.removeSync(`${home.databaseFile}${end}`);
}

describe("the doctor", () => {
  it("finds nothing in an empty HOME, and makes none where there is none", async () => {
    expect(await troubles()).toEqual([]);
    const none = join(home.path, "none");
    const { code, out } = await runCli(["doctor", "--fix", "--home", none], {
      env: { DREAMOS_PORT: "0" },
    });
    expect(out).toMatch(/installation +dreamos .* as pinned/);
    expect([code, existsSync(none)]).toEqual([0, false]);
  });

  it("repairs modes that let others read", async () => {
    await openDatabase();
    Deno.writeTextFileSync(home.tokenFile, "a-token-of-some-length", { mode: 0o600 });
    expect(await troubles()).toEqual([]);
    Deno.chmodSync(home.tokenFile, 0o644);
    await findsAndRepairs(/fail files: .*token has mode 644, wanted 600/);
    Deno.chmodSync(home.databaseFile, 0o640);
    await findsAndRepairs(/fail files: .*dreamos\.db has mode 640/);
    Deno.chmodSync(home.path, 0o755);
    await findsAndRepairs(/fail files: .* has mode 755, wanted 700/);
  });

  it("clears away the marks of a service that has gone", async () => {
    Deno.writeTextFileSync(home.serviceFile, '{"url":"http://127.0.0.1:1","pid":1}');
    await findsAndRepairs(/warn lock: .*service\.json is of a service that has gone/);
    Deno.writeTextFileSync(join(home.path, "lock"), "4711");
    await findsAndRepairs(/warn lock: .*lock is of a service that has gone/);
    Deno.mkdirSync(home.backupFolder);
    await findsAndRepairs(/warn leftovers: .*backup\.part/);
  });

  it("ends old processes of this HOME, and no others of the same pid", async () => {
    const folder = join(home.path, "processes");
    const old = new Deno.Command("sleep", { args: ["600"] }).spawn();
    const other = new Deno.Command("sleep", { args: ["600"] }).spawn();
    try {
      noteProcess(folder, old.pid);
      Deno.writeTextFileSync(join(folder, String(other.pid)), "another boot:1");
      await findsAndRepairs(new RegExp(`fail processes: Still there .*: ${old.pid}$`));
      await eventually(() => processIdentity(old.pid) === null);
      expect(processIdentity(other.pid)).not.toBe(null);
      Deno.writeTextFileSync(join(folder, "4194000"), "another boot:1");
      await findsAndRepairs(/warn processes: 1 notes of processes that have gone/);
    } finally {
      for (const child of [old, other]) {
        if (processIdentity(child.pid) !== null) child.kill("SIGKILL");
        await child.status;
      }
    }
  });

  it("tells a damaged, a newer and a foreign database, and leaves them as they are", async () => {
    await openDatabase();
    expect(await troubles()).toEqual([]);
    const good = Deno.readFileSync(home.databaseFile);
    const damaged = good.slice();
    damaged.fill(0xee, 4_096 * 3, 4_096 * 9);
    for (
      const [bytes, words] of [
        [damaged, /fail database: .* is damaged/],
        [new TextEncoder().encode("no database ".repeat(999)), /fail database: .* is damaged/],
      ] as const
    ) {
      Deno.writeFileSync(home.databaseFile, bytes);
      expect(await troubles(true)).toEqual([expect.stringMatching(words)]);
      expect(Deno.readFileSync(home.databaseFile)).toEqual(bytes);
    }
    Deno.writeFileSync(home.databaseFile, good);
    const db = new Database(home.databaseFile);
    db.exec("PRAGMA user_version = 999");
    db.close();
    expect(await troubles(true)).toEqual([expect.stringMatching(/schema is 999, this program/)]);
  });

  it("sees times of the future in the database", async () => {
    const store = await openLibsqlStore({ file: home.databaseFile, clock: systemClock });
    await store.commit([envelope(1, 1, { sentAtMs: systemClock.wallMs() + 86_400_000 })]);
    await store.close();
    expect(await troubles()).toEqual([expect.stringMatching(/warn database: Its newest message/)]);
  });

  it("tells a configuration that no start would take, and a swarm that is not there", async () => {
    Deno.writeTextFileSync(home.configFile, '{ "prot": 1 }');
    expect(await troubles(true)).toEqual([
      expect.stringMatching(/fail configuration: .*unknown key prot; did you mean port/),
    ]);
    Deno.writeTextFileSync(home.configFile, '{ "port": 0, "swarm": "none.ts" }');
    expect(await troubles()).toEqual([expect.stringMatching(/fail configuration: .*is not there/)]);
  });

  it("tells who is in the way: a taken port, a held lock without an answer", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    Deno.writeTextFileSync(home.configFile, JSON.stringify({ port }));
    expect(await troubles()).toEqual([expect.stringMatching(/fail port: .*EADDRINUSE/)]);
    listener.close();
    expect(await troubles()).toEqual([]);
    const lock = lockHome(home.path, Deno.pid);
    expect(await troubles(true)).toEqual([expect.stringMatching(/fail port: not_running/)]);
    lock.release();
  });

  it("tells of a restore that was cut off", async () => {
    Deno.mkdirSync(home.restoreFolder);
    expect(await troubles(true)).toEqual([expect.stringMatching(/fail leftovers: A restore/)]);
    expect(existsSync(home.restoreFolder)).toBe(true);
  });
});
