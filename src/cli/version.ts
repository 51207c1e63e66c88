import { version } from "../version.ts";
import type { Command } from "./command.ts";

export const versionCommand: Command = {
  usage: "",
  summary: "show the version of this checkout",
  examples: ["dreamos version"],
  isLocal: true,
  takes: [0, 0],
  run({ json, terminal }) {
    const deno = Deno.version.deno;
    terminal.print(json ? JSON.stringify({ version, deno }) : `dreamos ${version} (deno ${deno})`);
    return 0;
  },
};
