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

const here = ", and a socket: the client is in the control process and shares its time";
const http = ", and a network: the client is another process of this machine";

/** In the order of the table. */
export const definitions: readonly Definition[] = [
  ...limits,
  ...oneWay("inProcess", here),
  ...oneWay("http", http),
  ...asks("inProcess", here),
  ...asks("http", http),
];
