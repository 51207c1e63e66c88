/** The trace of a request: continued from its header, or begun; and the way to look at one. */
import type { Context } from "hono";
import * as systemAbout from "./abouts/system.ts";
import { DreamError, errorKinds, toErrorData } from "../errors.ts";
import { readTraceparent } from "../traces/traceparent.ts";
import type { Traces } from "../traces/traces.ts";
import { answer } from "./answer.ts";
import type { Route } from "./route.ts";

/** By request: what the envelopes that come of it carry on. */
const known = new WeakMap<Request, string>();

type Handler = () => Promise<Response>;

/**
 * Handles a request inside its span, if its trace is sampled. The answer names the trace then.
 *
 * @param route its path, with `:name` for parameters
 */
export async function inTrace(
  traces: Traces | undefined,
  c: Context,
  route: string,
  handle: Handler,
): Promise<Response> {
  const { raw } = c.req;
  const header = raw.headers.get("traceparent");
  const span = traces?.request(header, raw.method, route) ?? null;
  const trace = span?.trace ?? readTraceparent(header);
  if (trace !== null) known.set(raw, trace);
  if (span === null) return await handle();
  const end = (status: number, code: string) => {
    const error = status >= 500 ? code : null;
    span.end({ error, attributes: { "http.response.status_code": status } });
  };
  try {
    const response = await handle();
    end(response.status, String(response.status));
    response.headers.set("traceresponse", span.trace);
    return response;
  } catch (error) {
    const { code } = toErrorData(error);
    end(errorKinds[code].status, code);
    throw error;
  }
}

/** What messages of this request carry as their trace. */
export function traceOf(request: Request): { trace?: string } {
  const trace = known.get(request);
  return trace === undefined ? {} : { trace };
}

/** `GET /traces/{id}`: what is known of a trace. */
export function traceRoute(traces: Traces | undefined): Route {
  return {
    method: "GET",
    path: "/traces/:id",
    about: systemAbout.trace,
    role: "viewer",
    forAgents: "refused",
    handle(c) {
      const id = c.req.param("id") ?? "";
      const found = traces?.find(id) ?? null;
      if (found !== null) return answer(found);
      throw new DreamError(
        "not_found",
        `Cannot find the trace ${
          JSON.stringify(id.slice(0, 40))
        }: only sampled ones are kept, in ` +
          "memory, the newest; wanted the 32 hex digits of one",
      );
    },
  };
}
