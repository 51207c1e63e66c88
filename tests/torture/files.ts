/**
 * The inbox folder under torture: puts files in, changes, copies, moves and deletes them, and keeps
 * the book that the memories are compared with at the end.
 */
import { dirname, join } from "node:path";
import { pause } from "../support/eventually.ts";
import type { Random } from "./random.ts";
import { hashOf, variationOf } from "./texts.ts";

/** What has to be found in memory. */
export interface FileBook {
  /** Path → hash of what lies there now. */
  living: ReadonlyMap<string, string>;
  /** Paths that were there once and are gone. */
  gone: ReadonlySet<string>;
  /** Gone paths that memory had taken up before they went: each has to be marked deleted. */
  goneKnown: ReadonlySet<string>;
  /** Hash → text of everything that ever lay there, half-written files included. */
  ever: ReadonlyMap<string, string>;
}

export type FileCounts = Record<"put" | "changed" | "copied" | "moved" | "deleted", number>;

export class InboxFiles implements FileBook {
  readonly living = new Map<string, string>();
  readonly gone = new Set<string>();
  readonly goneKnown = new Set<string>();
  readonly ever = new Map<string, string>();
  readonly counts: FileCounts = { put: 0, changed: 0, copied: 0, moved: 0, deleted: 0 };
  #folder: string;
  #random: Random;
  #made = 0;
  /** Paths in memory since the last quiet. */
  #known = new Set<string>();

  constructor(folder: string, random: Random) {
    this.#folder = folder;
    this.#random = random;
  }

  /** New files, one after the other, with short pauses. */
  async put(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      await this.#write(this.#newPath(), text);
      this.counts.put++;
      if (this.#random.chance(0.1)) await pause(this.#random.int(1, 20));
    }
  }

  /** `share` of the files there: changed, copied, moved or deleted. */
  async disturb(share: number): Promise<void> {
    const paths = this.#random.shuffle([...this.living.keys()]);
    for (const path of paths.slice(0, Math.ceil(paths.length * share))) {
      const what = this.#random.pick(["change", "change", "copy", "move", "delete"] as const);
      await this.#do(what, path);
      if (this.#random.chance(0.2)) await pause(this.#random.int(1, 30));
    }
  }

  /** A few of each, on files that memory is known to hold. */
  async lastChanges(each: number): Promise<void> {
    const paths = this.#random.shuffle([...this.living.keys()]);
    for (const what of ["change", "copy", "move", "delete"] as const) {
      for (const path of paths.splice(0, each)) await this.#do(what, path);
    }
  }

  /** Memory holds what is there now. */
  noteQuiet(): void {
    this.#known = new Set(this.living.keys());
  }

  async #do(what: "change" | "copy" | "move" | "delete", path: string): Promise<void> {
    const text = this.ever.get(this.living.get(path)!)!;
    switch (what) {
      case "change":
        await this.#write(path, variationOf(text, `change ${++this.#made}`));
        this.counts.changed++;
        return;
      case "copy":
        await this.#write(this.#newPath(), text);
        this.counts.copied++;
        return;
      case "move": {
        const to = this.#newPath();
        await Deno.mkdir(dirname(to), { recursive: true });
        await Deno.rename(path, to);
        this.living.set(to, this.living.get(path)!);
        this.#forget(path);
        this.counts.moved++;
        return;
      }
      case "delete":
        await Deno.remove(path);
        this.#forget(path);
        this.counts.deleted++;
    }
  }

  #forget(path: string): void {
    this.living.delete(path);
    this.gone.add(path);
    if (this.#known.has(path)) this.goneKnown.add(path);
  }

  #newPath(): string {
    const number = ++this.#made;
    const folder = this.#random.pick([".", ".", "notes", "notes/older", "заметки"]);
    return join(this.#folder, folder, `file ${number}.md`);
  }

  /** As editors and copy programs do it: whole by renaming, at once, or in two halves. */
  async #write(path: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(path), { recursive: true });
    const hash = this.#note(text);
    const way = this.#random.pick(["rename", "rename", "at once", "halves"] as const);
    if (way === "rename") {
      const part = join(dirname(path), `.${++this.#made}.part`);
      await Deno.writeTextFile(part, text);
      await Deno.rename(part, path);
    } else if (way === "at once") {
      await Deno.writeTextFile(path, text);
    } else {
      // Never within a character: what lies there for a moment is a text of its own.
      const middle = text.indexOf("\n", text.length >> 1) + 1;
      this.#note(text.slice(0, middle));
      await Deno.writeTextFile(path, text.slice(0, middle));
      await pause(this.#random.int(0, 300));
      await Deno.writeTextFile(path, text.slice(middle), { append: true });
    }
    this.living.set(path, hash);
    this.gone.delete(path);
  }

  #note(text: string): string {
    const hash = hashOf(text);
    this.ever.set(hash, text);
    return hash;
  }
}
