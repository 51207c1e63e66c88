/** What answers are made of. Open to fields to come: clients ignore those they do not know. */
import { z } from "zod";
import { agentStatuses } from "../../agent-status.ts";
import { type ErrorData, errorKinds } from "../../errors.ts";
import type { Json, JsonSchema } from "../../json.ts";

/** Any JSON: `JSON.parse` made it, so that there is nothing to check. */
export const json = z.custom<Json>((value) => value !== undefined, "wanted a JSON value")
  .meta({ description: "Any JSON", examples: [{ text: "hello" }] });

/** With a reason of its own where it is used. */
export const jsonSchema = z.custom<JsonSchema>((value) => typeof value === "object")
  .meta({ type: "object", description: "A JSON Schema, draft 2020-12", examples: [{}] });

export const address = z.string()
  .meta({ description: "An address, such as /workers/w-1", examples: ["/workers/w-1"] });
export const supervisor = z.string()
  .meta({ description: "The address of a supervisor; / is the root", examples: ["/workers"] });
export const sender = z.string().meta({
  description: "An address, @name for a token's name, or system",
  examples: ["@owner"],
});
export const atMs = z.int().min(0)
  .meta({ description: "Epoch milliseconds", examples: [1_767_225_600_000] });
export const durationMs = z.int().min(0).meta({ description: "Milliseconds", examples: [30_000] });
export const amount = z.int().min(0).meta({ examples: [1] });
export const uuid = z.string().meta({
  description: "A UUIDv7",
  examples: ["0198b6a2-4c1e-7d3a-9f00-5b6c7d8e9f01"],
});
export const kind = z.string().meta({ description: "A kind of agent", examples: ["summarizer"] });
export const hash = z.string().meta({
  description: "SHA-256 of a bundle, hex",
  examples: ["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
});
export const pid = z.int().min(1).meta({ description: "A process id", examples: [4711] });

export const status = z.enum(agentStatuses).meta({ id: "AgentStatus", examples: ["running"] });

const details = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]),
).meta({ description: "Small facts: addresses, counts, limits", examples: [{}] });

const code = z.custom<ErrorData["code"]>((text) => typeof text === "string").meta({
  type: "string",
  description: `One of ${Object.keys(errorKinds).length} in docs/errors.md; more may come`,
  examples: ["agent_not_found"],
});
const message = z.string().meta({ examples: ["There is no agent /workers/w-1"] });

/** What went wrong with an agent, as it is kept. */
export const fault: z.ZodType<ErrorData> = z.object({ code, message, details: details.optional() })
  .meta({ id: "Fault" });

/** Every refusal. */
export const refusal = z.object({ error: z.object({ code, message, details }) })
  .meta({ id: "Error" });

/** One page of a list. */
export const pageOf = <T>(item: z.ZodType<T>) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({
      description: "Give it as cursor, with the same filters, for the next page; null at the end",
      examples: [null],
    }),
  });

/** A number for each of `names`: an object, as generated clients know no maps with given keys. */
export const countsOf = <T extends string>(names: readonly T[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, amount]))) as unknown as z.ZodType<
    Record<T, number>
  >;
