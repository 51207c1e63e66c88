/** A real Prometheus, Debian's, that scrapes one service; and promtool. */
import { join } from "node:path";
import { debianProgram } from "../../scripts/debian.ts";
import { eventually } from "./eventually.ts";
import { Relay } from "./relay.ts";

export interface PrometheusOptions {
  /** For its data; the caller removes it. */
  folder: string;
  /** Holds the token that scrapes are made with. */
  tokenFile: string;
  scrapeEvery?: string;
  /** Alert rules to evaluate. */
  rules?: string;
}

/** Points of one series: seconds since the epoch, and the value. */
export interface Series {
  metric: Record<string, string>;
  values: [number, number][];
}

export class Prometheus {
  #child: Deno.ChildProcess;
  #url: string;
  #relay: Relay;

  private constructor(child: Deno.ChildProcess, url: string, relay: Relay) {
    this.#child = child;
    this.#url = url;
    this.#relay = relay;
  }

  /**
   * Starts it; when this resolves it scrapes, and as yet finds nobody. It takes up other targets no
   * more often than every 5 s, so it has one, which leads to where `scrape` says.
   *
   * @returns why not, where there is none to start
   */
  static async start(options: PrometheusOptions): Promise<Prometheus | { missing: string }> {
    const program = await debianProgram("prometheus", "prometheus");
    if ("missing" in program) return program;
    const { folder, tokenFile, scrapeEvery = "1s", rules } = options;
    const config = join(folder, "prometheus.yml");
    const relay = new Relay();
    const every = `scrape_interval: ${scrapeEvery}, evaluation_interval: ${scrapeEvery}`;
    // One label for all addresses that a service has had: its series go on.
    const target = `{targets: ["${relay.address}"], labels: {instance: dreamos}}`;
    await Deno.writeTextFile(
      config,
      `global: {${every}}
rule_files: [${rules ?? ""}]
scrape_configs:
  - job_name: dreamos
    authorization: {credentials_file: ${tokenFile}}
    static_configs: [${target}]
`,
    );
    const child = new Deno.Command(program.file, {
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, "tsdb")}`,
        "--web.listen-address=127.0.0.1:0",
      ],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const address = await listening(child).catch((error) => {
      relay.stop();
      throw error;
    });
    const started = new Prometheus(child, `http://${address}`, relay);
    await eventually(async () => (await started.query("up")).length === 1, {
      what: "Prometheus",
      deadlineMs: 60_000,
    }).catch(async (error) => {
      await started.stop();
      throw error;
    });
    return started;
  }

  /** Scrapes this service from now on, and no other. */
  scrape(url: string): void {
    this.#relay.leadTo(url);
  }

  async query(text: string): Promise<Series[]> {
    const found = await this.#get("query", { query: text }) as {
      metric: Series["metric"];
      value: [number, string];
    }[];
    return found.map(({ metric, value: [at, value] }) => ({
      metric,
      values: [[at, Number(value)]],
    }));
  }

  /** Times in seconds since the epoch. */
  async range(query: string, startS: number, endS: number, stepS: number): Promise<Series[]> {
    const times = { start: String(startS), end: String(endS), step: String(stepS) };
    const found = await this.#get("query_range", { query, ...times }) as {
      metric: Series["metric"];
      values: [number, string][];
    }[];
    return found.map(({ metric, values }) => (
      { metric, values: values.map(([at, value]) => [at, Number(value)]) }
    ));
  }

  async #get(path: string, query: Record<string, string>): Promise<unknown> {
    const body = new URLSearchParams(query);
    const response = await fetch(`${this.#url}/api/v1/${path}`, { method: "POST", body });
    const { status, data, error } = await response.json();
    if (status !== "success") throw new Error(`Prometheus refuses ${query.query}: ${error}`);
    return data.result;
  }

  async stop(): Promise<void> {
    this.#relay.stop();
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

/** Runs promtool with `input` on its stdin; `missing` where there is none. */
export async function promtool(args: string[], input = "", cwd?: string) {
  const program = await debianProgram("prometheus", "promtool");
  if ("missing" in program) return program;
  const child = new Deno.Command(program.file, {
    args,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** Where it listens: a port that is chosen before may be another's by then. */
function listening(child: Deno.ChildProcess): Promise<string> {
  const found = Promise.withResolvers<string>();
  let said = "";
  const read = async () => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      said = (said + part).slice(-10_000);
      const address = /msg="Listening on" address=(\S+:\d+)/.exec(said)?.[1];
      if (address) found.resolve(address);
    }
    found.reject(new Error(`Prometheus has ended: ${said}`));
  };
  read().catch(found.reject);
  return found.promise;
}
