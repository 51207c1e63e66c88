/** Free space of the disk that HOME is on, and a reserve that is given up when there is none. */
import { rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const reserveBytes = 1024 * 1024;

export class DiskSpace {
  #file: string;
  #minFreeBytes: number;

  constructor(databaseFile: string, minFreeBytes: number) {
    this.#file = `${databaseFile}.reserve`;
    this.#minFreeBytes = minFreeBytes;
  }

  /** Whether there is less than the smallest amount with which new requests are taken. */
  get isLow(): boolean {
    return this.#freeBytes < this.#minFreeBytes;
  }

  get #freeBytes(): number {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      return bavail * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }

  /** Sets space aside, where enough is left for others: else it would fill the disk again. */
  keepReserve(): void {
    try {
      if (statSync(this.#file, { throwIfNoEntry: false })?.size === reserveBytes) return;
      if (this.#freeBytes < this.#minFreeBytes + 4 * reserveBytes) return;
      writeFileSync(this.#file, new Uint8Array(reserveBytes).fill(1), { mode: 0o600 });
    } catch {
      this.giveReserve();
    }
  }

  /** The disk is full: what is under way must still fit. */
  giveReserve(): void {
    rmSync(this.#file, { force: true });
  }
}
