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
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      return bavail * bsize < this.#minFreeBytes;
    } catch {
      return false;
    }
  }

  /** Sets space aside, where there is enough. */
  keepReserve(): void {
    if (this.isLow) return;
    try {
      if (statSync(this.#file, { throwIfNoEntry: false })?.size === reserveBytes) return;
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
