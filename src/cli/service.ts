/** Finds the running service of a HOME: its URL and pid in `service.json`, the token beside it. */
import { readFileSync } from "node:fs";
import { type Client, createClient } from "../api/client.ts";
import { DreamError } from "../errors.ts";
import type { Home } from "../home.ts";

export interface Service {
  client: Client;
  url: string;
  pid: number;
}

/**
 * Reads where the service of `home` is. Every call of the client says `not_running` too, when the
 * mark is of a service that has gone.
 *
 * @throws {DreamError} `not_running` when no service left its mark in HOME
 */
export function findService(home: Home): Service {
  const { url, pid } = readMark(home);
  const token = readToken(home);
  avoidProxies();
  const fetch = async (target: string, init: RequestInit) => {
    try {
      return await globalThis.fetch(target, init);
    } catch (error) {
      throw new DreamError(
        "not_running",
        `Nothing answers at ${url}: process ${pid} of ${home.serviceFile} has gone`,
        { cause: error, details: { home: home.path, pid } },
      );
    }
  };
  return { client: createClient({ url, token, fetch }), url, pid };
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
    return readFileSync(path, "utf8");
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
