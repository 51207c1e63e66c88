/** What each figure is: its unit, the limits it is compared with, and what it leaves out. */
import type { Figure } from "./figures.ts";

export interface Definition {
  name: string;
  unit: Figure["unit"];
  /** Figures of the same run that are added up; null for the limits themselves. */
  limit: readonly string[] | null;
  without: string;
}

const limits: Definition[] = [
  {
    name: "L1",
    unit: "ms",
    limit: null,
    without: "anything but one insert into one table and its fsync",
  },
  {
    name: "L2",
    unit: "rows/s",
    limit: null,
    without: "making the JSON text, and indexes",
  },
  {
    name: "L3",
    unit: "ms",
    limit: null,
    without: "work in the thread: it answers without a state machine",
  },
  {
    name: "L4",
    unit: "hops/s",
    limit: null,
    without: "agents: threads echo, nothing is stored, no mailbox lies between",
  },
];

function oneWay(way: string, without: string): Definition[] {
  return [
    {
      name: `W1.${way}.cold`,
      unit: "messages/s",
      limit: ["L2"],
      without: `the start of the agents' threads${without}`,
    },
    {
      name: `W1.${way}.warm`,
      unit: "messages/s",
      limit: ["L2"],
      without: `anything cold${without}`,
    },
  ];
}

function asks(way: string, without: string): Definition[] {
  const time = (name: string, limit: string[] | null, note: string): Definition => ({
    name: `W2.${way}.${name}`,
    unit: "ms",
    limit,
    without: `${note}${without}`,
  });
  const rate = (name: string, limit: string[] | null, note: string): Definition => ({
    ...time(name, limit, note),
    unit: "asks/s",
  });
  return [
    time("p50", ["L1", "L3"], "agents that ask agents"),
    time("p99", [`W2.${way}.p50`], "agents that ask agents"),
    rate("rate", null, "agents that ask agents"),
    time("64.p50", [`W2.${way}.p50`], "a bounded rate: every asker asks at once again"),
    time("64.p99", [`W2.${way}.64.p50`], "a bounded rate: every asker asks at once again"),
    rate("64.rate", [`W2.${way}.rate`], "a bounded rate: every asker asks at once again"),
  ];
}

function figure(
  name: string,
  unit: Definition["unit"],
  limit: string[] | null,
  without: string,
): Definition {
  return { name, unit, limit, without };
}

const ring: Definition[] = [
  figure("W3.hop", "ms", ["L1", "L3"], "payloads of size, and agents in more than one host"),
  figure("W3.rate", "hops/s", ["L4"], "payloads of size"),
];

const recovery: Definition[] = [
  figure("W4.first", "s", null, "a machine whose file cache is empty"),
  figure("W4.all", "s", null, "a machine whose file cache is empty"),
  figure("W4.rate", "messages/s", ["W1.inProcess.cold"], "a machine whose file cache is empty"),
];

const density: Definition[] = [
  figure("W5.spawn", "agents/s", null, "agents beyond maxThreads at one time: they take turns"),
  figure("W5.resident", "MiB", null, "agents with contexts of size; spare threads are counted"),
  figure("W5.passive.disk", "bytes", null, "states and inputs of size"),
  figure("W5.passive.heap", "bytes", null, "the heap's own spare room"),
  figure("W5.activation.cold", "ms", null, "a pool: no host runs yet"),
  figure("W5.activation.p50", "ms", null, "several activations at a time"),
  figure("W5.activation.p99", "ms", null, "several activations at a time"),
  figure("W5.ready", "s", null, "agents with messages waiting"),
];

const growth: Definition[] = [
  figure("W6.empty", "messages/s", null, "retention, which looks every ten minutes"),
  figure("W6.grown", "messages/s", ["W6.empty"], "retention, which looks every ten minutes"),
  figure("W6.bytes", "bytes", null, "retention, which looks every ten minutes"),
];

const beside: Definition[] = [
  figure("W7.quiet", "ms", null, "a runaway"),
  ...["spin", "allocate", "flood"].map((way) =>
    figure(`W7.${way}`, "ms", ["W7.quiet"], "more than one runaway at a time")
  ),
];

const here = ", and a socket: the client is in the control process and shares its time";
const http = ", and a network: the client is another process of this machine";

/** In the order of the table. */
export const definitions: readonly Definition[] = [
  ...limits,
  ...oneWay("inProcess", here),
  ...oneWay("http", http),
  ...asks("inProcess", here),
  ...asks("http", http),
  ...ring,
  ...recovery,
  ...density,
  ...growth,
  ...beside,
];
