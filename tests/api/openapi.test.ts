/** `/openapi.json` is true: valid for linters of others, whole, and with examples that fit. */
import { describe, expect, test } from "vitest";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { createApp } from "../../src/api/app.ts";
import { systemClock } from "../../src/clock.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits } from "../../src/limits.ts";
import { SmallControl } from "./small-control.ts";

const app = createApp({
  control: new SmallControl(),
  clock: systemClock,
  ids: systemIds(systemClock),
  limits: defaultLimits,
  logError: () => {},
});
const document = await (await app.request("http://localhost/openapi.json")).json();

interface Body {
  content?: Record<string, { schema: object; example?: unknown }>;
}
interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters: { name: string; in: string; description?: string }[];
  requestBody?: Body;
  responses: Record<string, Body & { headers?: object }>;
}
const operations = Object.entries(document.paths as Record<string, Record<string, Operation>>)
  .flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation }))
  );
const at = (method: string, path: string) => (document.paths[path][method] as Operation);

describe("linters of others", () => {
  test("a validator of OpenAPI 3.1 finds nothing", async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toMatchObject({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  test("Redocly's strict rules find nothing, and would", async () => {
    const config = await createConfig({ extends: ["recommended-strict"] });
    const problemsOf = async (source: unknown) => {
      const found = await lintFromString({
        source: JSON.stringify(source),
        absoluteRef: "/openapi.json",
        config,
      });
      return found.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`);
    };
    expect(await problemsOf(document)).toEqual([]);
    const broken = structuredClone(document);
    delete broken.paths["/api/v1/tree"].get.operationId;
    expect(await problemsOf(broken)).not.toEqual([]);
  }, 30_000);
});

test("every route of the app is in it", () => {
  const handled = app.routes.filter(({ path, method }) =>
    method !== "ALL" && !path.includes("*") && !path.endsWith("/*")
  );
  const missing = handled.filter(({ path, method }) =>
    !document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()]
  );
  expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(operations.length).toBeGreaterThan(40);
});

test("every operation has a name of its own, a group, and text for each parameter", () => {
  const names = operations.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { operation } of operations) {
    expect(operation.tags).toHaveLength(1);
    expect(operation.summary).not.toMatch(/\.$/);
    const untold = operation.parameters.filter(({ description }) => !description);
    expect(untold.map(({ name }) => `${operation.operationId} ${name}`)).toEqual([]);
  }
});

test("what is asked for: bodies, queries and headers", () => {
  const { requestBody } = at("post", "/api/v1/asks");
  expect(requestBody!.content!["application/json"]!.schema).toMatchObject({
    required: ["to", "type"],
    additionalProperties: false,
  });
  const { parameters } = at("get", "/api/v1/events");
  expect(parameters.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["under", "type", "since", "after", "follow", "Last-Event-ID"]),
  );
  expect(at("post", "/api/v1/messages").parameters.map(({ name }) => name)).toEqual([
    "Idempotency-Key",
    "traceparent",
  ]);
});

test("what is answered: each code with its status, and how long to wait", () => {
  const { responses } = at("post", "/api/v1/messages");
  expect(Object.keys(responses)).toEqual(
    expect.arrayContaining(["202", "400", "401", "403", "404", "409", "413", "422", "429", "503"]),
  );
  expect(responses[429]).toMatchObject({
    headers: { "Retry-After": {} },
    content: { "application/json": { examples: { mailbox_full: {} } } },
  });
});

test("every body has an example that fits it", () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(document, "document");
  let count = 0;
  for (const { path, method, operation } of operations) {
    const { requestBody, responses } = operation;
    for (const { content } of [requestBody ?? {}, ...Object.values(responses)]) {
      const json = content?.["application/json"];
      if (json?.example === undefined) continue;
      const text = JSON.stringify(json.schema).replaceAll("#/", "document#/");
      const validate = ajv.compile(JSON.parse(text));
      expect([path, method, validate(json.example), validate.errors])
        .toEqual([path, method, true, null]);
      count++;
    }
  }
  expect(count).toBeGreaterThan(40);
});
