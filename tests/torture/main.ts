/**
 * `npm run torture`: kills the processes of a real service at random moments while it works, and
 * counts what was lost. Ends by itself; needs nothing but this checkout.
 */
import { parseArgs } from "node:util";
import { tellFailure } from "../../src/cli/failure.ts";
import { systemClock } from "../../src/clock.ts";
import { DreamError } from "../../src/errors.ts";
import { runTorture } from "./scenario.ts";
import { printScorecard } from "./scorecard.ts";

const usage = `npm run torture -- [--rounds 20] [--seed N] [--files 1000] [--agents 50]
                   [--json] [--keep]

Kills control process, hosts and tool host of a service of its own (in a temporary folder), freezes
hosts, hangs threads, fills the disk, moves the clock and deploys code while files are read and
messages sent, then checks that nothing is lost, doubled or out of order.
--seed repeats the plan of a run; --keep leaves its folder; --json prints one object on stdout.`;

interface Wanted {
  rounds: number;
  seed: number;
  files: number;
  agents: number;
  json: boolean;
  keep: boolean;
}

function readArguments(args: string[]): Wanted | null {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "20" },
      seed: { type: "string", default: String(systemClock.wallMs() % 1_000_000) },
      files: { type: "string", default: "1000" },
      agents: { type: "string", default: "50" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const whole = (name: "rounds" | "seed" | "files" | "agents", min: number, max: number) => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    throw new Error(`--${name} wants a whole number from ${min} to ${max}, not ${values[name]}`);
  };
  return {
    rounds: whole("rounds", 1, 10_000),
    seed: whole("seed", 0, 2 ** 31),
    files: whole("files", 1, 5_000),
    agents: whole("agents", 1, 500),
    json: values.json,
    keep: values.keep,
  };
}

async function main(args: string[]): Promise<number> {
  let wanted: Wanted | null;
  try {
    wanted = readArguments(args);
  } catch (error) {
    const refused = new DreamError("usage", (error as Error).message);
    return tellFailure("torture", refused, args.includes("--json"), ["", usage]);
  }
  if (!wanted) {
    console.log(usage);
    return 0;
  }
  const { json, ...options } = wanted;
  const end = new AbortController();
  const stop = () => end.abort();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  Deno.addSignalListener("SIGHUP", stop);
  console.error(
    `torture: ${options.rounds} rounds, ${options.files} files, ${options.agents} agents, ` +
      `seed ${options.seed}`,
  );
  const onLine = (line: string) => console.error(line);
  const card = await runTorture({ ...options, onLine, signal: end.signal });
  console.log(json ? JSON.stringify(card) : printScorecard(card));
  if (!card.ok) {
    const { rounds, seed, files, agents } = options;
    const again = `--rounds ${rounds} --seed ${seed} --files ${files} --agents ${agents}`;
    console.error(`The same plan again: npm run torture -- ${again} --keep`);
  }
  return end.signal.aborted ? 130 : card.ok ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    Deno.exit(tellFailure("torture", error, Deno.args.includes("--json")));
  }
}
