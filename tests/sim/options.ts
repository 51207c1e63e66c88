/** What `npm run sim` takes. */

export interface Options {
  seeds: number;
  steps: number;
  /** The first of them. */
  seed: number;
  /** Plant bugs and count those that are found. */
  bugs: boolean;
  /** End at the first broken promise. */
  first: boolean;
}

export const usage =
  "Usage: npm run sim -- [--seeds N] [--steps N] [--seed FIRST] [--bugs] [--first]";

const defaults: Options = { seeds: 200, steps: 5_000, seed: 1, bugs: false, first: false };

/** @returns what is wrong with them, in a sentence, where something is */
export function readOptions(args: readonly string[]): Options | string {
  const options = { ...defaults };
  for (let i = 0; i < args.length; i++) {
    const name = args[i]!;
    if (name === "--bugs" || name === "--first") {
      options[name.slice(2) as "bugs" | "first"] = true;
      continue;
    }
    if (name !== "--seeds" && name !== "--steps" && name !== "--seed") {
      return `Cannot simulate: there is no option ${name.slice(0, 80)}`;
    }
    const value = args[++i] ?? "nothing";
    if (!/^[1-9][0-9]{0,8}$/.test(value)) {
      return `Cannot simulate with ${name} ${value.slice(0, 80)}: wanted a whole number from 1`;
    }
    options[name.slice(2) as "seeds" | "steps" | "seed"] = Number(value);
  }
  return options;
}
