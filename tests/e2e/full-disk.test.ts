/** A disk that fills up under the service and is freed again. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { fillDisk, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { Service } from "../support/service.ts";
import { type CounterReply, verifyCounters } from "../torture/verify-counters.ts";

const sizeMb = 48;
let folder: string;
let reason: string | null = null;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  reason = await mountSmallDisk(folder, sizeMb);
});
afterAll(async () => {
  if (reason === null) await unmountSmallDisk(folder);
  await Deno.remove(folder, { recursive: true });
});

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
    await fillDisk(join(folder, "filler"));
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
      await fillDisk(join(folder, "filler"));
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
