/**
 * `npm run grafana`: a torture run that a real Prometheus scrapes, and pictures of the dashboard's
 * panels drawn from its answers, for grafana/README.md.
 */
import { parseArgs } from "node:util";
import { rows } from "../../scripts/dashboard-panels.ts";
import { printScorecard } from "../torture/scorecard.ts";
import { drawRow } from "./draw.ts";
import { pictureOf } from "./pictures.ts";
import { queryAll, scrapedTorture } from "./scraped-torture.ts";

const usage = "npm run grafana -- [--rounds 8] [--seed 7] [--files 100] [--agents 10]";

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "8" },
      seed: { type: "string", default: "7" },
      files: { type: "string", default: "100" },
      agents: { type: "string", default: "10" },
    },
  });
  const numbers = Object.entries(values).map(([name, text]) => [name, Number(text)] as const);
  if (numbers.some(([, number]) => !Number.isInteger(number) || number < 1)) {
    console.error(`grafana: wanted whole numbers from 1\n${usage}`);
    return 2;
  }
  const wanted = Object.fromEntries(numbers) as Record<keyof typeof values, number>;
  const folder = await Deno.makeTempDir();
  const end = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => end.abort());
  }
  const onLine = (line: string) => console.error(line);
  let scraped: Awaited<ReturnType<typeof scrapedTorture>> | null = null;
  try {
    const options = { ...wanted, keep: false, onLine, signal: end.signal };
    scraped = await scrapedTorture(folder, options);
    console.error(printScorecard(scraped.card));
    if ("missing" in scraped) {
      console.error(`grafana: no pictures: ${scraped.missing}`);
      return 1;
    }
    const { fromS, toS } = scraped;
    const all = await queryAll(scraped);
    for (const row of rows) {
      const text = drawRow(row, all, fromS, toS);
      await Deno.writeTextFile(pictureOf(row.title), text);
    }
    const empty = all.filter(({ series }) => series.length === 0);
    for (const { panel, legend } of empty) console.error(`no data: ${panel}, ${legend}`);
    return empty.length === 0 && scraped.card.ok ? 0 : 1;
  } finally {
    if (scraped && "prometheus" in scraped) await scraped.prometheus.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.exit(await main(Deno.args));
