/** Under which names this server answers: a defence against DNS rebinding. */
import { networkInterfaces } from "node:os";
import { DreamError } from "../errors.ts";
import { isWildcard } from "../listening.ts";

const loopbackName = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** Neither user nor path nor blank; the port plays no part, as proxies and tunnels change it. */
const hostForm = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/**
 * Names beside those of loopback, as they stand in a URL: of the host that is listened on, else of
 * every address that this machine has, and those that were allowed.
 */
export function namesOf(host: string, allowHosts: readonly string[]): ReadonlySet<string> {
  const own = isWildcard(host)
    ? Object.values(networkInterfaces()).flatMap((all) => all ?? []).map(({ address }) => address)
    : [host];
  return new Set([...own, ...allowHosts].map(inUrl));
}

/** An address as a URL has it: IPv6 in brackets. */
export function inUrl(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/**
 * A page of a foreign site can point its own name at this machine and so reach this server from a
 * browser; the name is still seen in the request: in the `Host` header, and in the target when
 * that is a whole URL (RFC 9112 §3.2.2). Both are read as they came: `new URL` would make
 * `127.0.0.1` of `2130706433`.
 *
 * @throws {DreamError} `forbidden_host`
 */
export function checkHost(request: Request, names: ReadonlySet<string>): void {
  const target = /^https?:\/\/([^/?#]*)/i.exec(request.url)?.[1] ?? "";
  for (const seen of [request.headers.get("host") ?? target, target]) {
    const name = hostForm.exec(seen)?.[1]?.toLowerCase();
    if (name !== undefined && (loopbackName.test(name) || names.has(name))) continue;
    // Without the names there are: who asks by a wrong one may be a foreign page.
    throw new DreamError(
      "forbidden_host",
      `Cannot answer as ${JSON.stringify(seen.slice(0, 100))}: wanted localhost, the host that ` +
        "is listened on, or a name of --allow-host",
    );
  }
}
