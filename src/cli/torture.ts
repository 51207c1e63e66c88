import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DreamError } from "../errors.ts";
import { type Command, textOption } from "./command.ts";

/** The program behind `npm run torture`; left out of images that hold the product alone. */
const program = fileURLToPath(new URL("../../tests/torture/main.ts", import.meta.url));
const counts = ["rounds", "seed", "files", "agents"] as const;

export const tortureCommand: Command = {
  usage: "",
  summary: "break a service of its own in every way and count what was lost",
  about: [
    "Starts a service in a scratch folder and, while files are read and messages sent, kills its",
    "processes, freezes hosts, hangs threads, fills the disk and moves the clock. Then it checks",
    "that nothing acknowledged was lost, doubled or late. Running services are not touched.",
  ],
  options: {
    rounds: { type: "string", value: "N", help: "faults, one after the other (default 20)" },
    seed: { type: "string", value: "N", help: "repeats the plan of a run" },
    files: { type: "string", value: "N", help: "files put into its inbox (default 1000)" },
    agents: { type: "string", value: "N", help: "agents that are sent messages (default 50)" },
    keep: { type: "boolean", help: "leave the scratch folder behind" },
  },
  examples: ["dreamos torture --rounds 5", "dreamos torture --seed 7 --keep"],
  isLocal: true,
  takes: [0, 0],
  async run(run) {
    if (!existsSync(program)) {
      throw new DreamError("not_found", "Cannot run the torture: this installation has no tests/", {
        details: { hint: "Use a checkout of the repository: npm run torture" },
      });
    }
    const args = counts.flatMap((name) => {
      const value = textOption(run, name);
      return value === undefined ? [] : [`--${name}`, value];
    });
    if (run.options.keep === true) args.push("--keep");
    if (run.json) args.push("--json");
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", program, ...args],
      stdin: "null",
    }).spawn();
    return (await child.status).code;
  },
};
