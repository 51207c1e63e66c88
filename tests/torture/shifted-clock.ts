/**
 * A wall clock that jumps under one process while it runs, by Debian's libfaketime: the machine's
 * own clock stays as it is, and so does the monotonic one.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "./random.ts";

const libraries = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/faketime/libfaketime.so.1",
];
/** Below the 24 h for which Idempotency-Keys are kept: they follow the wall clock. */
const mostMinutes = 11 * 60;

export class ShiftedClock {
  /** For the process whose clock is to jump; empty where that cannot be. */
  readonly env: Record<string, string>;
  #file: string;

  constructor(folder: string) {
    this.#file = join(folder, "clock");
    const library = libraries.find((path) => existsSync(path));
    this.env = library
      ? {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: this.#file,
        FAKETIME_NO_CACHE: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
      }
      : {};
    this.#set("+0");
  }

  /** Why it cannot jump; null when it can. */
  get reason(): string | null {
    return "LD_PRELOAD" in this.env ? null : "libfaketime is not installed (Debian: libfaketime)";
  }

  /** @returns where it stands now against the true time, in words */
  jump(random: Random): string {
    const minutes = random.int(-mostMinutes, mostMinutes);
    const offset = `${minutes < 0 ? "-" : "+"}${Math.abs(minutes)}m`;
    this.#set(offset);
    return offset;
  }

  #set(offset: string): void {
    Deno.writeTextFileSync(this.#file, `${offset}\n`);
  }
}
