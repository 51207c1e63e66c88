/** Routes of new code: what it would do, and making it live. */
import * as systemAbout from "./abouts/system.ts";
import { readJsonBody } from "./body.ts";
import { answer } from "./answer.ts";
import { readDeployment } from "./requests.ts";
import type { Route } from "./route.ts";
import type { RouteOptions } from "./routes.ts";

/** The body names a file on the machine of the service: that is where it is bundled. */
export function deploymentRoutes(options: RouteOptions): Route[] {
  const { control, clock, limits } = options;
  const pathOf = async (request: Request) =>
    readDeployment((await readJsonBody(request, limits.bodyBytes, clock)).value);
  return [
    {
      method: "POST",
      path: "/deployments",
      about: systemAbout.deploy,
      role: "admin",
      forAgents: "refused",
      handle: async (c, caller) =>
        answer(await control.deploy(caller, await pathOf(c.req.raw)), 201),
    },
    {
      method: "POST",
      path: "/deployments/check",
      about: systemAbout.checkDeployment,
      role: "admin",
      forAgents: "refused",
      handle: async (c) => answer(await control.checkDeployment(await pathOf(c.req.raw))),
    },
  ];
}
