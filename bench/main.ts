/**
 * `npm run bench [-- NAME…] [--runs N] [--quick] [--json] [--dir FOLDER]`: measures the limits of
 * the machine and the workloads in one go and prints each beside its limit (bench/README.md).
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { type Figure, median, toJson, toTable } from "./figures.ts";
import { definitions } from "./definitions.ts";

const workloads: Record<string, readonly string[]> = {
  "one-way": ["one-way.inProcess", "one-way.http"],
  asks: ["asks.inProcess", "asks.http"],
  ring: ["ring.bare", "ring"],
  recovery: ["one-way.inProcess", "recovery"],
  density: ["density"],
  growth: ["growth"],
  beside: ["beside"],
};

interface Options {
  names: string[];
  runs: number;
  quick: boolean;
  json: boolean;
  dir: string | undefined;
  /** Says where the time goes instead of measuring. */
  profile: boolean;
  functions: boolean;
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: "string", default: "3" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      dir: { type: "string" },
      profile: { type: "boolean", default: false },
      functions: { type: "boolean", default: false },
    },
  });
  const known = ["limits", ...Object.keys(workloads)];
  const strange = positionals.find((name) => !known.includes(name));
  if (strange) throw new Error(`There is no workload ${strange}: ${known.join(", ")}`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) {
    throw new Error(`--runs ${values.runs}: wanted 1 or more`);
  }
  return {
    names: positionals.length > 0 ? positionals : known,
    runs,
    quick: values.quick,
    json: values.json,
    dir: values.dir,
    profile: values.profile,
    functions: values.functions,
  };
}

/** One part in a process and a folder of its own. */
async function runOnce(part: string, { quick, dir }: Options): Promise<Record<string, number>> {
  const folder = await Deno.makeTempDir({ dir, prefix: "dreamos-bench-" });
  try {
    const script = fileURLToPath(new URL("./run-once.ts", import.meta.url));
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", script, part, folder, ...(quick ? ["--quick"] : [])],
      stdin: "null",
      stderr: "inherit",
    }).output();
    if (code !== 0) throw new Error(`${part} failed with code ${code}`);
    return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1)!);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Limits and workloads take turns, so that a slow moment of the machine meets all of them. */
async function measure(options: Options): Promise<Map<string, number[]>> {
  const chosen = new Set(options.names.flatMap((name) => workloads[name] ?? []));
  const values = new Map<string, number[]>();
  for (let run = 1; run <= options.runs; run++) {
    for (const part of ["limits", ...chosen]) {
      console.error(`run ${run} of ${options.runs}: ${part}`);
      for (const [name, value] of Object.entries(await runOnce(part, options))) {
        values.set(name, [...values.get(name) ?? [], value]);
      }
    }
  }
  return values;
}

function toFigures(values: Map<string, number[]>): Figure[] {
  const at = (name: string) => median(values.get(name)!);
  return definitions.filter(({ name }) => values.has(name)).map((definition) => {
    const { name, unit, limit, without } = definition;
    const value = limit?.reduce((sum, part) => sum + at(part), 0);
    return {
      name,
      unit,
      runs: values.get(name)!,
      limit: limit && value !== undefined ? { name: limit.join(" + "), value } : null,
      without,
    };
  });
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

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.profile) return await profileAll(options);
  const figures = toFigures(await measure(options));
  if (options.json) { for (const figure of figures) console.log(toJson(figure)); }
  else console.log(`${toTable(figures)}\n\n${figures.map(toJson).join("\n")}`);
}

try {
  await main(Deno.args);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
