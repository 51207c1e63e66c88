/** `/openapi.json` is true: valid for a validator of its own, and every route is in it. */
import { expect, test } from "vitest";
import { Validator } from "@seriousme/openapi-schema-validator";
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

test("is OpenAPI 3.1 for an independent validator", async () => {
  const validator = new Validator();
  expect(await validator.validate(document)).toMatchObject({ valid: true });
  expect(validator.version).toBe("3.1");
  const spoiled = structuredClone(document);
  spoiled.paths["/healthz"].get.responses = 7;
  expect(await new Validator().validate(spoiled)).toMatchObject({ valid: false });
});

test("has every route of the app, and says what each takes", () => {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && path !== "/*");
  const missing = routes.filter(({ method, path }) =>
    path !== "/openapi.json" &&
    !document.paths[path.replace(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()]?.summary
  );
  expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(routes.length).toBeGreaterThan(25);
  const { requestBody } = document.paths["/api/v1/asks"].post;
  expect(requestBody.content["application/json"].schema).toMatchObject({
    required: ["to", "type"],
    additionalProperties: false,
  });
  const names = document.paths["/api/v1/events"].get.parameters.map((p: { name: string }) =>
    p.name
  );
  expect(names).toEqual(["under", "type", "since", "after", "follow"]);
});
