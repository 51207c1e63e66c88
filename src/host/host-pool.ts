/** All hosts of the system: which agent goes where, and when a host has done its service. */
import { mkdirSync } from "node:fs";
import type { Described } from "../actors/protocol.ts";
import type { CancelTimer, Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { HostProcess } from "./host-process.ts";
import type { Bundle, HostInfo, Hosts, Thread, ThreadEvents, ThreadRequest } from "./hosts.ts";
import { buildRuntime, type RuntimeFiles } from "./runtime.ts";

export interface HostsOptions {
  limits: Limits;
  clock: Clock;
  /** The Deno executable. */
  execPath: string;
  /**
   * Absolute folder for built files, Deno's cache, and the notes by which `endNotedProcesses` finds
   * hosts of an earlier control process; made when missing.
   */
  folder: string;
  /** A line that a host's code printed. */
  onLog(line: string, from: { pid: number }): void;
  /** Built elsewhere; by default built into `folder`. */
  runtime?: RuntimeFiles;
}

/** An empty host is kept this long for the next agent. */
const idleHostMs = 30_000;
/** One in which bundles are described has no more to do after the start. */
const idleDescribingMs = 2_000;
/** Memory can be filled at some GiB a second. */
const lookMs = 250;
const looksPerStray = 4;

/** What agents of one host have in common. */
interface Place {
  group: string;
  read: readonly string[];
  alone: boolean;
}

/** Bundles are described apart from agents: they are not yet trusted with anything. */
const placeOfDescribing: Place = { group: "(describe)", read: [], alone: false };

function keyOf(place: Place): string {
  return JSON.stringify([place.group, place.read.toSorted()]);
}

const describing = keyOf(placeOfDescribing);

class HostPool implements Hosts {
  readonly #options: HostsOptions;
  readonly #runtime: RuntimeFiles;
  readonly #hosts = new Map<HostProcess, { key: string; cancelIdle: CancelTimer }>();
  #lastId = 0;
  #cancelLook: CancelTimer = () => {};
  #stopped = false;

  constructor(options: HostsOptions, runtime: RuntimeFiles) {
    this.#options = options;
    this.#runtime = runtime;
    this.#watch();
  }

  /** What agents do to their host without saying a word. */
  #watch(looks = 0): void {
    this.#cancelLook = this.#options.clock.after(lookMs, () => {
      for (const host of this.#hosts.keys()) host.look(looks % looksPerStray === 0);
      this.#watch(looks + 1);
    });
  }

  async place(request: ThreadRequest, events: ThreadEvents): Promise<Thread> {
    const host = this.#hostFor(request, request.bundle.hash);
    return await host.place(++this.#lastId, request, events);
  }

  async describe(bundle: Bundle, timeoutMs: number): Promise<Described> {
    try {
      return await this.#describeIn(placeOfDescribing, bundle, timeoutMs);
    } catch (thrown) {
      if (!isLost(thrown) || this.#stopped) throw thrown;
    }
    // Perhaps for what another bundle did in there: alone it can only have been this one.
    try {
      return await this.#describeIn({ ...placeOfDescribing, alone: true }, bundle, timeoutMs);
    } catch (thrown) {
      if (!isLost(thrown) || this.#stopped) throw thrown;
      const message = `The bundle ended its host while it was loaded: ${thrown.message}`;
      throw new DreamError("bad_bundle", message, { cause: thrown });
    }
  }

  #describeIn(place: Place, bundle: Bundle, timeoutMs: number): Promise<Described> {
    return this.#hostFor(place, bundle.hash).describe(++this.#lastId, bundle, timeoutMs);
  }

  list(): HostInfo[] {
    return [...this.#hosts.keys()].map((host) => host.info());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelLook();
    await Promise.all([...this.#hosts.keys()].map((host) => host.stop()));
  }

  /** The fullest host that fits, as full hosts cost less; one with the code at hand comes first. */
  #hostFor(place: Place, hash: string): HostProcess {
    if (this.#stopped) throw new DreamError("host_lost", "The hosts are being stopped");
    const key = keyOf(place);
    let best: HostProcess | null = null;
    for (const [host, known] of place.alone ? [] : this.#hosts) {
      if (known.key !== key || !host.isOpen) continue;
      if (best === null || rank(host, hash) > rank(best, hash)) best = host;
    }
    const host = best ?? this.#start(place, place.alone ? "" : key);
    this.#hosts.get(host)?.cancelIdle();
    return host;
  }

  #start(place: Place, key: string): HostProcess {
    const { limits, clock, execPath, folder, onLog } = this.#options;
    const host: HostProcess = new HostProcess({
      limits,
      clock,
      execPath,
      folder,
      runtime: this.#runtime,
      heapMb: limits.heapMb,
      read: place.read,
      group: place.group,
      alone: place.alone,
      onLog: (line) => onLog(line, { pid: host.pid }),
      onChange: () => this.#look(host),
    });
    this.#hosts.set(host, { key, cancelIdle: () => {} });
    return host;
  }

  #look(host: HostProcess): void {
    const known = this.#hosts.get(host);
    if (!known) return;
    known.cancelIdle();
    if (host.over) {
      host.gone.then(() => this.#hosts.delete(host));
    } else if (host.used === 0) {
      const idleMs = known.key === describing ? idleDescribingMs : idleHostMs;
      if (host.isOpen) known.cancelIdle = this.#options.clock.after(idleMs, () => host.stop());
      else host.stop();
    }
  }
}

function isLost(thrown: unknown): thrown is DreamError {
  return thrown instanceof DreamError && thrown.code === "host_lost";
}

function rank(host: HostProcess, hash: string): number {
  return host.used + (host.hasBlank(hash) ? 1_000_000 : 0);
}

/** Makes what hosts are started from. Hosts themselves start when the first agent comes. */
export async function openHosts(options: HostsOptions): Promise<Hosts> {
  mkdirSync(options.folder, { recursive: true });
  const runtime = options.runtime ?? await buildRuntime(options.folder);
  return new HostPool(options, runtime);
}
