/**
 * The contract between the supervisor and whatever holds threads: host processes here, faults in a
 * simulation, other machines later (R12). One test suite serves all.
 *
 * Promises: frames of one thread arrive in order; after `onLost` nothing more is heard of that
 * thread; nothing a host sends can reach another thread's events; every frame handed on has passed
 * `readFromThread`.
 */
import type { Address } from "../address.ts";
import type { Described, FromThread, ToThread } from "../actors/protocol.ts";

/** Agent code, ready to load: text by hash. */
export interface Bundle {
  /** SHA-256 of `code`, hex. */
  hash: string;
  code: string;
}

export interface ThreadRequest {
  address: Address;
  generation: number;
  bundle: Bundle;
  /** Agents share a host only inside one group (R5); a bulkhead is a group of its own (R7). */
  group: string;
  /** Absolute folders the thread may read; none by default. */
  read: readonly string[];
  /** A host with no other thread: for suspects (R7). */
  alone: boolean;
  /** The bundle has been described before: its definition need not be checked once more. */
  isKnown?: boolean;
}

/**
 * Why a thread is no more, not being asked to end.
 * - `host_lost`: its host died; `alone` says whether it was the only thread there
 * - `out_of_memory`: its host died for want of memory; who took it is known when it was `alone`
 * - `bad_frame`: it or a neighbour sent what is no frame; the host was ended
 * - `exited`: the thread ended itself, or an error escaped it
 */
export interface ThreadLoss {
  reason: "host_lost" | "out_of_memory" | "bad_frame" | "exited";
  message: string;
  alone: boolean;
}

export interface ThreadEvents {
  onFrame(frame: FromThread): void;
  onLost(loss: ThreadLoss): void;
}

export interface Thread {
  readonly hostPid: number;
  /** Number of the thread, unique in this run of the control process. */
  readonly id: number;
  send(frame: ToThread): void;
  /** The agent has left: the thread is blanked for another of the same bundle, grants and host. */
  release(): void;
  /**
   * The turn in hand takes long: where the system can do that, its thread comes after those of
   * others from now on, and is used by no other agent later. To be called again while it lasts.
   */
  yieldToOthers?(): void;
  /**
   * Ends the thread by force. A thread that still runs after `killGraceMs` takes its host with it;
   * its neighbours then hear `onLost`. Resolves when nothing of it runs any more.
   */
  kill(): Promise<void>;
}

export interface HostInfo {
  pid: number;
  group: string;
  threads: number;
  starts: number;
  rssBytes: number | null;
}

export interface Hosts {
  /**
   * Resolves once the thread has loaded the bundle.
   * @throws {DreamError} `bad_bundle`, `host_lost`, `bad_swarm` for a folder that cannot be granted
   */
  place(request: ThreadRequest, events: ThreadEvents): Promise<Thread>;
  /** Loads the bundle in a thread without permissions and asks what it is. */
  describe(bundle: Bundle, timeoutMs: number): Promise<Described>;
  list(): HostInfo[];
  /** Ends all hosts; resolves when their processes are gone. */
  stop(): Promise<void>;
}
