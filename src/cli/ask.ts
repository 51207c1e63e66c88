import type { NewAsk } from "../api/client.ts";
import type { Json } from "../json.ts";
import { durationOption, readJson } from "./arguments.ts";
import { type Command, textOption } from "./command.ts";
import { findService } from "./service.ts";
import { printableLines } from "./text.ts";

export const askCommand: Command = {
  usage: "ADDRESS TYPE [JSON|-]",
  summary: "ask an agent and print its reply",
  about: ["JSON is the payload, {} when left out; - reads it from stdin."],
  options: {
    timeout: { type: "string", value: "30s", help: "how long to wait for the reply" },
    key: { type: "string", value: "KEY", help: "Idempotency-Key: asked once however often tried" },
  },
  examples: [
    "dreamos ask /captain status",
    `dreamos ask /scribe recall '{"query":"commit"}' --json`,
  ],
  takes: [2, 3],
  async run(run) {
    const [to, type, payload = "{}"] = run.args as [string, string, string?];
    const timeoutMs = durationOption(run, "timeout");
    const ask: NewAsk = { to, type };
    if (timeoutMs !== undefined) ask.timeoutMs = timeoutMs;
    ask.payload = readJson(payload, "the payload");
    const { client } = findService(run);
    const key = textOption(run, "key");
    const answer = await client.ask(ask, key === undefined ? {} : { idempotencyKey: key });
    if (run.json) run.terminal.print(JSON.stringify(answer));
    else for (const line of printableLines(inWords(answer.reply))) run.terminal.print(line);
    return 0;
  },
};

/** A reply that is one text, alone or in one field, as that text; all others as JSON. */
function inWords(reply: Json): string {
  if (typeof reply === "string") return reply;
  if (typeof reply === "object" && reply !== null && !Array.isArray(reply)) {
    const [only, ...others] = Object.values(reply);
    if (typeof only === "string" && others.length === 0) return only;
  }
  return JSON.stringify(reply, null, 2);
}
