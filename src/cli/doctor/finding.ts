/** What the doctor finds, in words that do not need the code. */
import type { Run } from "../command.ts";

export type Level = "ok" | "warn" | "fail";

export interface Finding {
  /** What was looked at. */
  check: string;
  level: Level;
  /** What was seen. */
  found: string;
  /** Why it matters. */
  means: string;
  /** What to do; null when there is nothing to do. */
  next: string | null;
  /** Puts it right without harm; only with `--fix`, and while no service runs. */
  fix?: () => void | Promise<void>;
}

/** What all checks may look at. */
export interface Patient {
  run: Run;
  /** Looks that take long are taken too. */
  deep: boolean;
  /** Pid of the service that holds HOME; null when none runs; undefined without a HOME. */
  holder: number | null | undefined;
}

export interface Check {
  name: string;
  /** Said when it does not end in time. */
  means: string;
  look(patient: Patient): Promise<Finding[]> | Finding[];
}

type Words = Omit<Finding, "check" | "level">;

/** Findings of one check. */
export function findingsOf(check: string) {
  const of = (level: Level) => (words: Omit<Words, "next"> & { next?: string }): Finding => ({
    check,
    level,
    ...words,
    next: words.next ?? null,
  });
  return { ok: of("ok"), warn: of("warn"), fail: of("fail") };
}
