/** Listens on loopback and drains on shutdown. */
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";

export interface Server {
  /** With the port that was really taken. */
  url: string;
  /** Takes no more connections, lets open requests end, then cuts them off after `drainMs`. */
  shutdown(): Promise<void>;
}

/**
 * Serves `fetch` on `host`:`port` (0 picks a free one).
 *
 * @throws {DreamError} `port_in_use`; `bad_config` when the port may not be taken at all
 */
export function serve(options: {
  fetch(request: Request): Response | Promise<Response>;
  host: string;
  port: number;
  drainMs: number;
  clock: Clock;
}): Server {
  const { host, port, clock, drainMs } = options;
  const cut = new AbortController();
  const server = listen(options, cut.signal);
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${server.addr.port}`,
    async shutdown() {
      const stopWaiting = clock.after(drainMs, () => cut.abort());
      await server.shutdown();
      stopWaiting();
    },
  };

  function listen({ fetch }: { fetch: typeof options.fetch }, signal: AbortSignal) {
    try {
      return Deno.serve({ hostname: host, port, signal, onListen: () => {} }, (r) => fetch(r));
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) {
        throw new DreamError("port_in_use", `Cannot listen on ${host}:${port}: it is taken`, {
          details: { port },
        });
      }
      if (error instanceof Deno.errors.PermissionDenied) {
        throw new DreamError(
          "bad_config",
          `Cannot listen on ${host}:${port}: ports below 1024 need more rights`,
          { details: { key: "port" } },
        );
      }
      throw error;
    }
  }
}
