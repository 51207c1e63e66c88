/** One machine of the corpus as an agent; which one, `bundleCases` writes into the bundle. */
import { type AgentInput, defineAgent, z } from "../../../src/index.ts";
import { allCases } from "../corpus/index.ts";

const candidates = allCases.filter(({ system }) => system);
const at = candidates.findIndex(({ name }) => name === "the chosen case");
const chosen = candidates[at]!;
type Input = AgentInput<Record<string, z.ZodObject>, never>;

const accepts: Input["accepts"] = {};
const replies: Record<string, z.ZodType> = {};
for (const step of chosen.steps) {
  if ("send" in step) accepts[step.send.type] ??= z.looseObject({});
  if (!("ask" in step)) continue;
  accepts[step.ask.type] = z.looseObject({});
  replies[step.ask.type] = z.unknown();
}

export default defineAgent(
  { kind: `case-${at}`, accepts, replies, machine: chosen.make() as never } satisfies Input,
);
