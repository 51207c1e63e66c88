/** `/metrics` of a whole system, as Prometheus sees it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { join } from "node:path";
import { createApp } from "../../src/api/app.ts";
import { serve, type Server } from "../../src/api/serve.ts";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits } from "../../src/limits.ts";
import { openRig, type Rig } from "../supervisor/rig.ts";
import { eventually } from "../support/eventually.ts";

const token = "a-token-of-the-test";
const headers = { authorization: `Bearer ${token}` };
let folder: string;
let rig: Rig;
let server: Server;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  const children = [
    { type: "agent" as const, id: "a", agent: "probe" },
    { type: "dynamic" as const, id: "pool" },
  ];
  rig = await openRig({ folder, children: children });
  rig.system.tokens.adopt(token);
  const app = createApp({
    control: rig.system,
    clock: systemClock,
    ids: systemIds(systemClock),
    limits: defaultLimits,
    logError: () => {},
  });
  server = serve({
    fetch: (request) => app.fetch(request),
    host: "127.0.0.1",
    port: 0,
    drainMs: 500,
    clock: systemClock,
  });
});

afterAll(async () => {
  await server?.shutdown();
  await rig?.close();
  await Deno.remove(folder, { recursive: true });
});

async function scrape(): Promise<string> {
  const response = await fetch(`${server.url}/metrics`, { headers });
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return await response.text();
}

/** The value of one series; null when it is not there. */
function valueOf(text: string, series: string): number | null {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

const missing = "it is not installed: Debian's package prometheus has it";
const promtool = await has("promtool");
const prometheus = await has("prometheus");

/** Debian's package `prometheus` has both; CI installs it. */
async function has(program: string): Promise<boolean> {
  const options = { args: ["--version"] };
  return await new Deno.Command(program, options).output().then(
    ({ success }) => success,
    () => false,
  );
}

describe("GET /metrics", () => {
  test("wants the token", async () => {
    const response = await fetch(`${server.url}/metrics`);
    expect(response.status).toBe(401);
    await response.body?.cancel();
  });

  test("counts turns, commits and requests as they happen", async () => {
    const before = await scrape();
    for (let i = 0; i < 5; i++) await rig.ask("/a");
    await fetch(`${server.url}/api/v1/agents/%2Fnobody`, { headers }).then((r) => r.text());
    const after = await scrape();
    const grown = (series: string) => valueOf(after, series)! - (valueOf(before, series) ?? 0);
    expect(grown("dreamos_turns_total")).toBeGreaterThanOrEqual(5);
    expect(grown("dreamos_turn_duration_seconds_count")).toBe(grown("dreamos_turns_total"));
    expect(grown("dreamos_commit_duration_seconds_count")).toBeGreaterThanOrEqual(5);
    expect(grown("dreamos_commit_group_size_sum")).toBeGreaterThanOrEqual(5);
    const request = 'route="/api/v1/agents/:address",method="GET",code="404"';
    expect(grown(`dreamos_api_requests_total{${request}}`)).toBe(1);
    expect(valueOf(after, 'dreamos_restarts_total{reason="crashed"}')).toBe(0);
    expect(valueOf(after, "dreamos_dead_letters")).toBe(0);
    expect(valueOf(after, "dreamos_activations_total")).toBeGreaterThanOrEqual(1);
  });

  test("has as many series with more agents and more paths", async () => {
    const series = (text: string) => text.split("\n").filter((line) => /^dreamos/.test(line));
    for (const path of ["/x", "/y", "/z/z"]) await fetch(server.url + path, { headers });
    const before = series(await scrape()).length;
    for (let i = 0; i < 50; i++) {
      await rig.system.spawn({ name: "t" }, { address: `/pool/p${i}`, kind: "probe" });
      await fetch(`${server.url}/no/${i}`, { headers }).then((response) => response.text());
    }
    const text = await scrape();
    expect(series(text).length).toBe(before);
    expect(text).not.toMatch(/p49|\/no\//);
  });

  test("is clean for promtool", async (context) => {
    if (!promtool) context.skip(missing);
    const check = async (text: string) => {
      const child = new Deno.Command("promtool", {
        args: ["check", "metrics"],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      const { code, stdout, stderr } = await child.output();
      return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
    };
    expect(await check(await scrape())).toEqual({ code: 0, said: "" });
    expect((await check("# TYPE turns counter\nturns 1\n")).code).not.toBe(0);
  });

  test("is scraped by a real Prometheus", async (context) => {
    if (!prometheus) context.skip(missing);
    const { host } = new URL(server.url);
    const config = join(folder, "prometheus.yml");
    const who = `job_name: d, authorization: {credentials: ${token}}`;
    const target = `static_configs: [{targets: ["${host}"]}]`;
    await Deno.writeTextFile(
      config,
      `global: {scrape_interval: 1s}\nscrape_configs: [{${who}, ${target}}]\n`,
    );
    const port = freePort();
    const child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const query = async (text: string) => {
        const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`;
        const answer = await fetch(url).then((r) => r.json(), () => null);
        return answer?.data?.result?.[0]?.value?.[1] ?? null;
      };
      await eventually(async () => await query("up") === "1", {
        what: "a scrape",
        deadlineMs: 30_000,
        everyMs: 100,
      });
      expect(Number(await query("dreamos_turns_total"))).toBeGreaterThan(0);
    } finally {
      child.kill("SIGKILL");
      await child.status;
    }
  }, 60_000);
});

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}
