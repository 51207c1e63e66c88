import { resolve } from "node:path";
import type { AgentCheck, DeploymentCheck, DeploymentView, Verdict } from "../api/client.ts";
import type { Command } from "./command.ts";
import { findService } from "./service.ts";
import type { Terminal } from "./terminal.ts";
import { printable } from "./text.ts";

const words: Record<Verdict, string> = {
  safe: "safe",
  needs_migration: "needs migration",
  would_strand: "would strand",
};
const tints = { safe: "green", needs_migration: "bold", would_strand: "red" } as const;
/** Agents that are shown of one kind; --json has more. */
const mostShown = 40;

export const deployCommand: Command = {
  usage: "FILE",
  summary: "make the code of a swarm file or of one agent's module live, without a restart",
  about: [
    "Agents move to it at the end of a turn. What does not fit is parked, with the missing names.",
    "The tree of a swarm file changes at the next start; its kinds change now.",
  ],
  options: {
    check: {
      type: "boolean",
      help: "change nothing; say what it would do to every state, delay and queued message",
    },
  },
  examples: ["dreamos deploy my-swarm/swarm.ts", "dreamos deploy --check my-swarm/greeter.ts"],
  takes: [1, 1],
  async run(run) {
    const { args, cwd, json, options, terminal } = run;
    const path = resolve(cwd, args[0]!);
    const { client } = findService(run);
    if (options.check === true) {
      const found = await client.checkDeployment(path);
      if (json) terminal.print(JSON.stringify(found));
      else printCheck(found, terminal);
      return found.verdict === "safe" ? 0 : 1;
    }
    const done = await client.deploy(path);
    if (json) terminal.print(JSON.stringify(done));
    else printDone(done, terminal);
    return 0;
  },
};

function printDone({ kinds }: DeploymentView, { print }: Terminal): void {
  for (const { kind, fromVersion, toVersion, isChanged, agents } of kinds) {
    const name = printable(kind);
    if (!isChanged) print(`${name}: exactly this is live already`);
    else if (fromVersion === null) print(`${name}: new, version ${toVersion}`);
    else print(`${name}: version ${fromVersion} to ${toVersion}, ${agents} agents move`);
  }
}

function printCheck({ kinds, verdict }: DeploymentCheck, terminal: Terminal): void {
  const { print, tint } = terminal;
  for (const { kind, fromVersion, toVersion, counts, agents } of kinds) {
    const from = fromVersion === null ? "new" : `version ${fromVersion} to`;
    const numbers = Object.entries(counts).filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${words[name as Verdict]}`);
    print(`${printable(kind)}: ${from} ${toVersion}; ${numbers.join(", ") || "no agents"}`);
    for (const agent of agents.slice(0, mostShown)) printAgent(agent, terminal);
    if (agents.length > mostShown) print(`  … and ${agents.length - mostShown} more`);
  }
  print(tint(tints[verdict], `all in all: ${words[verdict]}`));
}

function printAgent(agent: AgentCheck, { print, tint }: Terminal): void {
  const { address, state, timers, messages, verdict } = agent;
  print(`  ${tint(tints[verdict], words[verdict].padEnd(15))} ${printable(address)}`);
  if (state.why) print(`    state: ${printable(state.why)}`);
  for (const { delay, verdict } of timers) {
    if (verdict !== "safe") print(`    delay ${printable(delay ?? "?")}: ${words[verdict]}`);
  }
  for (const { type, count, why } of messages) {
    if (why) print(`    ${count} queued "${printable(type)}": ${printable(why)}`);
  }
}
