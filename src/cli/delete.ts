import type { Command } from "./command.ts";
import { findService } from "./service.ts";

export const deleteCommand: Command = {
  usage: "ADDRESS",
  summary: "end an agent: its open messages become dead letters, its address is free",
  examples: ["dreamos delete /workers/c-1"],
  takes: [1, 1],
  async run({ args, home, json, terminal }) {
    const address = args[0]!;
    await findService(home).client.delete(address);
    terminal.print(json ? JSON.stringify({ deleted: address }) : `Deleted ${address}`);
    return 0;
  },
};
