/** `grafana/`: what it names exists, what it asks is understood, and its alerts fire. */
import { beforeAll, describe, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { allQueries, renderDashboard } from "../../scripts/dashboard-json.ts";
import { rows } from "../../scripts/dashboard-panels.ts";
import { openDoorTo } from "../api/open-door.ts";
import { openRig } from "../supervisor/rig.ts";
import { promtool } from "../support/prometheus.ts";
import { pictureOf } from "./pictures.ts";
import { folder, metricsIn, readRules } from "./rules.ts";

const path = fileURLToPath(folder);
const textOf = (file: string) => Deno.readTextFileSync(new URL(file, folder));

describe("what the dashboard and the alerts name", () => {
  const known = new Set<string>();
  beforeAll(async () => {
    const home = await Deno.makeTempDir();
    const rig = await openRig({
      folder: home,
      children: [{ type: "agent", id: "a", agent: "probe" }],
    });
    const door = openDoorTo(rig.system, rig.system.tokens);
    const text = await (await door.call("/metrics")).text();
    for (const [, name] of text.matchAll(/^# TYPE (\S+) /gm)) known.add(name!);
    await door.shutdown();
    await rig.close();
    await Deno.remove(home, { recursive: true });
  });

  test("is there, all of it", () => {
    const exprs = [...allQueries().map(({ expr }) => expr), ...readRules().map(({ expr }) => expr)];
    const named = new Set(exprs.flatMap(metricsIn));
    expect(named.size).toBeGreaterThan(25);
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
  });

  test("is all there is: no metric that nobody looks at", () => {
    const named = new Set(allQueries().flatMap(({ expr }) => metricsIn(expr)));
    expect([...known].filter((name) => !named.has(name))).toEqual([]);
  });
});

test("the dashboard is what scripts/dashboard-panels.ts says: npm run docs", () => {
  expect(textOf("dashboards/dreamos.json")).toBe(renderDashboard());
});

test("its panels lie beside each other, with ids of their own and the provisioned source", () => {
  const { panels } = JSON.parse(textOf("dashboards/dreamos.json")) as {
    panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + i % w},${y + Math.floor(i / w)}`)
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(textOf("provisioning/datasources/dreamos.yml")).toMatch(/^ +uid: dreamos$/m);
});

test("README tells of every row and every alert, and shows each row", () => {
  const readme = textOf("README.md");
  for (const { title } of rows) expect(readme).toMatch(new RegExp(`^### ${title}$`, "m"));
  for (const { title } of rows) {
    const url = pictureOf(title);
    expect(readme).toContain(`](pictures/${url.pathname.split("/").at(-1)})`);
    expect(Deno.readTextFileSync(url)).toMatch(/^<svg .*<path d="M[\d.]+ [\d.]+L/s);
  }
  for (const { alert } of readRules()) expect(readme).toContain(alert);
});

for (
  const args of [
    ["check", "rules", "alerts.yml"],
    ["test", "rules", "alerts.test.yml"],
    ["check", "config", "--syntax-only", "prometheus.yml"],
  ]
) {
  test(`promtool ${args.join(" ")}`, async (context) => {
    const found = await promtool(args, "", path);
    if ("missing" in found) return context.skip(found.missing);
    expect(found.code, found.said).toBe(0);
  }, 120_000);
}

test("every alert is tried: it fires once, and is silent when all is well", () => {
  const tried = textOf("alerts.test.yml");
  for (const { alert } of readRules()) {
    expect(tried.split(`alertname: ${alert}\n`).length - 1).toBe(2);
  }
});
