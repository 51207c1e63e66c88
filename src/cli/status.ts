import type { AgentDetail, SystemStatus } from "../api/client.ts";
import { systemClock } from "../clock.ts";
import { formatDuration } from "../duration.ts";
import type { Command, Run } from "./command.ts";
import { findService } from "./service.ts";
import { markOf, tintStatus } from "./status-mark.ts";
import { cut, padTo, printable, wrap } from "./text.ts";

export const statusCommand: Command = {
  usage: "[ADDRESS]",
  summary: "show the whole system, or all that is known about one agent",
  examples: ["dreamos status", "dreamos status /captain", "dreamos status /scribe --json"],
  takes: [0, 1],
  async run(run) {
    const { client, url } = findService(run);
    const address = run.args[0];
    if (address !== undefined) {
      const agent = await client.agent(address);
      return show(run, agent, () => agentFacts(agent, run));
    }
    const status = await client.status();
    return show(run, status, () => systemFacts(status, url, run));
  },
};

const nameWidth = 12;
const leastRoom = 20;

type Fact = [name: string, value: string];

function show(run: Run, data: unknown, factsOf: () => Fact[]): number {
  const { columns, print, tint } = run.terminal;
  if (run.json) {
    print(JSON.stringify(data));
    return 0;
  }
  const room = Math.max(leastRoom, (columns ?? Infinity) - nameWidth - 1);
  for (const [name, value] of factsOf()) {
    // What is coloured is short.
    const lines = value.includes("\x1b") ? [value] : wrap(value, room);
    lines.forEach((line, i) =>
      print(`${tint("dim", padTo(i === 0 ? name : "", nameWidth))} ${line}`)
    );
  }
  return 0;
}

function since(ms: number): string {
  return `${formatDuration(systemClock.wallMs() - ms)} ago (${new Date(ms).toISOString()})`;
}

function systemFacts(status: SystemStatus, url: string, { terminal }: Run): Fact[] {
  const { memory } = status;
  const agents = Object.entries(status.agents).filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`).join(", ");
  const hosts = status.hosts.map((host) =>
    `${host.pid} (${printable(host.group)}, ${host.threads} threads` +
    `${host.rssBytes === null ? "" : `, ${Math.round(host.rssBytes / 2 ** 20)} MiB`})`
  );
  return [
    ["version", printable(status.version)],
    ["started", since(status.startedAtMs)],
    ["url", url],
    ["home", printable(status.home)],
    ["storage", status.available ? "available" : terminal.tint("red", "takes nothing new")],
    ...safeModeFact(status, terminal),
    ["agents", agents || "none"],
    ["ends", countsOf(status.exitsByReason)],
    ["restarts", countsOf(status.restartsByReason)],
    ["dead letters", String(status.deadLetters)],
    ["memory", `${memory.documents} documents, ${memory.passages} passages`],
    ...retentionFacts(status),
    ["control", `process ${status.pid}`],
    ["hosts", hosts.join("; ") || "none"],
    ["tool host", status.toolHostPid === null ? "none" : `process ${status.toolHostPid}`],
  ];
}

function safeModeFact({ safeMode }: SystemStatus, { tint }: Run["terminal"]): Fact[] {
  if (safeMode === null) return [];
  return [["safe mode", `${tint("red", "agents are paused")}: ${printable(safeMode)}`]];
}

/** What is kept, how far back that reaches now, and when it was last made true. */
function retentionFacts({ retention }: SystemStatus): Fact[] {
  // An older service does not tell.
  if (!retention) return [];
  const { keepConsumedCount, keepConsumedMs, keepDeadLettersMs, lastSweep, oldest } = retention;
  const { messageAtMs } = oldest;
  const swept = lastSweep === null
    ? "not swept since the start"
    : `swept ${since(lastSweep.atMs)}, ${lastSweep.removed} rows in ${lastSweep.tookMs} ms`;
  return [
    [
      "keeps",
      `messages ${formatDuration(keepConsumedMs)} or ${keepConsumedCount}, ` +
      `dead letters ${formatDuration(keepDeadLettersMs)}; ${swept}`,
    ],
    ["oldest", messageAtMs === null ? "no message yet" : `message ${since(messageAtMs)}`],
  ];
}

/** `2 crashed, 1 stalled`: since the start. */
function countsOf(counts: Record<string, number>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.map(([reason, count]) => `${count} ${reason}`).join(", ") || "none";
}

function agentFacts(agent: AgentDetail, { terminal }: Run): Fact[] {
  const { state, lastError } = agent;
  const width = (terminal.columns ?? 200) - 14;
  const line = (value: unknown) => cut(printable(JSON.stringify(value) ?? ""), width);
  const facts: Fact[] = [
    ["address", printable(agent.address)],
    [
      "kind",
      `${printable(agent.kind)}, version ${agent.version}, bundle ${agent.bundle.slice(0, 12)}`,
    ],
    ["status", tintStatus(terminal, agent.status, `${markOf(agent.status)} ${agent.status}`)],
    ["supervisor", `${printable(agent.supervisor)}, restart ${agent.restart}`],
    ["thread", agent.hostPid === null ? "none" : `${agent.thread} in host ${agent.hostPid}`],
    ["generation", `${agent.generation}, ${agent.restarts} restarts`],
    ["mailbox", `${agent.mailboxDepth} waiting, ${agent.turns} turns done`],
    ["created", since(agent.createdAtMs)],
  ];
  if (agent.endedAtMs !== null) facts.push(["ended", since(agent.endedAtMs)]);
  if (agent.spawnedBy !== null) facts.push(["spawned by", printable(agent.spawnedBy)]);
  if (state) {
    facts.push(["state", line(state.value)]);
    if (state.tags.length > 0) facts.push(["tags", printable(state.tags.join(", "))]);
    if (state.output !== null) facts.push(["output", line(state.output)]);
    facts.push(["context", line(state.context)]);
  }
  facts.push(["accepts", acceptedOf(agent)]);
  facts.push(["grants", line(agent.grants)]);
  for (const timer of agent.timers) {
    facts.push(["timer", since(timer.dueAtMs).replace("0ms ago", "due")]);
  }
  for (const call of agent.calls) facts.push(["call", `${printable(call.name)} ${call.status}`]);
  if (lastError) {
    const text = `${lastError.code}: ${printable(lastError.message)}`;
    facts.push(["last error", terminal.tint("red", text)]);
  }
  return facts;
}

/** `summarize {path, words?}` for each message type, from the JSON Schemas. */
function acceptedOf(agent: AgentDetail): string {
  const types = Object.entries(agent.accepts).map(([type, schema]) => {
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const fields = Object.keys(schema.properties ?? {})
      .map((name) => required.has(name) ? name : `${name}?`);
    return `${type} {${fields.join(", ")}}`;
  });
  return printable(types.join("; ")) || "nothing";
}
