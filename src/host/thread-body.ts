/**
 * The inside of a worker thread: comlink for load, describe and reset; turn frames on a
 * plain MessagePort of their own, where no proxy slows them down.
 */
import * as Comlink from "comlink";
import type { Described, FromThread, LoadError, ToThread } from "../actors/protocol.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { Bundle } from "./hosts.ts";
import { capturePrints } from "./prints.ts";
import { withholdGlobals } from "./withheld.ts";

/** The worker's own end of the channel to its host. */
type DedicatedHost = Pick<
  Comlink.Endpoint,
  "postMessage" | "addEventListener" | "removeEventListener"
>;

/** What makes a thread an agent: `AgentThread`, or a stand-in in tests. */
export interface ThreadAgent {
  /** What is wrong with the bundle is told by `fault`. */
  load(bundle: Bundle, isKnown: boolean): void;
  fault(): LoadError | null;
  describe(): Described;
  receive(frame: ToThread): void;
  dispose(): void;
}

/** What a host may ask of a thread. */
export interface ThreadApi {
  open(port: MessagePort): void;
  /** @param isKnown another thread has described it, so that it need not be checked again */
  load(bundle: Bundle, isKnown: boolean): void;
  describe(): Described;
  /** The agent has left: a new one of the same bundle takes its place, deaf to the old one. */
  reset(): void;
}

/** What is wrong with a bundle, as the error that it was. */
function asError({ name, message, stack }: LoadError): Error {
  return Object.assign(new Error(message), { name, stack: stack ?? "" });
}

/** Serves the host of this worker. Errors that escape `makeAgent`'s agent end the thread. */
export function runThread(
  makeAgent: (post: (frame: FromThread) => void) => ThreadAgent,
  clock: Clock = systemClock,
): void {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let port: MessagePort | null = null;
  let loaded: Bundle | null = null;
  let agent: ThreadAgent | null = null;
  /** Whether the control process has said who the agent is: before, nothing may be said for it. */
  let isPlaced = false;

  const say = (frame: FromThread) => {
    const bytes = encoder.encode(JSON.stringify(frame));
    port?.postMessage(bytes, [bytes.buffer]);
  };
  const load = (bundle: Bundle, isKnown: boolean) => {
    const fresh: ThreadAgent = makeAgent((frame) => {
      // What an agent that has left still says must not speak for the next one.
      if (agent === fresh) say(frame);
    });
    fresh.load(bundle, isKnown);
    const fault = fresh.fault();
    if (fault) throw asError(fault);
    loaded = bundle;
    agent = fresh;
  };
  const api: ThreadApi = {
    open(given) {
      port = given;
      port.onmessage = ({ data }) => {
        isPlaced = true;
        agent?.receive(JSON.parse(decoder.decode(data as Uint8Array)) as ToThread);
      };
    },
    load,
    describe() {
      if (!agent) throw new Error("Cannot describe a thread without a bundle");
      return agent.describe();
    },
    reset() {
      const old = agent;
      agent = null;
      isPlaced = false;
      old?.dispose();
      if (loaded) load(loaded, true);
    },
  };
  const host = globalThis as unknown as DedicatedHost;
  const endpoint: Comlink.Endpoint = {
    postMessage: host.postMessage.bind(host),
    addEventListener: host.addEventListener.bind(host),
    removeEventListener: host.removeEventListener.bind(host),
  };
  withholdGlobals();
  capturePrints(clock, (frame) => {
    if (isPlaced && agent !== null) say(frame);
    return isPlaced;
  });
  Comlink.expose(api, endpoint);
}
