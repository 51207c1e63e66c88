/** Every route with every kind of token: what is not declared is refused. */
import { beforeAll, describe, expect, it, test } from "vitest";
import { createApp, everyRoute } from "../../src/api/app.ts";
import { requestMeter } from "../../src/api/request-meter.ts";
import type { Route } from "../../src/api/route.ts";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits } from "../../src/limits.ts";
import type { NewToken } from "../../src/supervisor/token-views.ts";
import { SmallControl } from "./small-control.ts";

const owner = { name: "owner" };
const optionsOf = (control: SmallControl) => ({
  control,
  clock: systemClock,
  ids: systemIds(systemClock),
  limits: defaultLimits,
  logError: () => {},
});
const routes = everyRoute(
  optionsOf(new SmallControl()),
  requestMeter(systemClock),
  () => Promise.resolve({}),
);
const nameOf = ({ method, path }: Route) => `${method} ${path}`;

/** What a route has to be asked so that an agent's token of /captain may, where it may at all. */
const own: Record<string, { query?: string; body?: unknown }> = {
  "POST /api/v1/messages": { body: { to: "/captain", type: "echo" } },
  "POST /api/v1/asks": { body: { to: "/captain", type: "echo" } },
  "GET /api/v1/agents": {},
  "GET /api/v1/tree": {},
  "GET /api/v1/asks/:id": {},
  "GET /api/v1/messages": {},
  "GET /api/v1/deadletters": {},
  "GET /api/v1/deadletters/:id": {},
  "GET /api/v1/events": { query: "?follow=false" },
  "GET /api/v1/counters": {},
  "GET /api/v1/logs": {},
  "GET /api/v1/logs/stream": {},
  "GET /api/v1/tokens/self": {},
  "GET /api/v1/timers": {},
  "GET /api/v1/calls": {},
  "GET /api/v1/asks": {},
  "GET /api/v1/limits": {},
};
/** The same for an address that is not its own. Lists without it show only what is its own. */
const foreign: Record<string, { query?: string; body?: unknown }> = {
  "POST /api/v1/messages": {
    body: [own["POST /api/v1/messages"]!.body, { to: "/full", type: "e" }],
  },
  "POST /api/v1/asks": { body: { to: "/full", type: "echo" } },
  "GET /api/v1/agents": { query: "?under=/full" },
  "GET /api/v1/timers": { query: "?under=/full" },
  "GET /api/v1/calls": { query: "?under=/full" },
  "GET /api/v1/asks": { query: "?under=/captain-2" },
  "GET /api/v1/messages": { query: "?under=/captain-2" },
  "GET /api/v1/deadletters": { query: "?to=/captain-2" },
  "GET /api/v1/events": { query: "?under=/full" },
  "GET /api/v1/counters": { query: "?under=/full" },
  "GET /api/v1/logs": { query: "?under=/full" },
  "GET /api/v1/logs/stream": { query: "?under=/captain-2" },
};

let control: SmallControl;
let app: ReturnType<typeof createApp>;
let tokens: Record<string, string>;

beforeAll(async () => {
  control = new SmallControl();
  app = createApp(optionsOf(control));
  control.tokens.adopt("the-owners-token");
  const make = async (token: NewToken) => (await control.tokens.create(owner, token)).token;
  const admin = { role: "admin" } as const;
  tokens = {
    viewer: await make({ name: "viewer", role: "viewer" }),
    operator: await make({ name: "operator", role: "operator" }),
    admin: await make({ name: "admin", ...admin }),
    agent: await make({ name: "agent", role: "agent", scope: "/captain" }),
    expired: await make({ name: "expired", ...admin, expiresInMs: 1_000 }),
    revoked: await make({ name: "revoked", ...admin }),
    rotated: await make({ name: "rotated", ...admin }),
  };
  await control.tokens.revoke(owner, "revoked");
  await control.tokens.rotate(owner, "rotated", {});
  control.aheadMs = 2_000;
});

/** What a request was answered with, as one word: the refusal's reason or code, else `let in`. */
async function ask(route: Route, authorization: string | null, asked = own[nameOf(route)] ?? {}) {
  const path = route.path.replace(":address", "%2Fcaptain").replace(/:\w+/, "1");
  const response = await app.request(`http://localhost${path}${asked.query ?? ""}`, {
    method: route.method,
    headers: {
      "content-type": "application/json",
      ...(authorization !== null && { authorization }),
    },
    ...(route.method === "POST" && { body: JSON.stringify(asked.body ?? {}) }),
  });
  if (response.status !== 401 && response.status !== 403) {
    await response.body?.cancel();
    return "let in";
  }
  const { error } = await response.json();
  expect(Object.values(tokens).some((token) => JSON.stringify(error).includes(token))).toBe(false);
  return response.status === 401 ? error.details.reason : `${error.code} ${error.details.role}`;
}

const altered = (token: string) => [
  `${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`,
  token.slice(0, -1),
  `${token}A`,
  token.toLowerCase(),
  token.replace("dreamos_", ""),
];

describe.each(routes.map((route) => [nameOf(route), route] as const))("%s", (name, route) => {
  it("without a valid token", async () => {
    const refused = route.role === "anyone" ? () => "let in" : (reason: string) => reason;
    expect(await ask(route, null)).toBe(refused("missing"));
    expect(await ask(route, "Bearer")).toBe(refused("malformed"));
    for (const state of ["expired", "revoked", "rotated"]) {
      expect(await ask(route, `Bearer ${tokens[state]}`)).toBe(refused(state));
    }
    for (const token of altered(tokens.admin!)) {
      expect(await ask(route, `Bearer ${token}`)).toBe(refused("unknown"));
    }
  });

  it.each(["viewer", "operator", "admin"])("with the role %s", async (role) => {
    const order = ["anyone", "viewer", "operator", "admin"];
    const isEnough = order.indexOf(role) >= order.indexOf(route.role);
    const said = isEnough ? "let in" : `forbidden ${route.role}`;
    expect(await ask(route, `Bearer ${tokens[role]}`)).toBe(said);
  });

  it("with an agent's token", async () => {
    const agent = `Bearer ${tokens.agent}`;
    if (route.role === "anyone") return expect(await ask(route, agent)).toBe("let in");
    if (route.forAgents === "refused") {
      return expect(await ask(route, agent)).toBe(`forbidden ${route.role}`);
    }
    expect(await ask(route, agent)).toBe("let in");
    if (route.forAgents === "address") {
      for (const address of ["/full", "/captain-2", "/cap", "/"]) {
        const other = {
          ...route,
          path: route.path.replace(":address", encodeURIComponent(address)),
        };
        expect(await ask(other, agent), address).toBe("forbidden undefined");
      }
    } else expect(own, "say what is its own").toHaveProperty([name]);
    if (foreign[name]) expect(await ask(route, agent, foreign[name])).toBe("forbidden undefined");
  });
});

test("what the app answers is these routes, each with a role", () => {
  const served = app.routes.filter(({ method, path }) => method !== "ALL" && path !== "/*");
  const names = served.map(({ method, path }) => `${method} ${path}`);
  expect([...new Set(names)].sort()).toEqual(routes.map(nameOf).sort());
  for (const route of routes) {
    expect(["anyone", "viewer", "operator", "admin"]).toContain(route.role);
    if (route.role !== "anyone") {
      expect(["refused", "address", "handled"]).toContain(route.forAgents);
      expect(route.forAgents !== "address" || route.path.includes(":address")).toBe(true);
    }
  }
  const open = routes.filter(({ role }) => role === "anyone").map(nameOf);
  expect(open).toEqual(["GET /healthz", "GET /openapi.json", "GET /docs"]);
});
