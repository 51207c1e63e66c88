/** Free space of the disk that HOME is on, and a reserve that is given up when there is none. */
import { rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const reserveBytes = 1024 * 1024;

export class DiskSpace {
  #file: string;
  #minFreeBytes: number;
  #isGiven = false;

  constructor(databaseFile: string, minFreeBytes: number) {
    this.#file = `${databaseFile}.reserve`;
    this.#minFreeBytes = minFreeBytes;
  }

  /**
   * Whether new requests are to be refused: there is less than the smallest amount of space, or the
   * reserve was given up and does not fit again yet.
   */
  isLow(): boolean {
    const free = this.#freeBytes();
    this.#keepReserve(free);
    return free < this.#minFreeBytes || this.#isGiven;
  }

  /** The disk is full: what is under way must still fit. */
  giveReserve(): void {
    rmSync(this.#file, { force: true });
    this.#isGiven = true;
  }

  /** Sets space aside, where enough is left for others: else it would fill the disk again. */
  #keepReserve(free: number): void {
    try {
      if (statSync(this.#file, { throwIfNoEntry: false })?.size === reserveBytes) return;
      if (free < this.#minFreeBytes + 2 * reserveBytes) return;
      writeFileSync(this.#file, new Uint8Array(reserveBytes).fill(1), { mode: 0o600 });
      this.#isGiven = false;
    } catch {
      this.giveReserve();
    }
  }

  #freeBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }
}
