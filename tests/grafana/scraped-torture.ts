/** A torture run that a real Prometheus scrapes, and what its dashboard then shows. */
import { systemClock } from "../../src/clock.ts";
import { allQueries } from "../../scripts/dashboard-json.ts";
import { eventually } from "../support/eventually.ts";
import { Prometheus, type Series } from "../support/prometheus.ts";
import type { Service } from "../support/service.ts";
import { runTorture, type TortureOptions } from "../torture/scenario.ts";
import type { Scorecard } from "../torture/scorecard.ts";

export interface Scraped {
  card: Scorecard;
  /** Still runs; to be stopped. */
  prometheus: Prometheus;
  /** Seconds since the epoch. */
  fromS: number;
  toS: number;
}

/** Runs it with or without: where there is no Prometheus, `missing` says why. */
export async function scrapedTorture(
  folder: string,
  options: Omit<TortureOptions, "onService">,
): Promise<Scraped | { card: Scorecard; missing: string }> {
  const tokenFile = `${folder}/token`;
  await Deno.writeTextFile(tokenFile, "none yet");
  const prometheus = await Prometheus.start({ folder, tokenFile });
  if ("missing" in prometheus) {
    return { card: await runTorture({ ...options, onService() {} }), ...prometheus };
  }
  const end = new AbortController();
  let following: Promise<void> | null = null;
  const fromS = systemClock.wallMs() / 1_000;
  const card = await runTorture({
    ...options,
    onService: (service) => following = follow(service, prometheus, tokenFile, end.signal),
  }).catch(async (error) => {
    await prometheus.stop();
    throw error;
  }).finally(() => end.abort());
  await following;
  return { card, prometheus, fromS, toS: systemClock.wallMs() / 1_000 };
}

/** The service has another port after each start of its control process. */
async function follow(
  service: Service,
  prometheus: Prometheus,
  tokenFile: string,
  signal: AbortSignal,
): Promise<void> {
  let scraped = "";
  const look = async () => {
    if (!service.isUp || service.url === scraped) return false;
    const { url } = service;
    await Deno.copyFile(`${service.home}/token`, tokenFile);
    prometheus.scrape(url);
    scraped = url;
    return false;
  };
  while (!signal.aborted) {
    await eventually(look, { everyMs: 100, signal, deadlineMs: 3_600_000 }).catch(() => {});
  }
}

/** As Grafana puts it in: all agents, and a rate over ten scrapes. */
function filledIn(expr: string): string {
  return expr.replaceAll("$__rate_interval", "10s").replaceAll("$address", ".+");
}

export interface Drawn {
  row: string;
  panel: string;
  legend: string;
  series: Series[];
}

/** What each query of the dashboard gives over the whole run, numbers only. */
export async function queryAll({ prometheus, fromS, toS }: Scraped): Promise<Drawn[]> {
  const stepS = Math.max(1, Math.round((toS - fromS) / 200));
  const found: Drawn[] = [];
  for (const { row, panel, expr, legend } of allQueries()) {
    const series = await prometheus.range(filledIn(expr), fromS, toS, stepS);
    const finite = series
      .map(({ metric, values }) => (
        { metric, values: values.filter(([, value]) => Number.isFinite(value)) }
      ))
      .filter(({ values }) => values.length > 0);
    found.push({ row: row.title, panel: panel.title, legend, series: finite });
  }
  return found;
}
