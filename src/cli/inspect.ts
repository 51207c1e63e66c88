import { systemClock } from "../clock.ts";
import { systemIds } from "../ids.ts";
import { usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { findService } from "./service.ts";
import { StatelyEvents } from "./stately.ts";
import { serveStately } from "./stately-server.ts";

const defaultPort = 8080;

export const inspectCommand: Command = {
  usage: "[ADDRESS]",
  summary: "watch the supervision tree live, look into agents and operate them",
  about: [
    "Fills the terminal; ? shows the keys. See docs/inspector.md.",
    "With --stately it serves inspection events of each turn on a local WebSocket instead, as",
    "@statelyai/inspect receives them, and a page that shows them.",
  ],
  options: {
    stately: { type: "boolean", help: "in Stately's inspector protocol, until Ctrl-C" },
    port: {
      type: "string",
      value: "N",
      help: `port for --stately to listen on (default ${defaultPort})`,
    },
  },
  examples: ["dreamos inspect", "dreamos inspect /captain", "dreamos inspect --stately /captain"],
  takes: [0, 1],
  async run(run) {
    if (run.options.stately === true) return await serveEvents(run);
    if (run.options.port !== undefined) throw usage("--port is for --stately");
    const { runInspector } = await import("./inspector/run.ts");
    return await runInspector(run);
  },
};

/** Turns appear once they are durable. */
async function serveEvents(run: Run): Promise<number> {
  const port = portOf(run);
  const { client } = findService(run);
  const [address = "/"] = run.args;
  // So that a wrong address is told before anything listens.
  const first = address === "/" ? null : await client.agent(address);
  const turns = await client.turns(address);
  const server = serveStately(port, systemIds(systemClock).secret());
  const page = server.url.replace("ws:", "http:");
  const ready = { event: "ready", url: server.url, page, address: first?.address ?? "/" };
  if (run.json) run.terminal.print(JSON.stringify(ready));
  else {
    run.terminal.print(`Stately's inspector   ${page}`);
    run.terminal.print(`Its events            ${server.url}`);
  }
  const events = new StatelyEvents();
  for await (const view of turns) {
    for (const event of events.of(view)) server.say(event);
  }
  await server.stop();
  return 0;
}

function portOf(run: Run): number {
  const text = textOption(run, "port");
  if (text === undefined) return defaultPort;
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw usage(`--port wants a whole number from 0 to 65535, not ${JSON.stringify(text)}`);
}
