/** Where a torture run lives: HOME on a disk of its own where one can be mounted. */
import { join } from "node:path";
import { fillDisk, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";

const sizeMb = 768;

export class Scratch {
  readonly folder: string;
  readonly home: string;
  /** Not on the disk that is filled: files are put in meanwhile. */
  readonly inbox: string;
  /** Why its disk cannot be filled; null when it can. */
  readonly noDisk: string | null;
  #disk: string;

  private constructor(folder: string, noDisk: string | null) {
    this.folder = folder;
    this.#disk = join(folder, "disk");
    this.home = join(this.#disk, "home");
    this.inbox = join(folder, "inbox");
    this.noDisk = noDisk;
  }

  static async make(): Promise<Scratch> {
    const folder = await Deno.makeTempDir({ prefix: "dreamos-torture-" });
    const disk = join(folder, "disk");
    await Deno.mkdir(disk);
    await Deno.mkdir(join(folder, "inbox"));
    return new Scratch(folder, await mountSmallDisk(disk, sizeMb));
  }

  fill(): Promise<void> {
    return fillDisk(join(this.#disk, "filler"));
  }

  async free(): Promise<void> {
    await Deno.remove(join(this.#disk, "filler")).catch(() => {});
  }

  /** Ends the disk; what was on it is kept as files when `keep`. */
  async close(keep: boolean): Promise<void> {
    await this.free();
    if (keep && this.noDisk === null) {
      const args = ["-a", this.home, join(this.folder, "home")];
      await new Deno.Command("cp", { args }).output();
    }
    if (this.noDisk === null) await unmountSmallDisk(this.#disk);
    if (!keep) await Deno.remove(this.folder, { recursive: true });
  }
}
