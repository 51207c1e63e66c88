/** The documents of @scion-scxml/test-framework, W3C's and SCION's, and what becomes of each. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import about from "@scion-scxml/test-framework/package.json" with { type: "json" };
import { send, type Step, wait } from "../case.ts";
import { runLive } from "../live.ts";
import type { Seen } from "../look.ts";
import { convert, keyOf } from "./convert.ts";
import { Unsupported } from "./expression.ts";

interface Script {
  initialConfiguration: string[];
  events: {
    after?: number;
    event: { name: string; data?: unknown };
    nextConfiguration: string[];
  }[];
}

export interface Fixture {
  /** `suite/case` */
  name: string;
  steps: Step[];
  make(): object;
  live: Seen[];
}

export type Outcome =
  | { name: string; result: "passes"; fixture: Fixture }
  | { name: string; result: "refused"; fixture: Fixture; why: string }
  | { name: string; result: "fails in XState"; fixture: Fixture; why: string }
  | { name: string; result: "does not apply"; why: string };

/** What the documents come from. */
export const source = `${about.name} ${about.version}`;

const folder = join(
  dirname(createRequire(import.meta.url).resolve(`${about.name}/package.json`)),
  "test",
);

/** All documents that have a script, each taken through live XState. */
export async function outcomes(): Promise<Outcome[]> {
  const all: Outcome[] = [];
  for (const suite of readdirSync(folder).sort()) {
    for (const file of readdirSync(join(folder, suite)).sort()) {
      if (!file.endsWith(".scxml")) continue;
      const name = `${suite}/${file.replace(/(\.txml)?\.scxml$/, "")}`;
      const path = join(folder, suite, file);
      all.push(await outcomeOf(name, path));
    }
  }
  return all;
}

async function outcomeOf(name: string, path: string): Promise<Outcome> {
  let script: Script;
  try {
    script = JSON.parse(readFileSync(path.replace(/\.scxml$/, ".json"), "utf8"));
  } catch {
    return { name, result: "does not apply", why: "no script of events beside it" };
  }
  const xml = readFileSync(path, "utf8");
  try {
    convert(xml);
  } catch (error) {
    if (!(error instanceof Unsupported)) {
      return { name, result: "fails in XState", fixture: null as never, why: "XState refuses it" };
    }
    return { name, result: "does not apply", why: error.message };
  }
  const { steps, wanted } = planOf(script, name);
  const make = () => convert(xml);
  const live = await runLive(make(), steps, { unitMs: 10 });
  const fixture = { name, steps, make, live };
  const wrong = wanted.find(({ at, states }) => !isIn(live[at]!, states));
  if (live.some((seen) => holdsFunction(seen.tree))) {
    return { name, result: "refused", fixture, why: "a function in the context" };
  }
  if (!wrong) return { name, result: "passes", fixture };
  return { name, result: "fails in XState", fixture, why: "ends in another state" };
}

/** W3C's documents end in `pass` by themselves, at most after some seconds. */
function planOf(
  script: Script,
  name: string,
): { steps: Step[]; wanted: { at: number; states: string[] }[] } {
  const { initialConfiguration, events } = script;
  if (name.startsWith("w3c")) {
    return { steps: [wait(1_100)], wanted: [{ at: 1, states: ["pass"] }] };
  }
  const first = { at: 0, states: initialConfiguration };
  const steps: Step[] = [];
  const wanted = [first];
  for (const { after, event: { name, data }, nextConfiguration } of events) {
    if (after) steps.push(wait(Math.ceil(after / 10)));
    steps.push(send(name, data === undefined ? {} : { data }));
    wanted.push({ at: steps.length, states: nextConfiguration });
  }
  return { steps, wanted };
}

function isIn({ tree }: Seen, states: string[]): boolean {
  const { value, status } = tree as { value: string; status: string };
  const leaves = (part: unknown): string[] =>
    typeof part === "string" ? [part] : Object.entries(part as object).flatMap(([key, inner]) => {
      const below = leaves(inner);
      return below.length > 0 ? below : [key];
    });
  const found = leaves(JSON.parse(value)).sort();
  return status !== "error" && found.join(" ") === states.map(keyOf).sort().join(" ");
}

function holdsFunction(value: unknown): boolean {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsFunction);
}
