/** A small fixed slice of `npm run torture`, scraped by a real Prometheus. */
import { afterAll, expect, test } from "vitest";
import { readRules } from "../grafana/rules.ts";
import { queryAll, scrapedTorture } from "../grafana/scraped-torture.ts";
import { printScorecard } from "./scorecard.ts";

let scraped: Awaited<ReturnType<typeof scrapedTorture>>;
const folder = await Deno.makeTempDir();

afterAll(async () => {
  if (scraped && "prometheus" in scraped) await scraped.prometheus.stop();
  await Deno.remove(folder, { recursive: true });
});

test("kills of all three kinds lose nothing, double nothing and leave nothing behind", {
  timeout: 120_000,
}, async () => {
  const lines: string[] = [];
  scraped = await scrapedTorture(folder, {
    rounds: 3,
    files: 60,
    agents: 8,
    seed: 20,
    keep: false,
    onLine: (line) => lines.push(line),
    signal: AbortSignal.timeout(110_000),
  });
  const { card } = scraped;
  expect(card.failures, `${lines.join("\n")}\n${printScorecard(card)}`).toEqual([]);
  expect(Object.keys(card.kills).sort()).toEqual(["control", "host", "tool host"]);
  expect(card.messages.acknowledged).toBeGreaterThan(100);
  expect(card.files.documents).toBeGreaterThanOrEqual(60);
});

test("meanwhile every query of the dashboard and of the alerts has data", async (context) => {
  if ("missing" in scraped) return context.skip(scraped.missing);
  const all = await queryAll(scraped);
  const empty = all.filter(({ series }) => series.length === 0);
  expect(empty.map(({ panel, legend }) => `${panel}: ${legend}`)).toEqual([]);
  const { prometheus, fromS, toS } = scraped;
  for (const { alert, measured } of readRules()) {
    const expr = measured.replace(/\[\d+m\]/, "[30s]");
    const found = await prometheus.range(expr, fromS, toS, 1);
    expect(found.length, `${alert}: ${expr}`).toBeGreaterThan(0);
  }
  const lost = 'sum(dreamos_exits_total{reason="host_lost"})';
  const ends = await prometheus.range(lost, fromS, toS, 1);
  expect(Math.max(...ends.flatMap(({ values }) => values.map(([, n]) => n)))).toBeGreaterThan(0);
});
