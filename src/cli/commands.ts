/**
 * All commands, by group and in the order of `help`. A new command is one entry here and one file;
 * help, completion, "did you mean" and the tests that walk the table follow.
 */
import type { CommandTable } from "./command.ts";

/** A computed name keeps what other commands import out of the module graph of this one. */
function load<T>(file: string): Promise<T> {
  return import(new URL(file, import.meta.url).href);
}

export const commands: CommandTable = {
  up: {
    group: "service",
    summary: "start the service here and show what runs",
    load: async () => (await load<typeof import("./up-command.ts")>("./up-command.ts")).upCommand,
  },
  down: {
    group: "service",
    summary: "drain and end the running service",
    load: async () => (await load<typeof import("./down.ts")>("./down.ts")).downCommand,
  },
  status: {
    group: "service",
    summary: "show the system, or all about one agent",
    load: async () => (await load<typeof import("./status.ts")>("./status.ts")).statusCommand,
  },
  token: {
    group: "service",
    summary: "make and end tokens for people and programs",
    load: async () => (await load<typeof import("./token.ts")>("./token.ts")).tokenCommand,
  },
  config: {
    group: "service",
    summary: "show what is set and from where, or change it",
    load: async () => (await load<typeof import("./config.ts")>("./config.ts")).configCommand,
  },
  service: {
    group: "service",
    summary: "run it as a service of systemd or launchd",
    load: async () =>
      (await load<typeof import("./service-command.ts")>("./service-command.ts")).serviceCommand,
  },
  recall: {
    group: "talk",
    summary: "find the best passages of what was read",
    load: async () => (await load<typeof import("./recall.ts")>("./recall.ts")).recallCommand,
  },
  send: {
    group: "talk",
    summary: "send an agent a message",
    load: async () => (await load<typeof import("./send.ts")>("./send.ts")).sendCommand,
  },
  ask: {
    group: "talk",
    summary: "ask an agent and wait for its reply",
    load: async () => (await load<typeof import("./ask.ts")>("./ask.ts")).askCommand,
  },
  ps: {
    group: "look",
    summary: "list the agents",
    load: async () => (await load<typeof import("./ps.ts")>("./ps.ts")).psCommand,
  },
  tree: {
    group: "look",
    summary: "draw the supervision tree",
    load: async () => (await load<typeof import("./tree.ts")>("./tree.ts")).treeCommand,
  },
  inspect: {
    group: "look",
    summary: "watch the tree live, look into agents, operate them",
    load: async () => (await load<typeof import("./inspect.ts")>("./inspect.ts")).inspectCommand,
  },
  messages: {
    group: "look",
    summary: "show messages, open and consumed",
    load: async () => (await load<typeof import("./messages.ts")>("./messages.ts")).messagesCommand,
  },
  history: {
    group: "look",
    summary: "show causes and effects of a message, or the story of an agent",
    load: async () => (await load<typeof import("./history.ts")>("./history.ts")).historyCommand,
  },
  events: {
    group: "look",
    summary: "show what happened, or follow it",
    load: async () => (await load<typeof import("./events.ts")>("./events.ts")).eventsCommand,
  },
  logs: {
    group: "look",
    summary: "show the log of the service and its agents, or follow it",
    load: async () => (await load<typeof import("./logs.ts")>("./logs.ts")).logsCommand,
  },
  trace: {
    group: "look",
    summary: "show the steps of a sampled trace",
    load: async () => (await load<typeof import("./trace.ts")>("./trace.ts")).traceCommand,
  },
  spawn: {
    group: "agents",
    summary: "start a new agent",
    load: async () => (await load<typeof import("./spawn.ts")>("./spawn.ts")).spawnCommand,
  },
  pause: {
    group: "agents",
    summary: "let an agent handle nothing for a while",
    load: async () =>
      (await load<typeof import("./verb-command.ts")>("./verb-command.ts")).pauseCommand,
  },
  resume: {
    group: "agents",
    summary: "let a paused or stopped agent go on",
    load: async () =>
      (await load<typeof import("./verb-command.ts")>("./verb-command.ts")).resumeCommand,
  },
  stop: {
    group: "agents",
    summary: "end an agent's turn and stop it",
    load: async () =>
      (await load<typeof import("./verb-command.ts")>("./verb-command.ts")).stopCommand,
  },
  drain: {
    group: "agents",
    summary: "empty an agent's mailbox, then stop it",
    load: async () =>
      (await load<typeof import("./verb-command.ts")>("./verb-command.ts")).drainCommand,
  },
  restart: {
    group: "agents",
    summary: "start an agent again: as it is, afresh, or from a checkpoint",
    load: async () =>
      (await load<typeof import("./verb-command.ts")>("./verb-command.ts")).restartCommand,
  },
  checkpoints: {
    group: "agents",
    summary: "list the earlier states of an agent",
    load: async () =>
      (await load<typeof import("./checkpoints.ts")>("./checkpoints.ts")).checkpointsCommand,
  },
  delete: {
    group: "agents",
    summary: "end an agent and free its address",
    load: async () =>
      (await load<typeof import("./verb-command.ts")>("./verb-command.ts")).deleteCommand,
  },
  deadletters: {
    group: "agents",
    summary: "show messages that could not be handled, replay or drop them",
    load: async () =>
      (await load<typeof import("./dead-letters.ts")>("./dead-letters.ts")).deadLettersCommand,
  },
  init: {
    group: "code",
    summary: "write a new swarm, with a test",
    load: async () => (await load<typeof import("./init.ts")>("./init.ts")).initCommand,
  },
  test: {
    group: "code",
    summary: "compile and test a swarm",
    load: async () => (await load<typeof import("./test.ts")>("./test.ts")).testCommand,
  },
  deploy: {
    group: "code",
    summary: "make new code live without a restart, or check what that would do",
    load: async () => (await load<typeof import("./deploy.ts")>("./deploy.ts")).deployCommand,
  },
  backup: {
    group: "data",
    summary: "write a whole copy of the running system to one file",
    load: async () => (await load<typeof import("./backup.ts")>("./backup.ts")).backupCommand,
  },
  export: {
    group: "data",
    summary: "print all messages or agents, one line of JSON each",
    load: async () => (await load<typeof import("./export.ts")>("./export.ts")).exportCommand,
  },
  restore: {
    group: "data",
    summary: "make a HOME from a backup",
    load: async () => (await load<typeof import("./restore.ts")>("./restore.ts")).restoreCommand,
  },
  doctor: {
    group: "service",
    summary: "look for what is wrong, and repair what is safe",
    load: async () => (await load<typeof import("./doctor.ts")>("./doctor.ts")).doctorCommand,
  },
  bench: {
    group: "proof",
    summary: "measure what this machine and the system can do",
    load: async () => (await load<typeof import("./bench.ts")>("./bench.ts")).benchCommand,
  },
  torture: {
    group: "proof",
    summary: "break a service of its own in every way and count what was lost",
    load: async () => (await load<typeof import("./torture.ts")>("./torture.ts")).tortureCommand,
  },
  completion: {
    group: "dreamos",
    summary: "print the completion script of a shell",
    load: async () =>
      (await load<typeof import("./completion.ts")>("./completion.ts")).completionCommand,
  },
  help: {
    group: "dreamos",
    summary: "show this, or the help of one command",
    load: async () => (await load<typeof import("./help.ts")>("./help.ts")).helpCommand,
  },
  version: {
    group: "dreamos",
    summary: "show the version",
    load: async () => (await load<typeof import("./version.ts")>("./version.ts")).versionCommand,
  },
};
