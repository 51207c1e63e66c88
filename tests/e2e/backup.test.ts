/** A backup of a busy system, and the system that goes on from it. */
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BackupManifest } from "../../src/backup-manifest.ts";
import { runCli } from "../cli/run-cli.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";
import { type CounterReply, verifyCounters } from "../torture/verify-counters.ts";

const counters = ["/workers/c-1", "/workers/c-2", "/workers/c-3"];
let folder: string;
let service: Service;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  service = await startService();
}, 90_000);
afterAll(async () => {
  await service?.remove();
  await Deno.remove(folder, { recursive: true });
});

/** Sends without a pause until it is told to end. */
function startLoad(): { sent: () => number; end(): Promise<void> } {
  let isOver = false;
  let sent = 0;
  const produce = async (to: string, producer: string) => {
    for (let n = 1; !isOver;) {
      const batch = Array.from({ length: 20 }, () => ({
        to,
        type: "count.add",
        payload: { id: `${producer}-${to}-${n}`, n: n++, producer },
      }));
      await service.client.sendMany(batch);
      sent += batch.length;
    }
  };
  const all = counters.flatMap((to) => [produce(to, "a"), produce(to, "b")]);
  return {
    sent: () => sent,
    async end() {
      isOver = true;
      await Promise.all(all);
    },
  };
}

/** What a database holds of each counter's messages: by producer the highest number. */
function messagesIn(file: string): Map<string, Map<string, number>> {
  const db = new Database(file, { readonly: true });
  try {
    const rows = db.prepare(`SELECT receiver, payload ->> 'producer' producer, count(*) n
      FROM envelopes WHERE type = 'count.add' GROUP BY 1, 2`).all() as {
      receiver: string;
      producer: string;
      n: number;
    }[];
    const found = new Map<string, Map<string, number>>();
    for (const { receiver, producer, n } of rows) {
      found.set(receiver, (found.get(receiver) ?? new Map()).set(producer, n));
    }
    return found;
  } finally {
    db.close();
  }
}

async function readCounter(of: Service, to: string): Promise<CounterReply> {
  const { reply } = await of.client.ask({ to, type: "count.read", payload: {} });
  return reply as unknown as CounterReply;
}

test("a backup under load, restored, goes on with exactly what it held", async () => {
  for (const address of counters) await service.client.spawn({ address, kind: "counter" });
  await Deno.writeTextFile(join(service.inbox, "note.md"), "# Plums\n\nPlums ripen in August.\n");
  await eventually(async () => (await service.client.recall("plums")).items.length > 0);
  const load = startLoad();
  await eventually(() => load.sent() > 500, { what: "some load" });
  const file = join(folder, "busy.tar.gz");
  const made = await service.cli("backup", file, "--json");
  const atBackup = load.sent();
  await eventually(() => load.sent() > atBackup + 200, { what: "load after the backup" });
  await load.end();
  expect(made.err).toBe("");
  const { manifest } = JSON.parse(made.out) as { manifest: BackupManifest };
  expect(manifest.counts.messages).toBeGreaterThan(500);
  expect((await Deno.stat(file)).mode! & 0o777).toBe(0o600);
  expect(await runCli(["backup", file, "--home", service.home])).toMatchObject({ code: 1 });

  const home = join(folder, "restored");
  const restored = await runCli(["restore", file, "--home", home, "--json"]);
  expect(restored).toMatchObject({ code: 0, err: "" });
  const wanted = messagesIn(join(home, "dreamos.db"));
  const held = [...wanted.values()].flatMap((by) => [...by.values()]).reduce((a, b) => a + b, 0);
  expect(held).toBeGreaterThan(500);

  const again = await startService({ home });
  try {
    expect(await Deno.readTextFile(join(home, "token")))
      .not.toBe(await Deno.readTextFile(join(service.home, "token")));
    // They go on by themselves: nobody sends them anything.
    await eventually(async () => {
      const { items } = await again.client.agents({ under: "/workers" });
      return items.filter(({ mailboxDepth }) => mailboxDepth > 0).length === 0;
    }, { what: "empty mailboxes" });
    const replies = new Map<string, CounterReply>();
    for (const to of counters) replies.set(to, await readCounter(again, to));
    const { failures } = verifyCounters(wanted, replies);
    expect(failures).toEqual([]);
    const [hit] = (await again.client.recall("plums")).items;
    expect(hit).toMatchObject({ title: "Plums" });
    const { out } = await again.cli("events", "--type", "system.restored", "--json");
    expect(JSON.parse(out)).toMatchObject({ data: { schema: manifest.schema } });
  } finally {
    await again.remove();
  }
}, 120_000);

test("a reader that goes away in the middle is in nobody's way", async () => {
  const { body } = await service.client.backup();
  const reader = body.getReader();
  expect((await reader.read()).value!.length).toBeGreaterThan(0);
  await reader.cancel();
  const again = join(folder, "again.tar.gz");
  await eventually(async () => (await service.cli("backup", again)).code === 0);
  expect(await runCli(["restore", "--check", again])).toMatchObject({ code: 0 });
  const left = [...Deno.readDirSync(folder), ...Deno.readDirSync(service.home)];
  expect(left.filter(({ name }) => name.endsWith(".part"))).toEqual([]);
}, 60_000);
