import { describe, expect, it } from "vitest";
import { decideRestart, type ExitReason } from "../../src/supervisor/exit-reason.ts";
import { recordRestart, restartPause } from "../../src/supervisor/restart-intensity.ts";

describe("recordRestart()", () => {
  const limit = { intensity: 2, periodMs: 1_000 };

  it("refuses the third restart inside the window", () => {
    const first = recordRestart([], 0, limit);
    const second = recordRestart(first.window, 500, limit);
    const third = recordRestart(second.window, 900, limit);
    expect([first.allowed, second.allowed, third.allowed]).toEqual([true, true, false]);
  });

  it("counts a restart that is exactly periodMs old, as OTP does", () => {
    const window = recordRestart(recordRestart([], 0, limit).window, 10, limit).window;
    expect(recordRestart(window, 1_000, limit).allowed).toBe(false);
    expect(recordRestart(window, 1_001, limit).allowed).toBe(true);
  });

  it("allows none at intensity 0", () => {
    expect(recordRestart([], 0, { intensity: 0, periodMs: 5_000 }).allowed).toBe(false);
  });

  it("keeps no more than the window needs", () => {
    let window: number[] = [];
    for (let now = 0; now < 100_000; now += 100) window = recordRestart(window, now, limit).window;
    expect(window.length).toBe(11);
  });
});

describe("restartPause()", () => {
  const backoff = { backoffMs: 200, backoffMaxMs: 10_000 };

  it("doubles its bound up to the most", () => {
    const bounds = [0, 1, 2, 5, 6, 50].map((attempt) => restartPause(attempt, backoff, 0.9999999));
    expect(bounds).toEqual([199, 399, 799, 6_399, 9_999, 9_999]);
  });

  it("uses the whole range below it", () => {
    expect(restartPause(3, backoff, 0)).toBe(0);
    expect(restartPause(3, backoff, 0.5)).toBe(800);
  });
});

describe("decideRestart()", () => {
  const abnormal: ExitReason[] = ["killed", "crashed", "stalled", "looping", "out_of_memory"];

  it.each(["normal", "shutdown", ...abnormal] as ExitReason[])(
    "permanent_%s restarts",
    (reason) => {
      expect(decideRestart("permanent", reason)).toBe(true);
    },
  );

  it.each(abnormal)("transient_%s restarts", (reason) => {
    expect(decideRestart("transient", reason)).toBe(true);
  });

  it.each(["normal", "shutdown"] as ExitReason[])("transient_%s does not restart", (reason) => {
    expect(decideRestart("transient", reason)).toBe(false);
  });

  it.each(["normal", ...abnormal] as ExitReason[])("temporary_%s does not restart", (reason) => {
    expect(decideRestart("temporary", reason)).toBe(false);
  });
});
