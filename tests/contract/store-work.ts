/** Part of the contract of stores: timers, calls, asks, and small rows. */
import { expect, it } from "vitest";
import type { Store } from "../../src/storage/store.ts";
import type { TokenRow } from "../../src/storage/token-row.ts";
import { askRow, callRow, timerRow, tokenRow } from "./store-rows.ts";

export function describeRows(stores: () => Store): void {
  it("keeps timers, earliest first", async () => {
    const store = stores();
    const at = (wallMs: number, runMs = 0) => ({ wallMs, runMs });
    expect(await store.nextTimers()).toBeNull();
    expect(await store.runMs()).toBe(0);
    const rows = [timerRow(1, "b", 300), timerRow(1, "a", 200), timerRow(2, "c", 100)];
    await store.commit(rows.map((row) => ({ op: "timer", row })));
    expect(await store.nextTimers()).toEqual({ dueAtMs: 100, runDueMs: 100 });
    expect(await store.dueTimers(at(200), 10)).toEqual([rows[2], rows[1]]);
    expect(await store.dueTimers(at(999), 1)).toEqual([rows[2]]);
    expect(await store.timers(1)).toHaveLength(2);
    await store.commit([
      { op: "timerGone", key: 2, id: "c" },
      { op: "timer", row: timerRow(1, "a", 250) },
      { op: "timerGone", key: 9, id: "none" },
    ]);
    expect(await store.nextTimers()).toEqual({ dueAtMs: 250, runDueMs: 250 });
    expect(await store.timers(2)).toEqual([]);
  });

  it("tells which timers are due on either clock, each once", async () => {
    const store = stores();
    const timer = (id: string, dueAtMs: number, runDueMs: number, delayMs = 10) => ({
      ...timerRow(1, id, dueAtMs, delayMs),
      runDueMs,
    });
    const both = timer("both", 100, 20);
    const wall = timer("wall", 200, 9_000, 8_970);
    const run = timer("run", 99_000, 50);
    const rows = [both, wall, run, timer("early", 98_000, 40)];
    await store.commit(rows.map((row) => ({ op: "timer", row })));
    expect(await store.nextTimers()).toEqual({ dueAtMs: 100, runDueMs: 20 });
    expect(await store.runMs()).toBe(40);
    const due = async (wallMs: number, runMs: number, limit = 9) =>
      (await store.dueTimers({ wallMs, runMs }, limit)).map(({ id }) => id);
    expect([await due(99, 19), await due(99, 20)]).toEqual([[], ["both"]]);
    expect(await due(100, 19)).toEqual(["both"]);
    expect(await due(200, 50)).toEqual(["both", "wall", "early", "run"]);
    expect(await due(200, 50, 3)).toEqual(["both", "wall", "early"]);
  });

  it("keeps calls until they are gone", async () => {
    const store = stores();
    const second = callRow(2, "c", { cause: "e" });
    await store.commit([{ op: "call", row: callRow(1, "c") }, { op: "call", row: second }]);
    await store.commit([{ op: "call", row: callRow(1, "c", { status: "running" }) }]);
    expect(await store.calls(1)).toEqual([callRow(1, "c", { status: "running" })]);
    expect(await store.calls()).toHaveLength(2);
    await store.commit([{ op: "callGone", key: 1, id: "c" }]);
    expect(await store.calls()).toEqual([second]);
  });

  it("keeps asks, open and settled", async () => {
    const store = stores();
    await store.commit([{ op: "ask", row: askRow("a") }, { op: "ask", row: askRow("b") }]);
    const settled = askRow("a", { outcome: '{"ok":true}', settledAtMs: 8 });
    await store.commit([{ op: "ask", row: settled }]);
    expect(await store.ask("a")).toEqual(settled);
    expect(await store.openAsks()).toEqual([askRow("b")]);
    expect(await store.ask("c")).toBeNull();
  });

  it("keeps idempotency keys by scope, and small values", async () => {
    const store = stores();
    const row = { scope: "@a", key: "k", bodyHash: "h", answer: '{"id":"1"}', atMs: 5 };
    await store.commit([{ op: "idempotency", row }, { op: "meta", name: "m", value: "1" }]);
    await store.commit([{ op: "meta", name: "m", value: "2" }]);
    expect(await store.idempotency("@a", "k")).toEqual(row);
    expect(await store.idempotency("@b", "k")).toBeNull();
    expect(await store.meta("m")).toBe("2");
    expect(await store.meta("other")).toBeNull();
  });

  it("keeps tokens by name, each hash once", async () => {
    const store = stores();
    const full = tokenRow("b", {
      ...{ previousHash: "p", previousUntilMs: 5, role: "agent", scope: "/a", createdBy: "@x" },
      ...{ expiresAtMs: 6, rotatedAtMs: 7, revokedAtMs: 8, lastUsedAtMs: 9 },
    });
    const put = (row: TokenRow) => store.commit([{ op: "token", row }]);
    await put(tokenRow("c"));
    await put(tokenRow("b"));
    await put(full);
    expect(await store.tokens()).toEqual([full, tokenRow("c")]);
    await expect(put(tokenRow("d", { hash: full.hash }))).rejects.toMatchObject({ own: true });
    await store.recover();
    await store.commit([{ op: "tokenGone", name: "b" }, { op: "tokenGone", name: "none" }]);
    expect(await store.tokens()).toEqual([tokenRow("c")]);
  });

  it("keeps every deployment of a kind, the newest last", async () => {
    const store = stores();
    const row = (agent: string, hash: string, deployedAtMs: number) => (
      { hash, agent, manifest: `{"kind":"${agent}"}`, deployedAtMs, code: `// ${hash}` }
    );
    const rows = [row("echo", "h2", 20), row("echo", "h1", 10), row("counter", "h3", 15)];
    await store.commit(rows.map((one) => ({ op: "bundle", row: one })));
    expect(await store.bundle("h1")).toEqual(rows[1]);
    expect(await store.bundle("none")).toBeNull();
    expect((await store.bundles()).map(({ hash }) => hash)).toEqual(["h1", "h3", "h2"]);
    await store.commit([{ op: "bundle", row: row("echo", "h1", 30) }]);
    const newest = (await store.bundles()).at(-1);
    expect(newest).toEqual({
      hash: "h1",
      agent: "echo",
      manifest: '{"kind":"echo"}',
      deployedAtMs: 30,
    });
  });
}
