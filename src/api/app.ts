/** The only door (R11): HTTP and JSON in front of `Control`. Knows nothing of what is behind it. */
import { type Context, Hono } from "hono";
import type { Clock } from "../clock.ts";
import { DreamError, toErrorData } from "../errors.ts";
import type { Ids } from "../ids.ts";
import type { Limits } from "../limits.ts";
import type { Control } from "../supervisor/control.ts";
import { answer, refuse } from "./answer.ts";
import { version } from "../version.ts";
import { openApiOf } from "./openapi.ts";
import { requestMeter } from "./request-meter.ts";
import { checkHost, tokenCheck } from "./guard.ts";
import { routesOf } from "./routes.ts";

export interface AppOptions {
  control: Control;
  /** The bearer token that every route but `/healthz` and `/openapi.json` wants. */
  token: string;
  clock: Clock;
  ids: Ids;
  limits: Limits;
  /** A reader of events that takes nothing for so long is cut off; default 30 s. */
  slowReaderMs?: number;
  /** Hears of every error that is ours and not the caller's; `id` is in the answer too. */
  logError(error: unknown, at: { id: string; method: string; path: string }): void;
}

const base = "/api/v1";
/** Paths that want no token. */
const open: ReadonlySet<string> = new Set(["/healthz", "/openapi.json"]);
const metricsHeaders = {
  "content-type": "text/plain; version=0.0.4; charset=utf-8",
  "cache-control": "no-store",
};

/** The whole API as one fetch handler; `app.request` serves tests and clients in process. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  const checkToken = tokenCheck(options.token);
  const meter = requestMeter(options.clock);
  app.use(meter.measure);
  app.use(async (c, next) => {
    checkHost(c.req.raw);
    if (!open.has(c.req.path)) checkToken(c.req.raw);
    await next();
  });
  app.get("/healthz", () => answer({ status: "ok" }));
  app.get("/metrics", async () => {
    const text = `${await options.control.metrics()}\n${await meter.text()}`;
    return new Response(text, { headers: metricsHeaders });
  });
  const allowed = new Map<string, string[]>(
    ["/healthz", "/metrics", "/openapi.json"].map((path) => [path, ["GET"]]),
  );
  const routes = routesOf(options);
  const document = openApiOf(routes, base, version);
  app.get("/openapi.json", () => answer(document));
  for (const { method, path, handle } of routes) {
    // Caught here as hono lets go by whatever is thrown and is no `Error`.
    app.on(method, `${base}${path}`, async (c) => {
      try {
        return await handle(c);
      } catch (error) {
        return refuseThrown(error, c);
      }
    });
    allowed.set(`${base}${path}`, [...allowed.get(`${base}${path}`) ?? [], method]);
  }
  for (const [path, methods] of allowed) app.all(path, (c) => refuseMethod(c.req.raw, methods));
  app.notFound((c) => refuse(notFound(c.req.raw).toData()));
  app.onError(refuseThrown);
  return app;

  function refuseThrown(thrown: unknown, c: Context): Response {
    const data = toErrorData(thrown);
    if (data.code !== "internal") return refuse(data);
    const id = options.ids.uuid();
    options.logError(thrown, { id, method: c.req.method, path: c.req.path });
    return refuse({ ...data, details: { ...data.details, logId: id } });
  }
}

function refuseMethod(request: Request, methods: string[]): Response {
  const error = new DreamError(
    "method_not_allowed",
    `Cannot ${request.method.slice(0, 20)} this: wanted ${methods.join(" or ")}`,
  );
  return refuse(error.toData(), { allow: methods.join(", ") });
}

function notFound(request: Request): DreamError {
  const path = new URL(request.url).pathname.slice(0, 200);
  return new DreamError("not_found", `Cannot find ${JSON.stringify(path)}: there is no such route`);
}
