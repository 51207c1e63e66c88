/** A real tool host on a folder of its own, and what it has told. */
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import type { Json } from "../../src/json.ts";
import { openToolHost, type ToolHost, type ToolHostOptions } from "../../src/tools/tool-host.ts";
import { eventually } from "../support/eventually.ts";

export interface Told {
  key: string;
  type: string;
  path: string;
  payload: { path: string; hash?: string; code?: string; sizeBytes?: number; mtimeMs?: number };
}

export const address = "/inbox";

export class Rig {
  readonly base: string;
  /** The watched folder. */
  readonly folder: string;
  readonly told: Told[] = [];
  readonly lines: string[] = [];
  readonly states: { state: string; message: string | null }[] = [];
  readonly ends: string[] = [];
  /** Given to the adapter with every new process. */
  known: Json[] = [];
  watchOptions: { [name: string]: Json } | null = null;
  isAcking = true;
  host!: ToolHost;

  constructor(base: string) {
    this.base = base;
    this.folder = join(base, "inbox");
  }

  async open(more: Partial<ToolHostOptions> = {}): Promise<void> {
    const late: { host?: ToolHost } = {};
    this.host = late.host = await openToolHost({
      clock: systemClock,
      ids: systemIds(systemClock),
      execPath: Deno.execPath(),
      folder: join(this.base, "processes"),
      read: [this.folder],
      onReady: () => queueMicrotask(() => this.#startAdapter()),
      onEvent: (from, key, type, payload) => {
        const { path } = payload as { path: string };
        this.told.push({ key, type, path, payload: payload as Told["payload"] });
        if (this.isAcking) late.host?.ack(from, key);
      },
      onAdapterState: (_, state, message) => this.states.push({ state, message }),
      onLog: (line) => this.lines.push(line),
      onExit: ({ why }) => this.ends.push(why),
      ...more,
    });
    this.#startAdapter();
  }

  #startAdapter(): void {
    if (!this.watchOptions || !this.host || this.#startedIn === this.host.pid) return;
    this.#startedIn = this.host.pid;
    this.host.tellKnown(address, this.known);
    this.host.startAdapter(address, "file.watch", this.watchOptions);
  }

  #startedIn: number | null = null;

  /** Watches `folder`. */
  watch(options: { [name: string]: Json } = {}): void {
    this.watchOptions = { folder: this.folder, ...options };
    this.#startAdapter();
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = this.path(name);
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(path, bytes);
    return path;
  }

  of(path: string): Told[] {
    return this.told.filter((one) => one.path === path);
  }

  /** Types of what was told of a path, in order. */
  types(path: string): string[] {
    return this.of(path).map(({ type }) => type);
  }

  /** Waits until the last thing that was told of a path is `type`. */
  last(path: string, type: string): Promise<Told> {
    return eventually(() => {
      const one = this.of(path).at(-1);
      return one?.type === type && one;
    }, { what: `${type} of ${path}, told was ${this.types(path)}`, everyMs: 20 });
  }

  read(path: string, more: { maxBytes?: number; grant?: string[]; key?: string } = {}) {
    const { grant = [this.folder], key = systemIds(systemClock).uuid(), ...rest } = more;
    const input = { path, ...rest };
    return this.host.call({
      key,
      name: "file.read",
      input,
      grant: { read: grant },
      deadlineMs: 5_000,
    }) as Promise<{ text: string; hash: string; sizeBytes: number; mtimeMs: number }>;
  }

  async close(): Promise<void> {
    await this.host?.stop();
    await Deno.remove(this.base, { recursive: true });
  }
}

/** The folder exists unless `isMissing`. */
export async function openRig(
  { isMissing = false, ...more }: Partial<ToolHostOptions> & { isMissing?: boolean } = {},
): Promise<Rig> {
  const rig = new Rig(await Deno.realPath(await Deno.makeTempDir({ prefix: "tools-" })));
  if (!isMissing) await Deno.mkdir(rig.folder);
  try {
    await rig.open(more);
  } catch (error) {
    await rig.close();
    throw error;
  }
  return rig;
}

export async function sha256(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
