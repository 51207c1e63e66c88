import { countOption } from "./arguments.ts";
import { runProgram } from "./checkout-program.ts";
import { type Command, textOption } from "./command.ts";

export const benchCommand: Command = {
  usage: "[WORKLOAD…]",
  summary: "measure this machine's limits and what the system makes of them",
  about: [
    "Starts services of its own in a scratch folder. All workloads take about twelve minutes, with",
    "--quick one or two. bench/README.md tells what figures mean. --json prints one a line.",
    "A workload that there is not is refused with the names of all.",
  ],
  options: {
    quick: { type: "boolean", help: "short workloads, to see that they run" },
    runs: { type: "string", value: "N", help: "of each workload (default 3)" },
    minutes: { type: "string", value: "N", help: "end with an error after so long (default 15)" },
    dir: { type: "string", value: "DIR", help: "where the scratch folder is made" },
  },
  examples: ["dreamos bench limits --quick", "dreamos bench one-way asks --runs 1 --json"],
  isLocal: true,
  takes: [0, 100],
  async run(run) {
    const runs = countOption(run, "runs", 3);
    const minutes = countOption(run, "minutes", 15);
    const args = [...run.args, `--runs=${runs}`, `--minutes=${minutes}`];
    const dir = textOption(run, "dir");
    if (dir !== undefined) args.push(`--dir=${dir}`);
    for (const name of ["quick", "json"]) if (run.options[name] === true) args.push(`--${name}`);
    return await runProgram("bench/main.ts", args);
  },
};
