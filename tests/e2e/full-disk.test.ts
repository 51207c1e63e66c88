/** A disk that fills up under the service and is freed again. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Service } from "../support/service.ts";
import { type CounterReply, verifyCounters } from "../torture/verify-counters.ts";

const sizeMb = 48;
let folder: string;
let reason: string | null = null;

async function run(command: string, ...args: string[]): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command(command, { args }).output();
    return success ? null : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return (error as Error).message;
  }
}

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  reason = await run("mount", "-t", "tmpfs", "-o", `size=${sizeMb}m`, "tmpfs", folder);
});
afterAll(async () => {
  if (reason === null) await run("umount", folder);
  await Deno.remove(folder, { recursive: true });
});

/** Writes until nothing more fits. */
async function fill(path: string): Promise<void> {
  const file = await Deno.open(path, { create: true, write: true, append: true });
  try {
    for (let piece = new Uint8Array(1 << 20); piece.length > 0;) {
      try {
        const written = await file.write(piece);
        if (written < piece.length) piece = piece.subarray(0, piece.length >> 1);
      } catch {
        piece = piece.subarray(0, piece.length >> 1);
      }
    }
  } finally {
    file.close();
  }
}

test("full: 503, nothing acknowledged is lost; freed: it goes on by itself", async (context) => {
  if (reason !== null) context.skip(`no file system can be mounted here: ${reason}`);
  const home = join(folder, "home");
  const service = new Service(home, { args: ["--limit", "minFreeBytes=4194304"] });
  try {
    await service.start();
    const to = "/workers/c-1";
    await service.client.spawn({ address: to, kind: "counter" });
    let n = 0;
    let acknowledged = 0;
    const send = async () => {
      const payload = { id: `m-${n + 1}`, n: n + 1, producer: "p" };
      const options = { idempotencyKey: `key-${n + 1}` };
      await service.client.send({ to, type: "count.add", payload }, options);
      acknowledged = ++n;
    };
    const refusal = () => send().then(() => null, (error: { code: string }) => error.code);
    for (let i = 0; i < 20; i++) await send();
    await fill(join(folder, "filler"));
    const code = await eventually(refusal, { what: "a refusal on the full disk" });
    expect(code).toBe("storage_unavailable");
    expect(await service.client.health().catch((error) => error.code)).toBeTruthy();
    const { memory } = await service.client.status();
    expect(memory.documents).toBe(0);
    // A kill now: the start finds the full disk.
    await Deno.remove(join(folder, "filler"));
    await eventually(async () => await refusal() === null, {
      what: "the disk to be used again",
      deadlineMs: 60_000,
    });
    for (let i = 0; i < 20; i++) await send();
    const { reply } = await service.client.ask({ to, type: "count.read", timeoutMs: 60_000 });
    const seen = new Map([[to, reply as unknown as CounterReply]]);
    expect(verifyCounters(new Map([[to, new Map([["p", acknowledged]])]]), seen).failures)
      .toEqual([]);
    expect(await service.stop()).toBe(0);
  } finally {
    await service.remove();
  }
}, 180_000);

test(
  "killed on a full disk: the next start says so, and one after freeing goes on",
  async (context) => {
    if (reason !== null) context.skip(`no file system can be mounted here: ${reason}`);
    const home = join(folder, "second");
    const service = new Service(home, { args: ["--limit", "minFreeBytes=4194304"] });
    try {
      await service.start();
      const to = "/workers/c-1";
      await service.client.spawn({ address: to, kind: "counter" });
      const payload = { id: "m", n: 1, producer: "p" };
      await service.client.send({ to, type: "count.add", payload });
      await fill(join(folder, "filler"));
      await service.kill9();
      const start = await service.start().then(() => "started", (error: Error) => error.message);
      // Either it serves what it has and refuses what is new, or it says in one line why not.
      if (start === "started") {
        const again = await service.client.send({ to, type: "count.add", payload })
          .catch((error: { code: string }) => error.code);
        expect(again).toBe("storage_unavailable");
      } else expect(start).toMatch(/"code":"(storage_unavailable|bad_config)"/);
      await Deno.remove(join(folder, "filler"));
      if (!service.isUp) await service.start();
      const reply = await eventually(async () => {
        return (await service.client.ask({ to, type: "count.read" })).reply;
      }, { what: "an answer", deadlineMs: 60_000 });
      expect(reply).toMatchObject({ total: 1 });
      expect(await service.stop()).toBe(0);
    } finally {
      await service.remove();
    }
  },
  180_000,
);
