/** SCXML's own tests: what XState passes passes in turns, what it fails fails in the same way. */
import { describe, expect, it } from "vitest";
import { conform } from "./conform.ts";
import { outcomes } from "./scxml/fixtures.ts";
import { conformancePage } from "./scxml/page.ts";

const all = await outcomes();
const ran = all.flatMap((one) => one.result === "does not apply" || !one.fixture ? [] : [one]);

describe("SCXML", () => {
  it("has as many documents that XState passes as ever", () => {
    expect(all.filter(({ result }) => result === "passes").length).toBeGreaterThanOrEqual(160);
  });

  it.each(ran)("$name $result", async ({ result, fixture }) => {
    const done = conform(fixture.make, fixture.steps, { unitMs: 10 });
    if (result !== "refused") return await done;
    await expect(done).rejects.toMatchObject({ code: "not_durable" });
  });

  it("stands in docs/conformance.md as it is (npm run docs)", async () => {
    const page = new URL("../../docs/conformance.md", import.meta.url);
    expect(await Deno.readTextFile(page)).toBe(conformancePage(all));
  });
});
