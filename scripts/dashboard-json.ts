/** The dashboard as Grafana reads it. */
import { type Panel, type Row, rows } from "./dashboard-panels.ts";

const datasource = { type: "prometheus", uid: "dreamos" };
/** Grafana's pages are 24 columns wide. */
const width = 8;
const height = 8;

/** Grafana 10 and newer take it; its ids stay the same from run to run. */
export function renderDashboard(): string {
  const panels: unknown[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({ ...rowAt(y), id: panels.length + 1, title: row.title });
    row.panels.forEach((panel, i) => panels.push(panelAt(panel, panels.length + 1, i, y + 1)));
    y += 1 + height * Math.ceil(row.panels.length * width / 24);
  }
  const board = {
    uid: "dreamos",
    title: "Dream.OS",
    tags: ["dreamos"],
    schemaVersion: 39,
    editable: true,
    refresh: "10s",
    time: { from: "now-1h", to: "now" },
    templating: { list: [addressChoice] },
    panels,
  };
  return JSON.stringify(board, null, 2) + "\n";
}

const addressChoice = {
  name: "address",
  label: "Agent",
  type: "query",
  datasource,
  query: { query: "label_values(dreamos_agent_turns_total, address)", refId: "address" },
  definition: "label_values(dreamos_agent_turns_total, address)",
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  current: { text: "All", value: "$__all" },
};

function rowAt(y: number) {
  return { type: "row", collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] };
}

function panelAt({ title, about, unit, queries }: Panel, id: number, index: number, y: number) {
  const perLine = 24 / width;
  const x = index % perLine * width;
  return {
    id,
    type: "timeseries",
    title,
    description: about,
    datasource,
    gridPos: { x, y: y + Math.floor(index / perLine) * height, w: width, h: height },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: "list", placement: "bottom" }, tooltip: { mode: "multi" } },
    targets: queries.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + i),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}

/** Every query of the dashboard, with the title of its panel. */
export function allQueries(of: readonly Row[] = rows) {
  return of.flatMap((row) =>
    row.panels.flatMap((panel) => panel.queries.map((query) => ({ row, panel, ...query })))
  );
}
