/** How histories are drawn: one line each, whatever is in them. */
import { describe, expect, it } from "vitest";
import type { AgentHistory, MessageHistory, TracedView } from "../../src/api/client.ts";
import { agentLines, messageLines } from "../../src/cli/history-lines.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { uuid } from "../contract/store-rows.ts";

const terminal: Terminal = {
  ...{ print: () => {}, note: () => {}, status: () => {}, isClosed: false, columns: 80 },
  tint: (_tint, text) => text,
};

function view(n: number, more: Partial<TracedView> = {}): TracedView {
  return {
    ...{ id: uuid(n), kind: "message", type: "work.asked", from: "/a", to: "/b", lane: "normal" },
    ...{ cause: uuid(n - 1), sentAtMs: n * 1_000, attempt: 0, status: "consumed" },
    ...{ payloadBytes: 2, afterCauseMs: 12, letter: null, depth: 0, isDeeper: false },
    ...more,
  };
}

function history(more: Partial<MessageHistory> = {}): MessageHistory {
  const effects = { of: uuid(3), items: [], nextCursor: null };
  const known = { message: view(3), ancestors: [], origin: "outside" as const, answer: null };
  return { id: uuid(3), ...known, effects, ...more };
}

/** Without times and ids. */
const shape = (lines: string[]) =>
  lines.map((line) =>
    line.replace(/^\d{4}\S+Z {2}/, "").replace(/ {2}0{8}-\S+/, (id) => ` #${Number(id.slice(-6))}`)
  );

describe("a message's history", () => {
  it("is one tree from the first cause to the last effect", () => {
    const effects = {
      of: uuid(3),
      items: [view(4, { depth: 1 }), view(5, { depth: 2, kind: "timer", type: "" })],
      nextCursor: null,
    };
    const ancestors = [view(1, { afterCauseMs: null, from: "@owner" }), view(2)];
    expect(shape(messageLines(history({ ancestors, effects }), terminal))).toEqual([
      "         @owner → /b work.asked  consumed #1",
      "  +12ms    └ /a → /b work.asked  consumed #2",
      "  +12ms      ▶ /a → /b work.asked  consumed #3",
      "  +12ms        └ /a → /b work.asked  consumed #4",
      "  +12ms          └ /a → /b delay over  consumed #5",
    ]);
  });

  it("ends with how the ask of a program ended", () => {
    const answer = { of: uuid(3), from: "/b", to: "@ci", atMs: 5_000, afterMs: 34, error: null };
    const lines = shape(messageLines(history({ answer }), terminal));
    expect(lines).toEqual([
      "  +12ms  ▶ /a → /b work.asked  consumed #3",
      "  +34ms    └ /b → @ci answer  ok",
    ]);
    const refused = messageLines(
      history({ answer: { ...answer, error: "ask_timeout" } }),
      terminal,
    );
    expect(refused.at(-1)).toContain("answer  ask_timeout");
    const effects = { of: uuid(3), items: [view(4)], nextCursor: uuid(4) };
    expect(messageLines(history({ answer, effects }), terminal).join()).not.toContain("answer");
  });

  it("says what is not kept, what is too far, and how a message died", () => {
    const lost = messageLines(history({ origin: "not_kept" }), terminal);
    expect(lost[0]).toBe("Earlier causes are older than retention: not kept");
    expect(lost.at(-1)).toBe("Nothing came of it, or nothing that is kept");
    const ancestors = [view(1)];
    const far = messageLines(history({ origin: "too_far", ancestors }), terminal);
    expect(far[0]).toBe(`Earlier causes: dreamos history ${uuid(1)}`);
    const letter = { id: 7, reason: "poison", deadAtMs: 1 };
    const message = view(3, { status: "dead", letter, attempt: 3 });
    const [dead] = messageLines(history({ message }), terminal);
    expect(dead).toContain("dead: poison after 3 crashes, letter 7");
    const open = messageLines(history({ message: view(3, { status: "pending" }) }), terminal);
    expect(open.at(-1)).toBe("It was not handled yet, or nothing that is kept");
  });

  it("keeps each message on a line, however deep, whatever its names hold", () => {
    const nasty = view(4, { depth: 500, from: "@\u001b[2J\u202eevil\n", type: "a.b\u0007" });
    const effects = { of: uuid(3), items: [nasty], nextCursor: null };
    const lines = messageLines(history({ effects }), terminal);
    expect(lines).toHaveLength(2);
    expect(lines.join("")).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(lines[1]!.length).toBeLessThan(250);
    expect(lines[1]).toContain("(500)");
  });

  it("of the whole begins with the first cause and marks the message in it", () => {
    const items = [view(2, { depth: 1 }), view(3, { depth: 2 }), view(4, { depth: 1 })];
    const effects = { of: uuid(1), items, nextCursor: null };
    const ancestors = [view(1), view(2)];
    const lines = messageLines(history({ ancestors, effects }), terminal);
    expect(lines.map((line) => /▶/.test(line))).toEqual([false, false, true, false]);
  });
});

it("an agent's history is told oldest first, with what it waits for at the end", () => {
  const timer = { key: 1, id: "t", dueAtMs: 9_000, runDueMs: 0, delayMs: 5_000, cause: null };
  const call = { key: 1, id: "c", name: "file.read", input: "{}", cause: null };
  const story: AgentHistory = {
    address: "/b",
    agent: null,
    open: {
      calls: [{ ...call, status: "in_doubt", requestedAtMs: 8_000 }],
      timers: [timer],
    },
    keptSinceMs: 500,
    items: [
      { what: "checkpoint", atMs: 3_000, id: 4, reason: "restart", turns: 9 },
      { what: "event", atMs: 2_500, id: 2, type: "agent.failed", data: { code: "crashed" } },
      { what: "sent", atMs: 2_000, message: view(2) },
      { what: "received", atMs: 1_000, message: view(1, { kind: "reply", type: "" }) },
    ],
    nextCursor: null,
  };
  expect(shape(agentLines(story, terminal))).toEqual([
    "/b is no more",
    "← /a reply  consumed #1",
    "→ /b work.asked  consumed #2",
    '• agent.failed  {"code":"crashed"}',
    "◆ checkpoint 4 after 9 turns (before a restart)",
    "waits for the call file.read (in_doubt) since 1970-01-01T00:00:08.000Z",
    "waits for a delay of 5s, due 1970-01-01T00:00:09.000Z",
    "Messages and events before 1970-01-01T00:00:00.500Z are not kept",
  ]);
});
