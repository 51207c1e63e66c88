/** What the simulation, its agents and its judge say to one another. */

export const lanes = ["control", "high", "normal", "low"] as const;
export type Lane = (typeof lanes)[number];

/** One thing that a message asks its receiver to do in the turn that takes it. */
export type Act =
  | { do: "tell"; to: string; lane: Lane; acts: Act[] }
  | { do: "timer"; ms: number }
  | { do: "cancel" }
  | { do: "ask"; to: string }
  | { do: "run" }
  | { do: "spawn"; name: string }
  | { do: "stop"; address: string }
  | { do: "finish" }
  | { do: "crash" };

/** What an agent keeps of all that it took and did: the store must tell the same. */
export interface Book {
  /** Id of the first message that it took: names this incarnation. */
  life: string;
  /** Of the ids of all work taken, in order, by lane. */
  took: Record<string, string>;
  /** Last life and number by sender and lane. */
  seen: Record<string, [life: string, n: number]>;
  /** How many messages it sent, by address. */
  sent: Record<string, number>;
  /** Tags of its delays. */
  waiting: string[];
  asked: number;
  answered: number;
  undelivered: number;
  /** What it saw that must not be. */
  faults: string[];
}

/** Count and hash of a list that grew by `text`: two lists with one value are the same. */
export function mix(before: string | undefined, text: string): string {
  const [count, hash] = (before ?? "0 0").split(" ").map(Number) as [number, number];
  let mixed = hash ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return `${count + 1} ${mixed >>> 0}`;
}
