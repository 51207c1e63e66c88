import type { Command } from "./command.ts";
import { findService } from "./service.ts";
import { markOf } from "./status-mark.ts";
import { drawTree } from "./tree-lines.ts";
import { plainTree } from "./tree-plain.ts";

const legend = (["running", "passive", "restarting", "parked", "failed"] as const)
  .map((status) => `${markOf(status)} ${status}`).join("  ");

export const treeCommand: Command = {
  usage: "",
  summary: "draw the supervision tree with the status of every agent",
  about: [
    `Marks: ${legend}`,
    "Elsewhere than on a terminal, and with NO_COLOR, it is words alone: ADDRESS STATUS and",
    "NAME=VALUE, two spaces a level. For scripts, --json: docs/inspector.md has its form.",
  ],
  examples: ["dreamos tree", "dreamos tree | grep parked", "dreamos tree --json | jq .children"],
  takes: [0, 0],
  async run({ json, terminal, env, ...run }) {
    const tree = await findService({ env, ...run }).client.tree();
    const isSeen = terminal.columns !== null && !env.NO_COLOR && env.TERM !== "dumb";
    if (json) terminal.print(JSON.stringify(tree));
    else {(isSeen ? drawTree(tree, terminal) : plainTree(tree)).forEach((line) =>
        terminal.print(line)
      );}
    return 0;
  },
};
