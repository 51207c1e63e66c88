import { countOption } from "./arguments.ts";
import { runProgram } from "./checkout-program.ts";
import { type Command, textOption } from "./command.ts";

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
    const args = counts.flatMap((name) =>
      textOption(run, name) === undefined ? [] : [`--${name}=${countOption(run, name, 1)}`]
    );
    if (run.options.keep === true) args.push("--keep");
    if (run.json) args.push("--json");
    return await runProgram("tests/torture/main.ts", args);
  },
};
