/**
 * Faulty hosts: the real turn engine in this thread, on virtual time. Threads are lost, hang, say
 * things twice, late, or for a generation that is no more; what they say is text, as on a socket.
 */
import { AgentThread } from "../../src/actors/agent-thread.ts";
import type { AgentDefinition } from "../../src/actors/define-agent.ts";
import type { FromThread, ToThread, TurnedFrame } from "../../src/actors/protocol.ts";
import { readFromThread } from "../../src/actors/read-from-thread.ts";
import type { Clock } from "../../src/clock.ts";
import { DreamError } from "../../src/errors.ts";
import type {
  HostInfo,
  Hosts,
  Thread,
  ThreadEvents,
  ThreadLoss,
  ThreadRequest,
} from "../../src/host/hosts.ts";
import { defaultLimits } from "../../src/limits.ts";
import type { Random } from "../torture/random.ts";
import { Line } from "./scheduler.ts";

/** Marks the state of a frame that nobody may believe. */
export const ghost = "ghost";

export interface HostsOptions {
  clock: Clock;
  random: Random;
  definition(hash: string): AgentDefinition;
  trace(what: string): void;
  /** Chances of what goes wrong, all 0 in a quiet phase. */
  faults(): HostFaults;
}

export interface HostFaults {
  /** Of a frame to a thread: it is never answered again. */
  hang: number;
  /** Of a turn's answer: it is said twice. */
  twice: number;
  /** Of a turn's answer: before it comes one that was not asked for. */
  forged: number;
  /** Of a placement: there is no host for it. */
  noPlace: number;
}

export class SimHosts implements Hosts {
  #options: HostsOptions;
  #live = new Map<number, SimThread>();
  /** Threads that have ended, whose late frames may still come. */
  #ended: SimThread[] = [];
  #nextId = 1;

  constructor(options: HostsOptions) {
    this.#options = options;
  }

  get threads(): SimThread[] {
    return [...this.#live.values()];
  }

  place(request: ThreadRequest, events: ThreadEvents): Promise<Thread> {
    const { clock, random, faults } = this.#options;
    return new Promise((resolve, reject) => {
      clock.after(random.next() * 5, () => {
        if (random.chance(faults().noPlace)) {
          return reject(new DreamError("host_lost", "The host ended while it was starting"));
        }
        const thread = new SimThread(this.#nextId++, request, events, this.#options, () => {
          this.#live.delete(thread.id);
          this.#ended = [...this.#ended.slice(-7), thread];
        });
        this.#live.set(thread.id, thread);
        resolve(thread);
      });
    });
  }

  /** What an ended thread still had to say comes now. */
  sayLate(): boolean {
    const { random } = this.#options;
    // The worst moment: the agent is elsewhere and has a turn in hand of just this number.
    for (const thread of random.shuffle(this.#ended)) {
      const { address } = thread.request;
      const now = this.threads.find((one) => one.request.address === address);
      if (thread.sayLate(now?.turn ?? random.int(1, 9))) return true;
    }
    return false;
  }

  describe(): never {
    throw new Error("the simulation knows its kinds");
  }

  list(): HostInfo[] {
    return [];
  }

  stop(): Promise<void> {
    for (const thread of this.#live.values()) thread.end();
    return Promise.resolve();
  }
}

class SimThread implements Thread {
  readonly hostPid = 0;
  /** The last one that was handed over. */
  turn = 0;
  /** Frames said while it lived, for later. */
  #said: FromThread[] = [];
  #isLive = true;
  #hangs = false;
  #agent: AgentThread;
  #in: Line;
  #out: Line;

  constructor(
    readonly id: number,
    readonly request: ThreadRequest,
    readonly events: ThreadEvents,
    readonly options: HostsOptions,
    readonly onEnd: () => void,
  ) {
    const { clock, definition } = options;
    this.#in = new Line(clock);
    this.#out = new Line(clock);
    this.#agent = new AgentThread({ clock, post: (frame) => this.#post(frame) });
    this.#agent.use(request.bundle.hash, definition(request.bundle.hash));
  }

  send(frame: ToThread): void {
    const { random, faults, trace } = this.options;
    if (frame.t === "deliver") this.turn = frame.turn;
    const copy: ToThread = JSON.parse(JSON.stringify(frame));
    this.#in.add(random.next() * 3, () => {
      if (!this.#isLive || this.#hangs) return;
      if (copy.t === "deliver" && random.chance(faults().hang)) {
        this.#hangs = true;
        return trace(`hang ${this.request.address}`);
      }
      this.#agent.receive(copy);
    });
  }

  #post(frame: FromThread): void {
    const { random, faults, trace } = this.options;
    this.#said = [...this.#said.slice(-3), frame];
    if (frame.t === "turned" && random.chance(faults().forged)) {
      trace(`forged ${this.request.address}`);
      this.#say(ghostOf({ ...frame, turn: frame.turn + random.pick([-1, 1, 7]) }));
    }
    this.#say(frame);
    if (frame.t === "turned" && random.chance(faults().twice)) {
      trace(`twice ${this.request.address}`);
      this.#say(ghostOf(frame));
    }
  }

  #say(frame: FromThread): void {
    const text = JSON.stringify(frame);
    this.#out.add(this.options.random.next() * 3, () => {
      if (!this.#isLive) return;
      this.events.onFrame(readFromThread(text, defaultLimits));
    });
  }

  release(): void {
    this.end();
  }

  kill(): Promise<void> {
    this.end();
    const { clock, random } = this.options;
    return new Promise((resolve) => void clock.after(random.next() * 20, resolve));
  }

  end(): void {
    if (!this.#isLive) return;
    this.#isLive = false;
    this.#agent.dispose();
    this.onEnd();
  }

  lose(loss: ThreadLoss): void {
    this.end();
    this.events.onLost(loss);
  }

  /** Against the promise of the contract: the supervisor must not believe it. */
  sayLate(turn: number): boolean {
    const { random } = this.options;
    const turned = this.#said.filter((frame) => frame.t === "turned");
    if (turned.length === 0) return false;
    const frame = ghostOf({ ...random.pick(turned), turn });
    this.events.onFrame(readFromThread(JSON.stringify(frame), defaultLimits));
    return true;
  }
}

function ghostOf(frame: TurnedFrame): TurnedFrame {
  return { ...frame, state: { ...frame.state, text: JSON.stringify({ [ghost]: true }) } };
}
