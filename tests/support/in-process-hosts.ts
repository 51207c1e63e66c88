/**
 * Hosts without processes: the real engine runs each agent in this thread, behind the same
 * contract, with every frame made into text and back. For tests that must place a fault exactly.
 */
import { AgentThread } from "../../src/actors/agent-thread.ts";
import type { Described, FromThread, ToThread } from "../../src/actors/protocol.ts";
import { readFromThread } from "../../src/actors/read-from-thread.ts";
import { systemClock } from "../../src/clock.ts";
import type {
  Bundle,
  HostInfo,
  Hosts,
  Thread,
  ThreadEvents,
  ThreadLoss,
  ThreadRequest,
} from "../../src/host/hosts.ts";
import { defaultLimits } from "../../src/limits.ts";

export interface PlacedThread {
  request: ThreadRequest;
  /** Frames handed to the agent, oldest first. */
  heard: ToThread[];
  /** Ends the thread as its host's death would. */
  lose(loss: ThreadLoss): void;
}

export class InProcessHosts implements Hosts {
  readonly placed: PlacedThread[] = [];
  /** Frames are kept back while this says so: a thread that hangs. */
  holds: (address: string) => boolean = () => false;
  /** The thread throws over this frame instead of taking it. */
  breaks: (address: string, frame: ToThread) => boolean = () => false;
  /** Threads that were asked to end, oldest first: `address released` or `address killed`. */
  readonly ended: string[] = [];
  #kept: (() => void)[] = [];
  #nextId = 1;
  #live = new Set<number>();

  /** Threads that have been neither released nor ended. */
  get live(): number {
    return this.#live.size;
  }

  place(request: ThreadRequest, events: ThreadEvents): Promise<Thread> {
    const id = this.#nextId++;
    this.#live.add(id);
    const post = (frame: FromThread) => {
      const text = JSON.stringify(frame);
      const tell = () => {
        if (!this.#live.has(id)) return;
        if (this.holds(request.address)) this.#kept.push(tell);
        else events.onFrame(readFromThread(text, defaultLimits));
      };
      queueMicrotask(tell);
    };
    const agent = new AgentThread({ clock: systemClock, post });
    agent.load(request.bundle);
    const end = () => {
      if (this.#live.delete(id)) agent.dispose();
    };
    const heard: ToThread[] = [];
    const lose = (loss: ThreadLoss) => {
      end();
      events.onLost(loss);
    };
    this.placed.push({ request, heard, lose });
    return Promise.resolve({
      id,
      hostPid: 0,
      send: (frame: ToThread) => {
        heard.push(frame);
        if (this.breaks(request.address, frame)) {
          const error = { name: "Error", message: "planted", stack: null };
          return post({ t: "failed", turn: 0, reason: "crashed", error, at: null });
        }
        const copy: ToThread = JSON.parse(JSON.stringify(frame));
        queueMicrotask(() => this.#live.has(id) && agent.receive(copy));
      },
      release: () => {
        this.ended.push(`${request.address} released`);
        end();
      },
      kill: () => {
        this.ended.push(`${request.address} killed`);
        return Promise.resolve(end());
      },
    });
  }

  /** What was kept back and no longer is comes late. */
  answerHeld(): void {
    for (const tell of this.#kept.splice(0)) tell();
  }

  describe(bundle: Bundle): Promise<Described> {
    const agent = new AgentThread({ clock: systemClock, post: () => {} });
    agent.load(bundle);
    const described = agent.describe();
    agent.dispose();
    return Promise.resolve(described);
  }

  list(): HostInfo[] {
    return [];
  }

  stop(): Promise<void> {
    this.#live.clear();
    return Promise.resolve();
  }
}
