/**
 * A clock that was set back. The machine's own clock is not touched: between two runs every stored
 * time is moved into the future, which is what a start after setting the clock back finds.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "libsql";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
const dayMs = 24 * 3_600_000;
let service: Service;

beforeAll(async () => {
  service = await startService({ swarm });
});
afterAll(() => service?.remove());

function moveTimes(byMs: number): void {
  const db = new Database(join(service.home, "dreamos.db"));
  try {
    const run = (sql: string) => db.prepare(sql).run({ by: byMs });
    run("UPDATE timers SET due_at_ms = due_at_ms + @by");
    run("UPDATE envelopes SET sent_at_ms = sent_at_ms + @by");
    run("UPDATE idempotency SET at_ms = at_ms + @by");
    run("UPDATE agents SET created_at_ms = created_at_ms + @by");
    run("UPDATE events SET at_ms = at_ms + @by");
  } finally {
    db.close();
  }
}

test.each([["back", dayMs], ["forward", -dayMs]])(
  "set %s by a day: delays fire in time, keys hold, order stays",
  async (_, byMs) => {
    const to = `/workers/c${byMs}`;
    await service.client.spawn({ address: to, kind: "counter" });
    const add = (n: number) =>
      service.client.send(
        { to, type: "count.add", payload: { id: `${n}`, n, producer: "p" } },
        { idempotencyKey: `${byMs} ${n}`.replace(" ", "-") },
      );
    const first = await add(1);
    await service.client.send({ to: "/slow", type: "answer.after", payload: { ms: 3_000 } });
    const { reply: before } = await service.client.ask({ to: "/slow", type: "count.read" });
    await eventually(async () => (await service.client.agent("/slow")).timers.length === 1);
    expect(await service.stop()).toBe(0);
    moveTimes(byMs);
    await service.start();
    expect(await add(1)).toEqual(first);
    await add(2);
    const { reply } = await service.client.ask({ to, type: "count.read" });
    expect(reply).toMatchObject({ total: 2, doubled: 0, outOfOrder: 0 });
    const wanted = (before as { begun: number }).begun;
    await eventually(async () => {
      const { reply: now } = await service.client.ask({ to: "/slow", type: "count.read" });
      return (now as { ended: number }).ended === wanted;
    }, { what: "the delay of 3 s to fire", deadlineMs: 15_000 });
  },
  90_000,
);

test(
  "a delay of an hour fires on time after a kill, in another time zone, its agent passive",
  async () => {
    const hourMs = 3_600_000;
    const { home } = service;
    expect(await service.stop()).toBe(0);
    const options = { home, swarm, args: ["--limit", "idleAfterMs=100"] };
    const startMs = systemClock.monotonicMs();
    service = await startService({ ...options, env: { TZ: "America/New_York" } });
    const tookMs = systemClock.monotonicMs() - startMs;
    await service.client.send({ to: "/slow", type: "answer.after", payload: { ms: hourMs } });
    await eventually(async () => {
      const { status, timers } = await service.client.agent("/slow");
      return status === "passive" && timers.length === 1;
    }, { what: "the agent to be passive" });
    await service.kill9();
    // As if all but the end of the hour had gone by meanwhile; what is left of it outlasts a start.
    moveTimes(-(hourMs - Math.max(4_000, 5 * tookMs)));
    service = await startService({ ...options, env: { TZ: "Asia/Tokyo" } });
    const { timers: [timer], status } = await service.client.agent("/slow");
    expect(status).toBe("passive");
    await eventually(async () => (await service.client.agent("/slow")).timers.length === 0, {
      what: "the delay of an hour to fire",
      deadlineMs: 60_000,
    });
    const lateMs = systemClock.wallMs() - timer!.dueAtMs;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(4_000);
    await eventually(async () => {
      const { reply } = await service.client.ask({ to: "/slow", type: "count.read" });
      const { begun, ended } = reply as { begun: number; ended: number };
      return begun === ended;
    }, { what: "the delayed answer" });
  },
  90_000,
);
