import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/clock.ts";
import { LogLines } from "../../src/log-lines.ts";

function open(perSecond = 100) {
  let nowMs = 10_000;
  const clock: Clock = { wallMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} };
  const said: string[] = [];
  const lines = new LogLines(clock, (line) => said.push(line), { perSecond });
  const push = (text: string) => lines.push(new TextEncoder().encode(text));
  return { said, lines, push, pass: (ms: number) => nowMs += ms };
}

describe("log lines", () => {
  it("are put together from chunks, also in the middle of a character", () => {
    const { said, lines, push } = open();
    const bytes = new TextEncoder().encode("grüße\nzwei\nrest");
    for (const byte of bytes) lines.push(Uint8Array.of(byte));
    push("!");
    expect(said).toEqual(["grüße", "zwei"]);
    lines.end();
    expect(said).toEqual(["grüße", "zwei", "rest!"]);
  });

  it("above the rate are counted", () => {
    const { said, push, pass } = open();
    push(`${"a".repeat(60)}\n${"b".repeat(60)}\nc\n`);
    expect(said).toEqual(["a".repeat(60)]);
    pass(1_000);
    push("d\n");
    expect(said).toEqual(["a".repeat(60), "(2 lines left out)", "d"]);
  });

  it("are cut at a length, without keeping the rest", () => {
    const { said, push } = open(1_000_000);
    for (let i = 0; i < 10; i++) push("x".repeat(1_000));
    push("\ny\n");
    expect(said).toEqual(["x".repeat(4_096) + "…", "y"]);
  });
});
