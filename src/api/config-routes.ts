/** Routes of what the system was told at its start: its configuration and its limits. */
import type { Config } from "../config.ts";
import { defaultLimits } from "../limits.ts";
import * as about from "./abouts/config.ts";
import { answer } from "./answer.ts";
import type { Route } from "./route.ts";
import type { RouteOptions } from "./routes.ts";

/** The whole is for admins, as it names folders of the machine; limits are for all who send. */
export function configRoutes({ limits, config }: RouteOptions): Route[] {
  return [
    {
      method: "GET",
      path: "/limits",
      about: about.limits,
      role: "viewer",
      forAgents: "handled",
      handle: () => answer({ limits, defaults: defaultLimits }),
    },
    {
      method: "GET",
      path: "/config",
      about: about.config,
      role: "admin",
      forAgents: "refused",
      handle: () => answer({ config: config ? viewConfig(config) : {}, limits }),
    },
  ];
}

/** Every setting but limits. None is a secret: tokens and keys are in files of their own. */
function viewConfig({ home, limits: _, ...settings }: Config): Record<string, unknown> {
  return { home: home.path, ...settings };
}
