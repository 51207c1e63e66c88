/** Listens on loopback and drains on shutdown. */
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { refuse } from "./answer.ts";
import { type ConnectionBounds, defaultBounds, serveConnections } from "./connections.ts";
import { inUrl } from "./host-names.ts";

export interface Server {
  /** With the port that was really taken. */
  url: string;
  /** Serves another certificate from now on. @throws {DreamError} when it cannot be served */
  renew(tls: { cert: string; key: string }): Promise<void>;
  /** From now on new requests are answered `shutting_down`; open ones go on. */
  refuse(): void;
  /** Refuses, lets open requests end, and closes; what is open after `drainMs` is cut off. */
  shutdown(): Promise<void>;
}

type Handler = (request: Request) => Response | Promise<Response>;

/**
 * Serves `fetch` on `host`:`port` (0 picks a free one).
 *
 * @throws {DreamError} `port_in_use`; `bad_config` when the port may not be taken at all
 */
export function serve(options: {
  fetch: Handler;
  host: string;
  port: number;
  /** PEM. */
  tls?: { cert: string; key: string };
  drainMs: number;
  clock: Clock;
  bounds?: ConnectionBounds;
}): Server {
  const { host, port, tls, clock, drainMs, bounds = defaultBounds } = options;
  const open = countOpen(options.fetch);
  const listener = listen({ hostname: host, port }, tls);
  const { port: taken } = listener.addr as Deno.NetAddr;
  const connections = serveConnections(listener, open.handle, clock, bounds);
  const stop = async () => {
    const late = Promise.withResolvers<void>();
    const stopWaiting = clock.after(drainMs, late.resolve);
    if (open.close() > 0) await Promise.race([open.ended, late.promise]);
    if (open.count() === 0) await Promise.race([connections.shutdown(), late.promise]);
    connections.cut();
    stopWaiting();
  };
  let stopping: Promise<void> | null = null;
  return {
    url: `${tls ? "https" : "http"}://${inUrl(host)}:${taken}`,
    async renew(tls) {
      // Tried elsewhere first: on the port itself there is no way back.
      listen({ hostname: "127.0.0.1", port: 0 }, tls).close();
      await connections.move(() => listen({ hostname: host, port: taken }, tls));
    },
    refuse: () => void open.close(),
    shutdown: () => stopping ??= stop(),
  };
}

/** Keeps count of requests without an answer, and takes no more once closed. */
function countOpen(fetch: Handler) {
  const ended = Promise.withResolvers<void>();
  let count = 0;
  let closed = false;
  const refusal = new DreamError("shutting_down", "Cannot answer: Dream.OS is shutting down");
  return {
    ended: ended.promise,
    count: () => count,
    close() {
      closed = true;
      return count;
    },
    async handle(request: Request): Promise<Response> {
      if (closed) return refuse(refusal.toData(), { connection: "close" });
      count++;
      try {
        return await fetch(request);
      } finally {
        if (--count === 0 && closed) ended.resolve();
      }
    },
  };
}

function listen(
  options: { hostname: string; port: number },
  tls: { cert: string; key: string } | undefined,
): Deno.Listener {
  const { hostname: host, port } = options;
  const refuse = (why: string) => {
    const details = { key: "host" };
    return new DreamError("bad_config", `Cannot listen on ${host}:${port}: ${why}`, { details });
  };
  try {
    if (!tls) return Deno.listen(options);
    return Deno.listenTls({ ...options, ...tls, alpnProtocols: ["h2", "http/1.1"] });
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new DreamError("port_in_use", `Cannot listen on ${host}:${port}: it is taken`, {
        details: { port },
      });
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw refuse("ports below 1024 need more rights");
    }
    if (error instanceof Deno.errors.AddrNotAvailable) {
      throw refuse("it is no address of this machine");
    }
    if (error instanceof Error && /lookup|resolve/i.test(error.message)) {
      throw refuse("the name is not known");
    }
    throw error;
  }
}
