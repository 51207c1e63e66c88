import type { SpawnInput } from "../api/client.ts";
import { choiceOption, readJson, usage } from "./arguments.ts";
import { type Command, textOption } from "./command.ts";
import { findService } from "./service.ts";

const restarts = ["permanent", "transient", "temporary"] as const;

export const spawnCommand: Command = {
  usage: "KIND --as ADDRESS",
  summary: "start a new agent below a dynamic supervisor such as /workers",
  options: {
    as: { type: "string", value: "ADDRESS", help: "address of the new agent" },
    input: { type: "string", value: "JSON", help: "what it is started with; - reads stdin" },
    restart: { type: "string", value: "TYPE", choices: restarts, help: "when it is restarted" },
    key: { type: "string", value: "KEY", help: "Idempotency-Key: started once" },
  },
  examples: [`dreamos spawn counter --as /workers/c-1 --input '{"from":1}' --restart transient`],
  takes: [1, 1],
  async run(run) {
    const address = textOption(run, "as");
    if (address === undefined) throw usage("dreamos spawn wants --as ADDRESS");
    const spawn: SpawnInput = { kind: run.args[0]!, address };
    const restart = choiceOption(run, "restart", restarts);
    if (restart) spawn.restart = restart;
    const input = textOption(run, "input");
    if (input !== undefined) spawn.input = readJson(input, "the input");
    const { client } = findService(run);
    const key = textOption(run, "key");
    const agent = await client.spawn(spawn, key === undefined ? {} : { idempotencyKey: key });
    run.terminal.print(run.json ? JSON.stringify(agent) : agent.address);
    return 0;
  },
};
