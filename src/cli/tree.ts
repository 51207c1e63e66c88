import type { Command } from "./command.ts";
import { findService } from "./service.ts";
import { markOf } from "./status-mark.ts";
import { drawTree } from "./tree-lines.ts";

const legend = (["running", "passive", "restarting", "parked", "failed"] as const)
  .map((status) => `${markOf(status)} ${status}`).join("  ");

export const treeCommand: Command = {
  usage: "",
  summary: "draw the supervision tree with the status of every agent",
  about: [`Marks: ${legend}`],
  examples: ["dreamos tree", "dreamos tree --json | jq '.children[].address'"],
  takes: [0, 0],
  async run(run) {
    const { json, terminal } = run;
    const tree = await findService(run).client.tree();
    if (json) terminal.print(JSON.stringify(tree));
    else for (const line of drawTree(tree, terminal)) terminal.print(line);
    return 0;
  },
};
