import { lanes, type NewMessage } from "../api/client.ts";
import { choiceOption, durationOption, readJson } from "./arguments.ts";
import { type Command, textOption } from "./command.ts";
import { findService } from "./service.ts";

export const sendCommand: Command = {
  usage: "ADDRESS TYPE [JSON|-]",
  summary: "send an agent a message; prints its id once it is durable",
  about: ["JSON is the payload, {} when left out; - reads it from stdin."],
  options: {
    lane: { type: "string", value: "LANE", choices: lanes, help: "how urgent it is" },
    "expires-in": { type: "string", value: "10m", help: "not delivered after so long" },
    key: { type: "string", value: "KEY", help: "Idempotency-Key: sent once however often asked" },
  },
  examples: [
    `dreamos send /workers/w-1 count '{"by":2}'`,
    "cat big.json | dreamos send /scribe note - --lane low",
  ],
  takes: [2, 3],
  async run(run) {
    const [to, type, payload = "{}"] = run.args as [string, string, string?];
    const lane = choiceOption(run, "lane", lanes);
    const expiresInMs = durationOption(run, "expires-in");
    const message: NewMessage = { to, type };
    if (lane) message.lane = lane;
    if (expiresInMs !== undefined) message.expiresInMs = expiresInMs;
    message.payload = readJson(payload, "the payload");
    const { client } = findService(run);
    const key = textOption(run, "key");
    const sent = await client.send(message, key === undefined ? {} : { idempotencyKey: key });
    run.terminal.print(run.json ? JSON.stringify(sent) : sent.id);
    return 0;
  },
};
