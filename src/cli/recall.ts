import type { MemoryHit } from "../api/client.ts";
import { countOption } from "./arguments.ts";
import type { Command } from "./command.ts";
import { nearPath } from "./near-path.ts";
import { findService } from "./service.ts";
import type { Terminal } from "./terminal.ts";
import { printable, wrap } from "./text.ts";

const snippetLines = 4;

export const recallCommand: Command = {
  usage: "WORDS…",
  summary: "find the best passages of what was read, with file, heading and score",
  options: {
    limit: { type: "string", value: "N", help: "at most so many (default 5)" },
    deleted: { type: "boolean", help: "also what lay in files that are gone" },
  },
  examples: [`dreamos recall "how do I close a transaction"`, "dreamos recall backoff --limit 1"],
  takes: [1, 100],
  async run(run) {
    const limit = countOption(run, "limit", 5);
    const { client } = findService(run);
    const includeDeleted = run.options.deleted === true;
    const page = await client.recall(run.args.join(" "), { limit, includeDeleted });
    const { terminal } = run;
    const near = (hit: MemoryHit) => (
      { ...hit, sources: hit.sources.map((path) => nearPath(path, run.cwd)) }
    );
    if (run.json) terminal.print(JSON.stringify(page));
    else if (page.items.length === 0) {
      const { memory } = await client.status();
      const why = memory.documents > 0 ? "" : ": no file has been read yet, which takes seconds";
      terminal.print(`Nothing found${why}`);
    } else page.items.forEach((hit, i) => printHit(near(hit), i + 1, terminal));
    return 0;
  },
};

function printHit(hit: MemoryHit, rank: number, { print, tint, columns }: Terminal): void {
  const [source = "no file", ...others] = hit.sources;
  const more = others.length > 0 ? ` and ${others.length} more` : "";
  const gone = hit.deleted ? " (deleted)" : "";
  print(
    `${tint("bold", `${rank}. ${printable(source)}`)}${more}${gone}  ` +
      tint("dim", `score ${hit.score.toFixed(2)}`),
  );
  const headings = hit.headings.length > 0 ? hit.headings : [hit.title];
  print(`   ${tint("cyan", printable(headings.join(" › ")))}`);
  const lines = wrap(hit.text, Math.min(100, columns ?? 100) - 3);
  for (const line of lines.slice(0, snippetLines)) print(`   ${line}`);
  if (lines.length > snippetLines) print(tint("dim", "   …"));
  print();
}
