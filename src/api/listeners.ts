/** Opens what the configuration says: one listener, or with TLS one more for this machine. */
import type { Clock } from "../clock.ts";
import { isLoopback, isWildcard, type Listening } from "../listening.ts";
import { inUrl } from "./host-names.ts";
import { serve, type Server } from "./serve.ts";
import { readTls } from "./tls-files.ts";
import { watchTls } from "./tls-watch.ts";

export interface Listeners extends Omit<Server, "renew"> {
  /** For other machines; null when there are none. `url` is for this one. */
  publicUrl: string | null;
  /** What people should know about the line. */
  warnings: string[];
}

interface ListenOptions {
  fetch(request: Request): Response | Promise<Response>;
  listening: Listening & { port: number };
  drainMs: number;
  clock: Clock;
  /** Hears of certificates that change while they are served. */
  tell(level: "info" | "warn", message: string): void;
}

/**
 * Certificates name a machine as others see it, never `127.0.0.1`. So that commands on this machine
 * need none, TLS gets a second listener beside it, on loopback and any free port.
 *
 * @throws {DreamError} `port_in_use`, `bad_config`
 */
export function openListeners({ listening, ...options }: ListenOptions): Listeners {
  const { host, port, tlsCert, tlsKey } = listening;
  if (tlsCert === null || tlsKey === null) return openPlain(options, listening);
  const { warnings, ...tls } = readTls(tlsCert, tlsKey, options.clock.wallMs());
  const outer = serve({ ...options, host, port, tls });
  const inner = serve({ ...options, host: "127.0.0.1", port: 0 });
  const files = { certFile: tlsCert, keyFile: tlsKey };
  const { clock, tell } = options;
  const stopWatch = watchTls({ ...files, clock, first: tls, renew: outer.renew, tell });
  return {
    url: inner.url,
    publicUrl: publicUrlOf(outer, listening),
    warnings,
    refuse() {
      outer.refuse();
      inner.refuse();
    },
    async shutdown() {
      stopWatch();
      await Promise.all([outer.shutdown(), inner.shutdown()]);
    },
  };
}

/** With a name that others can use, where one is known. */
function publicUrlOf({ url }: Server, { host, allowHosts: [name] }: Listening): string {
  if (name === undefined || !isWildcard(host)) return url;
  return url.replace(/\/\/.*(?=:\d+$)/, `//${inUrl(name)}`);
}

function openPlain(
  options: Omit<ListenOptions, "listening">,
  listening: ListenOptions["listening"],
): Listeners {
  const { host, port } = listening;
  const server = serve({ ...options, host, port });
  if (isLoopback(host)) return { ...server, publicUrl: null, warnings: [] };
  // Not by `URL`, which leaves out the port that a scheme has by itself.
  const taken = server.url.slice(server.url.lastIndexOf(":") + 1);
  const own = host === "0.0.0.0" ? "127.0.0.1" : isWildcard(host) ? "::1" : host;
  return {
    ...server,
    url: `http://${inUrl(own)}:${taken}`,
    publicUrl: publicUrlOf(server, listening),
    warnings: [
      `INSECURE: the API listens on ${inUrl(host)}:${taken} without TLS: whoever is on the way ` +
      "can read every message, and take every token and use it",
    ],
  };
}
