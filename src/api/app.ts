/** The only door (R11): HTTP and JSON in front of `Control`. Knows nothing of what is behind it. */
import * as systemAbout from "./abouts/system.ts";
import { type Context, Hono } from "hono";
import { describeRoute } from "hono-openapi";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { DreamError, toErrorData } from "../errors.ts";
import type { Ids } from "../ids.ts";
import type { Limits } from "../limits.ts";
import type { Log } from "../log.ts";
import type { LogReader } from "../logs/book.ts";
import type { Control } from "../supervisor/control.ts";
import type { Traces } from "../traces/traces.ts";
import { accessLog } from "./access-log.ts";
import { answer, refuse } from "./answer.ts";
import { openApiOf, operationOf } from "./openapi.ts";
import { referenceHeaders, referencePage } from "./reference-page.ts";
import { type RequestMeter, requestMeter } from "./request-meter.ts";
import { bearerOf, checkQuery, permit } from "./guard.ts";
import { checkHost } from "./host-names.ts";
import type { Route } from "./route.ts";
import { inTrace } from "./request-trace.ts";
import { type RouteOptions, routesOf } from "./routes.ts";
import { isStream, Streams } from "./streams.ts";

export interface AppOptions {
  control: Control;
  /** What `/config` shows. */
  config?: Config;
  clock: Clock;
  ids: Ids;
  limits: Limits;
  /** Names beside those of loopback that requests may give this machine (host-names.ts). */
  names?: ReadonlySet<string>;
  /** What `/logs` shows; without it, nothing. */
  logs?: LogReader;
  /** Where a line for each request goes, if somebody wants to see it; default nowhere. */
  log?: Log;
  /** What makes spans of requests; without it there are none. */
  traces?: Traces;
  /** A reader of events that takes nothing for so long is cut off; default 30 s. */
  slowReaderMs?: number;
  /** Hears of every error that is ours and not the caller's; `id` is in the answer too. */
  logError(error: unknown, at: { id: string; method: string; path: string }): void;
}

const base = "/api/v1";
const metricsHeaders = {
  "content-type": "text/plain; version=0.0.4; charset=utf-8",
  "cache-control": "no-store",
};

/** The whole API as one fetch handler; `app.request` serves tests and clients in process. */
export function createApp(options: AppOptions): Hono {
  const app = new Hono();
  const { control: { tokens }, names = new Set<string>() } = options;
  const authenticate = (request: Request) => tokens.authenticate(bearerOf(request));
  const meter = requestMeter(options.clock);
  const access = accessLog(options.clock, options.log ?? (() => {}));
  const streams = new Streams({ most: options.limits.streams, meter, clock: options.clock });
  app.use(meter.measure);
  app.use(access.write);
  app.use(async (c, next) => {
    checkHost(c.req.raw, names);
    await next();
  });
  const allowed = new Map<string, string[]>();
  let document: Promise<unknown> | null = null;
  const readDocument = () => document ??= openApiOf(app, routes);
  const routes = everyRoute(options, meter, readDocument);
  for (const route of routes) {
    if (isStream(route)) meter.streamsOf(route.path);
    serve(route);
  }
  for (const [path, methods] of allowed) {
    app.all(path, ({ req }) => {
      authenticate(req.raw);
      return refuseMethod(req.raw, methods);
    });
  }
  app.notFound(({ req }) => {
    authenticate(req.raw);
    return refuse(notFound(req.raw).toData());
  });
  app.onError(refuseThrown);
  return app;

  function serve(route: Route): void {
    const { path } = route;
    // Caught here as hono lets go by whatever is thrown and is no `Error`.
    app.on(route.method, path, describeRoute(operationOf(route)), (c) => handle(route, c));
    allowed.set(path, [...allowed.get(path) ?? [], route.method]);
  }

  async function handle(route: Route, c: Context): Promise<Response> {
    try {
      if (route.role === "anyone") return await route.handle(c);
      const caller = authenticate(c.req.raw);
      permit(route, caller, c);
      checkQuery(route, c);
      access.calledBy(c.req.raw, caller.name);
      const handle = async () => await route.handle(c, caller);
      const check = () => tokens.authenticator(bearerOf(c.req.raw));
      const carryOut = isStream(route)
        ? () => streams.answer({ route: route.path, token: caller.name, check, handle }, c.req.raw)
        : handle;
      return await inTrace(options.traces, c, route.path, carryOut);
    } catch (error) {
      return refuseThrown(error, c);
    }
  }

  function refuseThrown(thrown: unknown, c: Context): Response {
    const data = toErrorData(thrown);
    if (data.code !== "internal") return refuse(data);
    const id = options.ids.uuid();
    options.logError(thrown, { id, method: c.req.method, path: c.req.path });
    return refuse({ ...data, details: { ...data.details, logId: id } });
  }
}

/** All there are, with whole paths. What `createApp` answers is one of them, or a refusal. */
export function everyRoute(
  options: RouteOptions,
  meter: RequestMeter,
  readDocument: () => Promise<unknown> = () => Promise.resolve({}),
): Route[] {
  return [
    ...rootRoutes(options.control, meter, readDocument),
    ...routesOf(options).map((route) => ({ ...route, path: `${base}${route.path}` })),
  ];
}

/** What stands beside `/api/v1`. */
function rootRoutes(
  control: Control,
  meter: RequestMeter,
  readDocument: () => Promise<unknown>,
): Route[] {
  return [
    {
      method: "GET",
      path: "/healthz",
      about: systemAbout.health,
      role: "anyone",
      handle: () => answer({ status: "ok" }),
    },
    {
      method: "GET",
      path: "/openapi.json",
      about: systemAbout.document,
      role: "anyone",
      handle: async () => answer(await readDocument()),
    },
    {
      method: "GET",
      path: "/docs",
      about: systemAbout.reference,
      role: "anyone",
      handle: async () =>
        new Response(referencePage(await readDocument()), { headers: referenceHeaders }),
    },
    {
      method: "GET",
      path: "/metrics",
      about: systemAbout.metrics,
      role: "viewer",
      forAgents: "refused",
      async handle() {
        const text = `${await control.metrics()}\n${await meter.text()}`;
        return new Response(text, { headers: metricsHeaders });
      },
    },
  ];
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
