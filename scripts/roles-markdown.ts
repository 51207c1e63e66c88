import { everyRoute } from "../src/api/app.ts";
import { requestMeter } from "../src/api/request-meter.ts";
import type { Route } from "../src/api/route.ts";
import { systemClock } from "../src/clock.ts";
import { defaultLimits } from "../src/limits.ts";
import type { Control } from "../src/supervisor/control.ts";
import { renderTable } from "./errors-markdown.ts";

const begin = "<!-- table: begin (made from the routes by npm run docs) -->";
const end = "<!-- table: end -->";

const forAgents = { refused: "no", address: "its addresses", handled: "its part" } as const;

function rowOf(route: Route): string[] {
  const path = `\`${route.method} ${route.path.replace(/:(\w+)/g, "{$1}")}\``;
  if (route.role === "anyone") return [path, "no token", "no token"];
  return [path, route.role, forAgents[route.forAgents]];
}

/** The page with the table of all routes and who may use them. */
export function fillTokensPage(page: string): string {
  const options = { control: {} as Control, clock: systemClock, limits: defaultLimits };
  const routes = everyRoute(options, requestMeter(systemClock));
  const rows = [["route", "wants at least", "an agent's token"], ...routes.map(rowOf)];
  const [before] = page.split(begin);
  const [, after] = page.split(end);
  return `${before}${begin}\n\n${renderTable(rows)}\n${end}${after}`;
}
