/** The route that hands out a copy of the whole system. */
import * as systemAbout from "./abouts/system.ts";
import type { Route } from "./route.ts";
import type { RouteOptions } from "./routes.ts";

export function backupRoutes({ control }: RouteOptions): Route[] {
  return [
    {
      method: "POST",
      path: "/backups",
      about: systemAbout.backup,
      role: "admin",
      forAgents: "refused",
      async handle(_c, caller) {
        const { manifest, sizeBytes, body } = await control.backup(caller);
        const at = new Date(manifest.madeAtMs).toISOString().replaceAll(":", "");
        return new Response(body, {
          headers: {
            "content-type": "application/gzip",
            "content-length": String(sizeBytes),
            "content-disposition": `attachment; filename="dreamos-${at}.tar.gz"`,
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
          },
        });
      },
    },
  ];
}
