/** Every route of the running service, each answer held to the service's own document. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileURLToPath } from "node:url";
import { eventually } from "../support/eventually.ts";
import { type Answer, type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
const echo = fileURLToPath(new URL("../../agents/echo/agent.ts", import.meta.url));
let service: Service;

beforeAll(async () => {
  service = await startService({ swarm });
});
afterAll(() => service?.remove());

const at = (path: string) => path.startsWith("/") ? path : `/api/v1/${path}`;
const get = async <T = { items: unknown[]; nextCursor: string | null }>(path: string) => {
  const { status, body } = await service.request("GET", at(path));
  expect([path, status, body]).toEqual([path, 200, expect.anything()]);
  return body as T;
};
const post = (path: string, body?: unknown, headers?: Record<string, string>) =>
  service.request("POST", at(path), body, headers);
const done = ({ status, body }: Answer) => {
  expect([status, body]).toEqual([expect.toSatisfy((n: number) => n < 300), body]);
  return body as Record<string, unknown>;
};

/** The first bytes of an answer that is no JSON, or has no end. */
async function open(method: string, path: string): Promise<string> {
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${await Deno.readTextFile(`${service.home}/token`)}` };
  const { signal } = leaving;
  const response = await fetch(`${service.url}${at(path)}`, { method, headers, signal });
  await (await service.document).check(method, at(path), response);
  const { value } = await response.body!.getReader().read();
  leaving.abort();
  return new TextDecoder().decode(value);
}

async function prepare(): Promise<{ letter: number; message: string }> {
  for (const name of ["a", "b", "c"]) {
    done(await post("agents", { address: `/workers/${name}`, kind: "echo" }));
  }
  const say = (to: string) => ({ to, type: "echo.say", payload: { text: "x" } });
  done(await post("messages", [say("/workers/a"), say("/workers/b"), say("/workers/c")]));
  for (const to of ["/workers/a", "/workers/b", "/echo"]) done(await post("asks", say(to)));
  const message = String(done(await post("messages", say("/echo"))).id);
  // One to wait for, with a timer; its late reply is a dead letter. It is in a thread by then, and
  // has the ask in hand long before that expires.
  done(await post("asks", { to: "/slow", type: "count.read" }));
  const late = { to: "/slow", type: "answer.after", payload: { ms: 1_500 }, timeoutMs: 1_000 };
  expect((await post("asks", late)).status).toBe(504);
  const letter = await eventually(async () => {
    const { items } = await get<{ items: { id: number }[] }>("deadletters?reason=late_reply");
    return items[0]?.id;
  }, { what: "the dead letter of the late reply" });
  return { letter, message };
}

test("all of them answer as the document says", async () => {
  const { letter, message } = await prepare();
  // Open until the service ends.
  const hour = { to: "/slow", type: "answer.after", payload: { ms: 3_600_000 } };
  post("asks", { ...hour, timeoutMs: 3_600_000 }).catch(() => {});
  await eventually(async () => (await get("timers")).items.length > 0, { what: "an open timer" });
  expect((await get("agents/%2Fslow/timers")).items).toHaveLength(1);
  const asks = await get<{ items: { id: string }[] }>("asks?status=open&under=/slow");
  expect(asks.items).toHaveLength(1);
  await get(`asks/${asks.items[0]!.id}`);
  for (const path of ["status", "tree", "hosts", "limits", "config", "tokens", "calls", "logs"]) {
    await get(path);
  }
  for (const path of ["asks", "bundles?kind=echo", "logs/levels", "tokens/self", "tokens/owner"]) {
    await get(path);
  }
  for (const path of ["recall?q=words", `messages/${message}/history`, "messages", "agents"]) {
    await get(path);
  }
  for (const part of ["", "/calls", "/asks", "/mailbox", "/machine", "/checkpoints", "/history"]) {
    await get(`agents/%2Fecho${part}`);
  }
  await get("/healthz");
  await get("/openapi.json");
  const { items } = await get<{ items: { hash: string }[] }>("bundles");
  await get(`bundles/${items[0]!.hash}`);
  await get(`deadletters/${letter}`);
  expect((await post(`deadletters/${letter}/replay`)).status).toBe(409);
  expect((await service.request("DELETE", at(`deadletters/${letter}`))).status).toBe(204);
  await actOnAgents();
  done(await post("logs/levels", { address: "/workers", level: "debug" }));
  done(await post("deployments/check", { path: echo }));
  done(await post("deployments", { path: echo }));
  done(await post("tokens", { name: "t", role: "viewer" }));
  done(await post("tokens/t/rotate"));
  done(await post("tokens/t/revoke"));
  expect(await open("GET", "events?since=1h")).toContain("event");
  expect(await open("GET", "/metrics")).toContain("dreamos_");
  await open("GET", "logs/stream?since=1h");
  await open("GET", "agents/%2Fecho/turns");
  await open("GET", "counters");
  await open("GET", "/docs");
  const trace = "ab".repeat(16);
  const traceparent = `00-${trace}-${"cd".repeat(8)}-01`;
  const say = { to: "/echo", type: "echo.say", payload: { text: "x" } };
  done(await post("asks", say, { traceparent }));
  await get(`traces/${trace}`);
  await open("POST", "backups");
  done(await post("shutdown"));
  const document = await service.document;
  const answered = new Set([...document.seen].map((seen) => seen.replace(/ 2\d\d$/, "")));
  // It was refused above: what can be replayed takes an agent that fails, tests/e2e/poison.test.ts.
  const missing = document.operations.filter((one) => !answered.has(one));
  expect(missing).toEqual(["POST /api/v1/deadletters/{id}/replay"]);
}, 120_000);

async function actOnAgents(): Promise<void> {
  const agent = "agents/%2Fworkers%2Fa";
  for (const verb of ["pause", "resume", "restart", "drain"]) done(await post(`${agent}/${verb}`));
  done(await post("agents/%2Fworkers%2Fb/stop"));
  done(await post(`${agent}/delete`));
  expect((await service.request("DELETE", at("agents/%2Fworkers%2Fb"))).status).toBe(204);
}
