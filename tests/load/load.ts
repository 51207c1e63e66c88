/** A real HTTP load tool against a real service: mixed reads, sends and asks. */
import autocannon from "autocannon";
import type { Service } from "../support/service.ts";

export interface LoadFigures {
  seconds: number;
  connections: number;
  requests: number;
  requestsPerSecond: number;
  /** Broken connections and the like, where no status came. */
  errors: number;
  timeouts: number;
  byStatus: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  slowestMs: number;
}

/** The part of autocannon's answer that is used; it brings no types. */
interface Found {
  statusCodeStats: Record<string, { count: number }>;
  requests: { total: number; average: number };
  latency: { p50: number; p99: number; max: number };
  errors: number;
  timeouts: number;
}

/** What every connection asks for, one after the other, again and again. */
function requestsOf(token: string) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const say = { to: "/echo", type: "echo.say", payload: { text: "load" } };
  const get = (path: string) => ({ method: "GET" as const, path, headers });
  const post = (path: string, body: unknown) => (
    { method: "POST" as const, path, headers, body: JSON.stringify(body) }
  );
  return [
    get("/healthz"),
    get("/api/v1/agents?limit=20"),
    post("/api/v1/asks", say),
    get("/api/v1/tree"),
    get("/api/v1/messages?limit=10"),
    post("/api/v1/messages", say),
    get("/api/v1/agents/%2Fecho"),
    get("/api/v1/deadletters"),
    get("/api/v1/status"),
    post("/api/v1/messages", Array.from({ length: 5 }, () => say)),
    get("/api/v1/timers"),
    get("/metrics"),
  ];
}

/** Loads the service. Answers with any status are no errors: they are counted by status. */
export async function load(
  service: Service,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<LoadFigures> {
  const token = (await Deno.readTextFile(`${service.home}/token`)).trim();
  const found: Found = await autocannon({
    ...{ url: service.url, connections, duration: seconds, timeout: 60 },
    requests: requestsOf(token),
  });
  const byStatus = Object.fromEntries(
    Object.entries(found.statusCodeStats).map(([status, { count }]) => [status, count]),
  );
  return {
    ...{ seconds, connections, byStatus },
    requests: found.requests.total,
    requestsPerSecond: Math.round(found.requests.average),
    errors: found.errors,
    timeouts: found.timeouts,
    p50Ms: found.latency.p50,
    p99Ms: found.latency.p99,
    slowestMs: found.latency.max,
  };
}

/** Memory of the control process, bytes. */
export async function rssOf(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(text)![1]) * 1024;
}
