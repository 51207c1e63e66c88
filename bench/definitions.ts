/** What each figure is: unit, limits, what is wanted of it, and what it leaves out. */
import type { Figure, Target } from "./figures.ts";

export interface Definition {
  name: string;
  unit: Figure["unit"];
  /** Figures of the same runs that are added up; null for what is compared with nothing. */
  limit: readonly string[] | null;
  /** Wanted of the ratio to the limit; where there is none, of the value. */
  target: Target | null;
  without: string;
}

interface Asked {
  limit?: readonly string[];
  target?: Target;
}

function figure(
  name: string,
  unit: Definition["unit"],
  without: string,
  { limit, target }: Asked = {},
): Definition {
  return { name, unit, limit: limit ?? null, target: target ?? null, without };
}

const limits: Definition[] = [
  figure("L1", "ms", "anything but one insert into one table and its fsync"),
  figure("L1.sync", "ms", "a database: 4 KiB are written over and fdatasync is called"),
  figure("L1.store", "ms", "anything but the storage thread: nobody waits for room or routes"),
  figure("L2", "rows/s", "making the JSON text, and indexes"),
  figure("L2.store", "messages/s", "anything but the writer: no API, mailboxes, hosts or agents"),
  figure("L3", "ms", "work in the thread: it answers without a state machine"),
  figure("L3.turn", "ms", "anything but hosts and the agent's thread, which is hot"),
  figure("L4", "hops/s", "agents: threads echo, nothing is stored, no mailbox lies between"),
];

function oneWay(way: string, without: string, cold: Asked, warm: Asked): Definition[] {
  return [
    figure(`W1.${way}.cold`, "messages/s", `the start of the agents' threads${without}`, cold),
    figure(`W1.${way}.warm`, "messages/s", `anything cold${without}`, warm),
  ];
}

/** Targets are those of the asks in process: a socket between belongs to no limit. */
function asks(way: string, without: string, isWanted: boolean): Definition[] {
  const wanted = (limit: readonly string[], target: Target) =>
    isWanted ? { limit, target } : { limit };
  const one = `agents that ask agents${without}`;
  const many = `a bounded rate: every asker asks at once again${without}`;
  const at = (name: string) => `W2.${way}.${name}`;
  return [
    figure(at("p50"), "ms", one, wanted(["L1", "L3"], { most: 1.5 })),
    figure(at("p99"), "ms", one, wanted([at("p50")], { most: 6 })),
    figure(at("rate"), "asks/s", one),
    figure(at("64.p50"), "ms", many, { limit: [at("p50")] }),
    figure(at("64.p99"), "ms", many, { limit: [at("64.p50")] }),
    figure(at("64.rate"), "asks/s", many, wanted([at("rate")], { least: 8 })),
  ];
}

const ring: Definition[] = [
  figure("W3.hop", "ms", "payloads of size, and agents in more than one host", {
    limit: ["L1", "L3"],
    target: { most: 0.9 },
  }),
  figure("W3.rate", "hops/s", "payloads of size", { limit: ["L4"], target: { least: 0.3 } }),
];

const fileCache = "a machine whose file cache is empty";

const recovery: Definition[] = [
  figure("W4.first", "s", fileCache, { target: { most: 1.5 } }),
  figure("W4.all", "s", fileCache),
  figure("W4.rate", "messages/s", fileCache, {
    limit: ["W1.inProcess.cold"],
    target: { least: 0.8 },
  }),
  figure("W4.lost", "messages", fileCache, { target: { most: 0 } }),
  figure("W4.doubled", "messages", fileCache, { target: { most: 0 } }),
];

const density: Definition[] = [
  figure("W5.spawn", "agents/s", "agents beyond maxThreads at one time: they take turns"),
  figure("W5.resident", "MiB", "contexts of size; spare threads are counted", {
    target: { most: 9 },
  }),
  figure("W5.passive.disk", "bytes", "states and inputs of size", { target: { most: 4_096 } }),
  figure("W5.passive.heap", "bytes", "the heap's own spare room", { target: { most: 300 } }),
  figure("W5.activation.cold", "ms", "a pool: no host runs yet"),
  figure("W5.activation.p50", "ms", "several activations at a time"),
  figure("W5.activation.p99", "ms", "several activations at a time", { target: { most: 25 } }),
  figure("W5.ready", "s", "agents with messages waiting", { target: { most: 3 } }),
];

const growth: Definition[] = [
  figure("W6.empty", "messages/s", "anything but the first messages of a process"),
  figure("W6.grown", "messages/s", "anything but the first messages of a process", {
    limit: ["W6.empty"],
    target: { least: 0.85 },
  }),
  figure("W6.bytes", "bytes", "indexes that a younger database does not fill"),
  figure("W6.prune", "messages/s", "messages that arrive meanwhile"),
  figure("W6.kept", "messages", "messages that are young enough to be kept for their age"),
];

const followers: Definition[] = [
  figure("F.alone", "asks/s", "readers of events"),
  figure("F.alone.cpu", "ms", "all processes but the control process"),
  figure("F.followed", "asks/s", "readers that are slow, or go on from long ago", {
    limit: ["F.alone"],
    target: { least: 0.9 },
  }),
  figure("F.followed.cpu", "ms", "all processes but the control process"),
];

/** The quiet value beside each, measured just before. */
const beside: Definition[] = ["spin", "allocate", "flood"].flatMap((way) => [
  figure(`W7.${way}.quiet`, "ms", "a runaway"),
  figure(`W7.${way}`, "ms", "more than one runaway at a time", {
    limit: [`W7.${way}.quiet`],
    target: { most: 2 },
  }),
]);

const here = ", and a socket: the client is in the control process and shares its time";
const http = ", and a network: the client is another process of this machine";

/** In the order of the table. */
export const definitions: readonly Definition[] = [
  ...limits,
  ...oneWay("inProcess", here, { limit: ["L2"], target: { least: 0.12 } }, {
    limit: ["L2"],
    target: { least: 0.3 },
  }),
  ...oneWay("http", http, { limit: ["W1.inProcess.cold"], target: { least: 0.8 } }, {
    limit: ["W1.inProcess.warm"],
    target: { least: 0.8 },
  }),
  ...asks("inProcess", here, true),
  ...asks("http", http, false),
  ...ring,
  ...recovery,
  ...density,
  ...growth,
  ...followers,
  ...beside,
];
