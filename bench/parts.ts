/** What the bench can measure: workloads by name, and the parts they are made of. */

/** A part runs in a process of its own; `run-once.ts` knows how. */
export interface Part {
  name: string;
  /** Makes its own pairs or rounds, so that one run of it gives several values. */
  once?: boolean;
}

const limits: Part[] = [{ name: "limits" }];

/** Those that others are compared with come along. */
export const workloads: Record<string, readonly Part[]> = {
  limits,
  "one-way": [...limits, { name: "one-way.inProcess" }, { name: "one-way.http" }],
  asks: [...limits, { name: "asks.inProcess" }, { name: "asks.http" }],
  ring: [...limits, { name: "ring.bare" }, { name: "ring" }],
  recovery: [...limits, { name: "one-way.inProcess" }, { name: "recovery" }],
  density: [...limits, { name: "density" }],
  growth: [...limits, { name: "growth", once: true }],
  followers: [{ name: "followers", once: true }],
  beside: [...limits, { name: "beside", once: true }],
};

/** Each part once, in the order of the table. */
export function partsOf(names: readonly string[]): Part[] {
  const chosen = new Map<string, Part>();
  for (const name of Object.keys(workloads)) {
    if (!names.includes(name)) continue;
    for (const part of workloads[name]!) chosen.set(part.name, part);
  }
  return [...chosen.values()];
}
