/** `npm run sim`: the real supervisor in simulated worlds; says which seed broke which promise. */
import { readOptions, usage } from "./options.ts";
import { plantAll } from "./plant.ts";
import { runSeed } from "./run-seed.ts";
import { mix } from "./words.ts";
import { loadKind } from "./world.ts";

const progressEvery = 20;
/** Of the planted bugs. */
const mostMissed = 3;

async function main(): Promise<number> {
  const options = readOptions(Deno.args);
  if (typeof options === "string") {
    console.error(`${options}\n${usage}`);
    return 2;
  }
  const { seed: first, seeds, steps } = options;
  if (options.bugs) return await plant(first, seeds, steps);
  const kind = await loadKind();
  const broken: number[] = [];
  let hash: string | undefined;
  let done = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const found = await runSeed(seed, steps, kind);
    hash = mix(hash, found.hash);
    done += found.steps;
    if (found.broken) {
      broken.push(seed);
      const { step, message, trace } = found.broken;
      console.log(`\nseed ${seed}, step ${step}: ${message}`);
      for (const line of trace) console.log(`  ${line}`);
      if (options.first) return 1;
      console.log(`Again: npm run sim -- --seed ${seed} --seeds 1 --steps ${steps}\n`);
    }
    const count = seed - first + 1;
    if (count % progressEvery === 0 || count === seeds) {
      console.log(`${count} of ${seeds} seeds, ${done} steps, ${broken.length} broken`);
    }
  }
  console.log(`trace hash ${hash?.replace(" ", "-")}`);
  if (broken.length > 0) console.log(`Broken: seeds ${broken.join(", ")}`);
  return broken.length > 0 ? 1 : 0;
}

async function plant(first: number, seeds: number, steps: number): Promise<number> {
  const args = ["--seed", `${first}`, "--seeds", `${seeds}`, "--steps", `${steps}`, "--first"];
  const { found, all } = await plantAll(args, (line) => console.log(line));
  return found >= all - mostMissed ? 0 : 1;
}

Deno.exit(await main());
