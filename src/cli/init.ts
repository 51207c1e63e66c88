import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { isSegment } from "../address.ts";
import { DreamError } from "../errors.ts";
import { usage } from "./arguments.ts";
import type { Command } from "./command.ts";
import { swarmFiles } from "./init-files.ts";
import { shellWord } from "./near-path.ts";

export const initCommand: Command = {
  usage: "FOLDER",
  summary: "write a new swarm of two agents, with a test",
  about: ["The folder is made; one that is there already must be empty."],
  examples: ["dreamos init my-swarm", "dreamos init ../swarms/night-shift"],
  isLocal: true,
  takes: [1, 1],
  run({ args, cwd, terminal, json }) {
    const folder = resolve(cwd, args[0]!);
    const name = basename(folder);
    if (!isSegment(name)) {
      throw usage(
        `Cannot name a swarm ${JSON.stringify(name.slice(0, 80))}: ` +
          "wanted letters, digits, '.', '_' and '-', at most 128 characters",
      );
    }
    const files = swarmFiles(name);
    write(folder, files);
    if (json) {
      terminal.print(JSON.stringify({ folder, files: [...files.keys()] }));
      return 0;
    }
    const shown = relative(cwd, folder) || ".";
    for (const path of files.keys()) terminal.print(join(shown, path));
    terminal.note("Next:");
    terminal.note(`  dreamos test ${shellWord(shown)}`);
    terminal.note(`  dreamos up ${shellWord(join(shown, "swarm.ts"))}`);
    return 0;
  },
};

/** @throws {DreamError} `folder_not_empty`, `denied` */
function write(folder: string, files: ReadonlyMap<string, string>): void {
  const wrong = (error: unknown): DreamError => {
    const { code } = error as { code?: string };
    if (code === "ENOTDIR" || code === "EEXIST") {
      return new DreamError(
        "folder_not_empty",
        `Cannot write a swarm into ${folder}: a file is there`,
      );
    }
    return new DreamError("denied", `Cannot write a swarm into ${folder}: ${code ?? "unknown"}`);
  };
  let there: string[];
  try {
    mkdirSync(folder, { recursive: true });
    there = readdirSync(folder);
  } catch (error) {
    throw wrong(error);
  }
  if (there.length > 0) {
    throw new DreamError(
      "folder_not_empty",
      `Cannot write a swarm into ${folder}: it holds ${there.length} files or folders, ` +
        "wanted none",
      { details: { count: there.length } },
    );
  }
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { flag: "wx" });
    }
  } catch (error) {
    throw wrong(error);
  }
}
