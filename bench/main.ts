/**
 * `npm run bench [-- NAME…] [--runs N] [--minutes N] [--quick] [--json] [--dir FOLDER]`: measures
 * the limits of the machine and the workloads in one go and prints each beside its limit and its
 * target (bench/README.md). Progress goes to stderr as figures become known.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { tellFailure } from "../src/cli/failure.ts";
import { DreamError } from "../src/errors.ts";
import { type Figure, median, toJson, toTable } from "./figures.ts";
import { definitions } from "./definitions.ts";
import { partsOf, workloads } from "./parts.ts";
import { runPart } from "./run-part.ts";

/** All of it takes about twelve on a quiet machine with two cores. */
const defaultMinutes = 15;

interface Options {
  names: string[];
  runs: number;
  minutes: number;
  quick: boolean;
  json: boolean;
  dir: string | undefined;
  /** Says where the time goes instead of measuring. */
  profile: boolean;
  functions: boolean;
}

const wrong = (message: string) => new DreamError("usage", message);

/** The same as `parseArgs`, with an error that people are told. */
const parseWords: typeof parseArgs = (config) => {
  try {
    return parseArgs(config);
  } catch (error) {
    throw wrong((error as Error).message);
  }
};

function readOptions(args: string[]): Options {
  const { values, positionals } = parseWords({
    args,
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "3" },
      minutes: { type: "string", default: String(defaultMinutes) },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      dir: { type: "string" },
      profile: { type: "boolean", default: false },
      functions: { type: "boolean", default: false },
    },
  });
  const known = Object.keys(workloads);
  const strange = positionals.find((name) => !known.includes(name));
  if (strange) throw wrong(`There is no workload ${strange}: ${known.join(", ")}`);
  const { quick, json, dir, profile, functions } = values;
  if (dir !== undefined && !existsSync(dir)) throw wrong(`--dir ${dir}: there is no such folder`);
  const names = positionals.length > 0 ? positionals : known;
  const runs = readCount("--runs", values.runs);
  const minutes = readCount("--minutes", values.minutes);
  return { names, runs, minutes, quick, json, dir, profile, functions };
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw wrong(`${name} ${text}: wanted a whole number from 1`);
}

/** Values by figure, and why there are no more of them. */
interface Measured {
  values: Map<string, number[]>;
  failure: string | null;
}

/** Limits and workloads take turns, so that a slow moment of the machine meets all of them. */
async function measure(
  { names, runs, minutes, quick, dir }: Options,
  signal: AbortSignal,
): Promise<Measured> {
  const began = performance.now();
  const values = new Map<string, number[]>();
  const parts = partsOf(names);
  for (let run = 1; run <= runs; run++) {
    for (const { name: part, once } of parts) {
      if (once && run > 1) continue;
      const note = (text: string) => {
        const seconds = Math.round((performance.now() - began) / 1_000);
        console.error(`${String(seconds).padStart(4)} s  run ${run} of ${runs}, ${part}${text}`);
      };
      const onValue = (name: string, value: number) => {
        values.set(name, [...values.get(name) ?? [], value]);
        const unit = definitions.find((definition) => definition.name === name)?.unit;
        note(`: ${name} ${Number(value.toPrecision(4)).toLocaleString("en-US")} ${unit}`);
      };
      note("");
      const mostMs = minutes * 60_000 - (performance.now() - began);
      try {
        await runPart({ part, quick, dir, mostMs, signal, onValue });
      } catch (error) {
        return { values, failure: error instanceof Error ? error.message : String(error) };
      }
    }
  }
  return { values, failure: null };
}

function toFigures(values: Map<string, number[]>): Figure[] {
  return definitions.filter(({ name }) => values.has(name)).map((definition) => {
    const { limit, ...rest } = definition;
    const parts = limit?.map((name) => values.get(name) ?? []) ?? [];
    const isKnown = limit !== null && parts.every(({ length }) => length > 0);
    return {
      ...rest,
      runs: values.get(definition.name)!,
      limit: isKnown ? { name: limit.join(" + "), runs: addUp(parts) } : null,
    };
  });
}

/** Run by run where each has the same runs, else the medians. */
function addUp(parts: number[][]): number[] {
  const isEven = parts.every(({ length }) => length === parts[0]!.length);
  const [first, ...rest] = isEven ? parts : parts.map((values) => [median(values)]);
  return first!.map((value, run) => rest.reduce((sum, values) => sum + values[run]!, value));
}

/** In a folder that is removed; one workload after the other. */
async function profileAll({ names, quick, dir, functions }: Options): Promise<void> {
  const { profile, profiled } = await import("./profile.ts");
  for (const name of names.filter((each) => profiled.includes(each))) {
    const folder = await Deno.makeTempDir({ dir, prefix: "dreamos-bench-" });
    await profile(name, folder, { quick, functions, print: console.log })
      .finally(() => Deno.remove(folder, { recursive: true }));
  }
}

let endedWith: number | null = null;

/** Whoever ends it, ends what it has started; what is known by then is printed. */
function endedByPeople(): AbortSignal {
  const end = new AbortController();
  for (const [name, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    Deno.addSignalListener(name, () => {
      endedWith = code;
      end.abort(new Error(`It was ended by ${name}`));
    });
  }
  return end.signal;
}

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.profile) return await profileAll(options);
  const { values, failure } = await measure(options, endedByPeople());
  const figures = toFigures(values);
  console.log(options.json ? figures.map(toJson).join("\n") : toTable(figures));
  if (failure !== null) throw new Error(failure);
}

try {
  await main(Deno.args);
} catch (error) {
  const failed = tellFailure("bench", error, Deno.args.includes("--json"));
  Deno.exit(endedWith ?? failed);
}
