/** What people do to agents: one command for each verb, alike in words and answers. */
import type { AgentVerb, Client, VerbAnswer, VerbOutcome } from "../api/client.ts";
import { durationOption, usage } from "./arguments.ts";
import { type Command, type OptionSpec, type Run, textOption } from "./command.ts";
import { findService } from "./service.ts";
import { markOf, tintStatus } from "./status-mark.ts";
import { printable } from "./text.ts";

type Options = NonNullable<Parameters<Client["carryOut"]>[2]>;

interface Words {
  summary: string;
  about?: string[];
  examples: string[];
  options?: Readonly<Record<string, OptionSpec>>;
  read?(run: Run): Options;
}

const all = "ADDRESS may be a supervisor: all agents below it; / is every agent.";
const key: OptionSpec = { type: "string", value: "KEY", help: "Idempotency-Key: done once" };

/** The command of one verb. */
function commandOf(verb: AgentVerb, { read = () => ({}), ...words }: Words): Command {
  return {
    usage: "ADDRESS",
    takes: [1, 1],
    ...words,
    options: { ...words.options, key },
    about: [...words.about ?? [], all],
    async run(run) {
      const idempotencyKey = textOption(run, "key");
      const options = { ...read(run), ...(idempotencyKey !== undefined && { idempotencyKey }) };
      const { client } = findService(run);
      const answer = await client.carryOut(verb, run.args[0]!, options);
      print(run, answer);
      return answer.agents.every(({ error }) => error === null) ? 0 : 1;
    },
  };
}

function print({ json, terminal }: Run, answer: VerbAnswer): void {
  if (json) return terminal.print(JSON.stringify(answer));
  if (answer.agents.length === 0) {
    terminal.print(`There are no agents below ${printable(answer.address)}`);
  }
  for (const { address, from, status, intent, error } of answer.agents) {
    if (error) terminal.note(`${printable(address)}: ${error.code}: ${printable(error.message)}`);
    else if (status === null) terminal.print(`Deleted ${printable(address)}`);
    else terminal.print(`${printable(address)}: ${said(from)}, now ${said(status)}${plan(intent)}`);
  }

  function said(status: VerbOutcome["from"]): string {
    return tintStatus(terminal, status, `${markOf(status)} ${status}`);
  }
}

function plan(intent: VerbOutcome["intent"]): string {
  if (intent === null) return "";
  return intent === "drain" ? ", stops when its mailbox is empty" : ", stops after its turn";
}

export const pauseCommand = commandOf("pause", {
  summary: "let an agent keep its state and its mailbox, and handle nothing",
  about: ["Its mailbox goes on to take messages. It stays paused over restarts of the service."],
  examples: ["dreamos pause /readers/r-1", "dreamos pause /readers --json"],
});

export const resumeCommand = commandOf("resume", {
  summary: "let a paused or stopped agent go on with what is in its mailbox",
  examples: ["dreamos resume /readers/r-1", "dreamos resume /"],
});

export const stopCommand = commandOf("stop", {
  summary: "end an agent's turn and stop it: state and mailbox stay, new messages are refused",
  about: [
    "It is told by system.stop where its machine names that. dreamos resume starts it again.",
  ],
  examples: ["dreamos stop /workers/c-1", "dreamos stop /workers"],
});

export const drainCommand = commandOf("drain", {
  summary: "refuse new messages, handle what is in the mailbox, then stop",
  options: {
    wait: { type: "string", value: "30s", help: "answer at latest after so long; it goes on" },
  },
  examples: ["dreamos drain /workers/c-1", "dreamos drain /workers --wait 5m"],
  read(run) {
    const waitMs = durationOption(run, "wait");
    return waitMs === undefined ? {} : { waitMs };
  },
});

export const restartCommand = commandOf("restart", {
  summary: "start an agent again from its state, its first input or an earlier state",
  about: [
    "It gets a new chance: the attempts of what is in its mailbox are forgotten.",
    "--fresh and --from-checkpoint end timers, calls, runs and children that are not known then.",
  ],
  options: {
    fresh: { type: "boolean", help: "from its first input; the mailbox stays" },
    "from-checkpoint": {
      type: "string",
      value: "ID",
      help: "from one of dreamos checkpoints ADDRESS",
    },
  },
  examples: [
    "dreamos restart /scribe",
    "dreamos restart /scribe --fresh",
    "dreamos restart /scribe --from-checkpoint 12",
  ],
  read(run) {
    const from = textOption(run, "from-checkpoint");
    const fresh = run.options.fresh === true;
    if (from === undefined) return fresh ? { fresh } : {};
    if (fresh) throw usage("dreamos restart wants one of --fresh and --from-checkpoint");
    if (!/^[1-9]\d{0,14}$/.test(from)) throw usage("--from-checkpoint wants a number");
    return { fromCheckpoint: Number(from) };
  },
});

export const deleteCommand = commandOf("delete", {
  summary: "end an agent and its children: messages become dead letters, the address is free",
  about: [
    "Agents that the swarm file names have to be stopped first; the next up makes them anew.",
  ],
  examples: ["dreamos delete /workers/c-1"],
});
