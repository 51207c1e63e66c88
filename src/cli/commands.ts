/** All commands in the order of `help`. */
import type { CommandTable } from "./command.ts";

export const commands: CommandTable = {
  up: {
    summary: "start the service here and show what runs",
    load: async () => (await import("./up-command.ts")).upCommand,
  },
  down: {
    summary: "drain and end the running service",
    load: async () => (await import("./down.ts")).downCommand,
  },
  ps: {
    summary: "list the agents",
    load: async () => (await import("./ps.ts")).psCommand,
  },
  tree: {
    summary: "draw the supervision tree",
    load: async () => (await import("./tree.ts")).treeCommand,
  },
  status: {
    summary: "show the system, or all about one agent",
    load: async () => (await import("./status.ts")).statusCommand,
  },
  recall: {
    summary: "find the best passages of what was read",
    load: async () => (await import("./recall.ts")).recallCommand,
  },
  send: {
    summary: "send an agent a message",
    load: async () => (await import("./send.ts")).sendCommand,
  },
  ask: {
    summary: "ask an agent and wait for its reply",
    load: async () => (await import("./ask.ts")).askCommand,
  },
  spawn: {
    summary: "start a new agent",
    load: async () => (await import("./spawn.ts")).spawnCommand,
  },
  pause: {
    summary: "let an agent handle nothing for a while",
    load: async () => (await import("./verb-command.ts")).pauseCommand,
  },
  resume: {
    summary: "let a paused or stopped agent go on",
    load: async () => (await import("./verb-command.ts")).resumeCommand,
  },
  stop: {
    summary: "end an agent's turn and stop it",
    load: async () => (await import("./verb-command.ts")).stopCommand,
  },
  drain: {
    summary: "empty an agent's mailbox, then stop it",
    load: async () => (await import("./verb-command.ts")).drainCommand,
  },
  restart: {
    summary: "start an agent again: as it is, afresh, or from a checkpoint",
    load: async () => (await import("./verb-command.ts")).restartCommand,
  },
  checkpoints: {
    summary: "list the earlier states of an agent",
    load: async () => (await import("./checkpoints.ts")).checkpointsCommand,
  },
  delete: {
    summary: "end an agent and free its address",
    load: async () => (await import("./verb-command.ts")).deleteCommand,
  },
  deploy: {
    summary: "make new code live without a restart, or check what that would do",
    load: async () => (await import("./deploy.ts")).deployCommand,
  },
  messages: {
    summary: "show messages, open and consumed",
    load: async () => (await import("./messages.ts")).messagesCommand,
  },
  events: {
    summary: "show what happened, or follow it",
    load: async () => (await import("./events.ts")).eventsCommand,
  },
  deadletters: {
    summary: "show messages that could not be handled, replay or drop them",
    load: async () => (await import("./dead-letters.ts")).deadLettersCommand,
  },
  torture: {
    summary: "break a service of its own in every way and count what was lost",
    load: async () => (await import("./torture.ts")).tortureCommand,
  },
  inspect: {
    summary: "follow agents in Stately's inspector",
    load: async () => (await import("./inspect.ts")).inspectCommand,
  },
  init: {
    summary: "write a new swarm, with a test",
    load: async () => (await import("./init.ts")).initCommand,
  },
  test: {
    summary: "compile and test a swarm",
    load: async () => (await import("./test.ts")).testCommand,
  },
  help: {
    summary: "show this, or the help of one command",
    load: async () => (await import("./help.ts")).helpCommand,
  },
  version: {
    summary: "show the version",
    load: async () => (await import("./version.ts")).versionCommand,
  },
};
