/**
 * Finds the service that a command talks to: the one of HOME, with the token beside it, or any
 * other by `--url` and `--token`.
 */
import { type Client, createClient } from "../api/client.ts";
import { DreamError } from "../errors.ts";
import type { Home } from "../home.ts";
import { usage } from "./arguments.ts";
import { type Run, textOption } from "./command.ts";
import { patientFetch } from "./patience.ts";

export interface Service {
  client: Client;
  url: string;
  /** Null for a service that another HOME, maybe another machine, runs. */
  pid: number | null;
}

/**
 * A flag wins over the environment, that over what lies in HOME. The token of HOME goes to the
 * service of HOME only. Every call of the client says `not_running` too, when nothing answers.
 *
 * @throws {DreamError} `not_running` when no service left its mark in HOME; `unauthorized` without
 * a token; `usage` for a URL that is none; `bad_config` for a CA file that cannot be read
 */
export function findService(run: Pick<Run, "home" | "options" | "env">): Service {
  const { home, env } = run;
  const asked = textOption(run, "url") ?? env.DREAMOS_URL;
  const mark = asked ? null : readMark(home);
  const url = mark?.url ?? checkUrl(asked!);
  const token = checkToken(
    textOption(run, "token") || env.DREAMOS_TOKEN || (mark ? readToken(home) : null),
    url,
  );
  avoidProxies();
  const ca = textOption(run, "ca") || env.DREAMOS_CA;
  const tls = ca ? { client: Deno.createHttpClient({ caCerts: [readCa(ca)] }) } : {};
  const waiting = patientFetch({
    url,
    fetch: (target, init) => globalThis.fetch(target, { ...init, ...tls }),
  });
  const fetch = async (target: string, init: RequestInit) => {
    try {
      return await waiting(target, init);
    } catch (error) {
      if (init.signal?.aborted || error instanceof DreamError) throw error;
      throw unreachable(error, url, mark && { home, pid: mark.pid });
    }
  };
  return { client: createClient({ url, token, fetch }), url, pid: mark?.pid ?? null };
}

function unreachable(error: unknown, url: string, own: { home: Home; pid: number } | null) {
  const text = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : "";
  const certificate = /invalid peer certificate: ?([\w ]{0,80})/.exec(text)?.[1];
  if (certificate !== undefined) {
    return new DreamError(
      "tls_failed",
      `Cannot trust ${url}: its certificate is refused (${certificate.trim()})`,
      { cause: error },
    );
  }
  const why = own
    ? `process ${own.pid} of ${own.home.serviceFile} has gone`
    : "no service listens there, or a proxy or firewall is in between";
  return new DreamError("not_running", `Nothing answers at ${url}: ${why}`, {
    cause: error,
    details: own ? { home: own.home.path, pid: own.pid } : { url },
  });
}

function checkUrl(text: string): string {
  const url = URL.parse(text);
  const isBare = url && url.username === "" && url.pathname === "/" && url.search === "";
  if (url && isBare && /^https?:$/.test(url.protocol)) return url.origin;
  throw usage(
    `--url wants http://HOST:PORT or https://HOST:PORT, not ${JSON.stringify(text.slice(0, 80))}`,
  );
}

/** What cannot stand in a header is no token; without this it would look like a broken line. */
function checkToken(token: string | null, url: string): string {
  if (token === null) {
    throw new DreamError(
      "unauthorized",
      `Cannot talk to ${url} without a token: give --token or DREAMOS_TOKEN; HOME/token is sent ` +
        "to the service of HOME only",
    );
  }
  if (/^[\x21-\x7e]{1,512}$/.test(token)) return token;
  throw new DreamError(
    "unauthorized",
    `Cannot use a token of ${token.length} characters: wanted 1 to 512 of visible ASCII`,
  );
}

function readCa(path: string): string {
  const wanted = "wanted the CA's certificate as PEM";
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    const { code } = error as { code?: string };
    throw new DreamError("bad_config", `Cannot read the CA file ${path}: ${code}; ${wanted}`);
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new DreamError("bad_config", `Cannot use the CA file ${path}: ${wanted}`);
}

function notRunning(home: Home, why: string): DreamError {
  return new DreamError("not_running", `Nothing runs in ${home.path}: ${why}`, {
    details: { home: home.path },
  });
}

function readMark(home: Home): { url: string; pid: number } {
  const text = readText(home.serviceFile);
  if (text === null) throw notRunning(home, "there is no service.json");
  let mark: { url?: unknown; pid?: unknown } | null = null;
  try {
    mark = JSON.parse(text);
  } catch {
    // A damaged mark is as good as none.
  }
  if (typeof mark?.url !== "string" || typeof mark.pid !== "number") {
    throw notRunning(home, "its service.json is damaged");
  }
  return { url: mark.url, pid: mark.pid };
}

function readToken(home: Home): string {
  const token = readText(home.tokenFile)?.trim();
  if (token) return token;
  throw new DreamError("unauthorized", `Cannot find a token in ${home.tokenFile}`);
}

/** @returns null when there is no such file. @throws {DreamError} `denied` when it is not ours */
function readText(path: string): string | null {
  try {
    // Not by node:fs, which would lengthen the start of every command.
    return Deno.readTextFileSync(path);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new DreamError("denied", `Cannot read ${path}: ${code ?? "unknown error"}`);
  }
}

/** `HTTP_PROXY` is not for loopback: the proxy would get the token and knows no such service. */
function avoidProxies(): void {
  const own = "127.0.0.1,localhost,::1";
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const others = Deno.env.get(name);
    Deno.env.set(name, others ? `${others},${own}` : own);
  }
}
