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
      queueMicrotask(() => {
        if (!this.#live.has(id) || this.holds(request.address)) return;
        events.onFrame(readFromThread(text, defaultLimits));
      });
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
        const copy: ToThread = JSON.parse(JSON.stringify(frame));
        queueMicrotask(() => this.#live.has(id) && agent.receive(copy));
      },
      release: end,
      kill: () => Promise.resolve(end()),
    });
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
