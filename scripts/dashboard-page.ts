/** Writes grafana/dashboards/dreamos.json; `npm run docs`. */
import { renderDashboard } from "./dashboard-json.ts";

const file = new URL("../grafana/dashboards/dreamos.json", import.meta.url);
await Deno.writeTextFile(file, renderDashboard());
