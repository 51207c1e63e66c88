/** What the SDK's types must refuse: one run of the compiler over wrong lines, and right ones. */
import { expect, it } from "vitest";

const names = "accepts, agent, machine, replies, scribe, scribeMessages, summarizer";
const sdk = "agentAt, ask, assign, call, defineAgent, reply, setupAgent, spawnAgent, tell, z";

const root = new URL("../../", import.meta.url);

const context = `context: { path: "", waiting: null, count: 0 }`;

const invoking = (invoke: string) =>
  `agent.createMachine({ ${context}, invoke: { ${invoke.replaceAll(/\n */g, " ")} } });`;

const testing = (what: string) =>
  `void testAgent(summarizer, { input: { folder: "/" } }).then((t) => ${what});`;

const onSummarize = (actions: string) =>
  `agent.createMachine({ ${context}, on: { summarize: { actions: ${actions} } } });`;

/** One line each; `true` where it must compile, else what the compiler's words must hold. */
const lines: [string, true | RegExp][] = [
  [`defineAgent({ kind: "k", accepts, replies, machine });`, true],
  [`defineAgent({ kind: "k", accepts, machine });`, /machineLacksMessages/],
  [
    `defineAgent({ kind: "k", accepts: { other: z.object({}) }, machine });`,
    /machineLacksMessages/,
  ],
  [`defineAgent({ kind: "k", accepts, replies: { nothing: z.object({}) }, machine });`, /nothing/],
  [`defineAgent({ kind: "k", accepts: { summarize: z.string() }, machine });`, /ZodString/],
  [`agent.createMachine({ ${context}, on: { summarize: {} } });`, true],
  [`agent.createMachine({ ${context}, on: { sumarize: {} } });`, /sumarize/],
  [`agent.createMachine({ ${context}, on: { "system.stop": {}, tick: {} } });`, true],
  [onSummarize("assign({ path: ({ event }) => event.path })"), true],
  [onSummarize("assign({ path: ({ event }) => event.paht })"), /paht/],
  [onSummarize("reply(({ event }) => event.paht)"), /paht/],
  [invoking(`src: "readFile", input: { path: "x" }`), true],
  [
    invoking(`src: "readFile", input: { file: "x" }`),
    /file/,
  ],
  [
    invoking(`src: "askScribe", input: { text: 1 }`),
    /text/,
  ],
  [invoking(`src: "writeFile"`), /writeFile/],
  [`agent.createMachine({ ${context}, on: { forget: { guard: "small" } } });`, /small/],
  [`agent.createMachine({ ${context}, entry: tell("/x", "y", {}, { lane: "low" }) });`, true],
  [
    `agent.createMachine({ ${context}, entry: tell("/x", "y", {}, { lane: "urgent" }) });`,
    /urgent/,
  ],
  [`agent.createMachine({ ${context}, entry: tell("/x", "y", 5) });`, /number/],
  // Replies
  [onSummarize("reply({ count: 1 })"), true],
  [onSummarize("reply({ cuont: 1 })"), /cuont/],
  [onSummarize("reply({ count: '1' })"), /string/],
  [onSummarize("reply(({ event }) => ({ count: event.path }))"), /string/],
  [onSummarize("reply({ count: 1 }, { to: ({ context }) => context.waiting })"), true],
  [onSummarize("reply({ count: '1' }, { to: ({ context }) => context.waiting })"), /string/],
  [onSummarize("assign({ waiting: ({ event }) => event.envelope.replyTo })"), true],
  [`agent.createMachine({ ${context}, on: { forget: { actions: reply("any") } } });`, true],
  [`agent.createMachine({ ${context}, on: { tick: { actions: reply({ count: 1 }) } } });`, /count/],
  [`setupAgent({ accepts, replies: { nothing: z.object({}) } });`, /nothing|never/],
  [
    `defineAgent({ kind: "k", accepts, replies: { summarize: z.object({}) }, machine });`,
    /machineLacksMessages/,
  ],
  [
    `defineAgent({ kind: "k", accepts, replies: { summarize: z.string() }, machine });`,
    /machineLacksMessages/,
  ],
  // Other agents
  [onSummarize(`tell(scribe, "remember", { text: "x" })`), true],
  [onSummarize(`tell(scribe, "flush")`), true],
  [onSummarize(`tell(scribe, "remembre", { text: "x" })`), /remembre/],
  [onSummarize(`tell(scribe, "remember", { text: 1 })`), /number/],
  [onSummarize(`tell(scribe, "remember", ({ event }) => ({ text: event.envelope }))`), /string/],
  [onSummarize(`tell(scribe, "remember")`), /remember/],
  [onSummarize(`tell(() => agentAt("/s-2", scribeMessages), "remember", { text: "x" })`), true],
  [onSummarize(`tell(() => agentAt("/s-2", scribeMessages), "remember", { txt: "x" })`), /txt/],
  [onSummarize(`tell(agentAt("/s", summarizer), "summarize", { path: "x" })`), true],
  [onSummarize(`tell(agentAt("/s", summarizer), "summarize", { file: "x" })`), /file/],
  [`ask({ to: scribe, type: "remember" });`, true],
  [`ask({ to: scribe, type: "remembre" });`, /remembre/],
  [`ask({ messages: scribeMessages, type: "remembre" });`, /remembre/],
  [
    invoking(`src: "askOne", input: { to: "/s" }`),
    /payload/,
  ],
  [
    invoking(`src: "askScribe", input: { text: "x" },
      onDone: { actions: assign({ count: ({ event }) => Number(event.output.ok) }) }`),
    true,
  ],
  [
    invoking(`src: "askScribe", input: { text: "x" },
      onDone: { actions: assign({ count: ({ event }) => Number(event.output.okay) }) }`),
    /okay/,
  ],
  // Tests of agents
  [testing(`t.send("summarize", { path: "x" })`), true],
  [testing(`t.send("sumarize", { path: "x" })`), /sumarize/],
  [testing(`t.send("summarize", { path: 1 })`), /number/],
  [testing(`t.send("summarize")`), /arguments/],
  [testing(`t.send("forget")`), true],
  [testing(`t.ask("summarize", { path: "x" }).then((reply) => reply.count)`), true],
  [testing(`t.ask("summarize", { path: "x" }).then((reply) => reply.cuont)`), /cuont/],
  [testing(`t.context.count`), true],
  [testing(`t.context.cuont`), /cuont/],
  [`void testAgent(summarizer, { input: { folder: 1 } });`, /number/],
  [`void testAgent(summarizer, { calls: { "file.read": () => ({ text: 1 }) } });`, /text|number/],
  // Calls
  [`call("file.read");`, true],
  [`call("fil.read");`, /fil\.read/],
  [`call<{ celsius: number }>("weather.today");`, true],
  [
    invoking(`src: "readFile", input: { path: 5 }`),
    /number/,
  ],
  [
    invoking(`src: "ownTool", input: { town: "x" }`),
    /town/,
  ],
  [`agent.createMachine({ ${context}, entry: spawnAgent({ under: "/x", name: "y" }) });`, /kind/],
];

/** The examples of docs/calls.md must be what `Calls` says. */
async function exampleLines(): Promise<typeof lines> {
  const page = await Deno.readTextFile(new URL("docs/calls.md", root));
  const found = page.split(/^### /m).slice(1).flatMap((section) => {
    const name = /^`([^`]+)`/.exec(section)![1]!;
    return Array.from(section.matchAll(/```json (input|result)\n(.*?)```/gs), (match) => {
      const part = match[1] === "input" ? "input" : "output";
      const value = JSON.stringify(JSON.parse(match[2]!));
      return [`void (${value} satisfies Calls["${name}"]["${part}"]);`, true] as [string, true];
    });
  });
  if (found.length < 10) throw new Error("docs/calls.md has lost its examples");
  return found;
}

it("wrong lines do not compile, and say what is wrong; right ones do", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const door = new URL("src/index.ts", root).href;
    const typed = new URL("tests/actors/typed-agent.ts", root).href;
    const head = [
      `import { type Calls, ${sdk} } from "${door}";`,
      `import { testAgent } from "${new URL("src/testing.ts", root).href}";`,
      `import { ${names} } from "${typed}";`,
      `void [${sdk}, ${names}];`,
    ];
    const tried = [...lines, ...await exampleLines()];
    const file = `${folder}/lines.ts`;
    await Deno.writeTextFile(file, [...head, ...tried.map(([line]) => line)].join("\n"));
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", new URL("deno.json", root).pathname, file],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
    }).output();
    const told = errorsByLine(new TextDecoder().decode(stderr));
    expect([...told.keys()].filter((line) => line <= head.length)).toEqual([]);
    const wrong = tried.flatMap(([line, want], i) => {
      const error = told.get(head.length + 1 + i) ?? "compiles";
      const isAsWanted = want === true ? error === "compiles" : want.test(error);
      return isAsWanted ? [] : [`${line}\n  wanted ${want}: ${error}`];
    });
    expect(wrong.join("\n")).toBe("");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The compiler's words by the line of lines.ts that they end with. */
function errorsByLine(output: string): Map<number, string> {
  const told = new Map<number, string>();
  for (const block of output.split(/\n(?=TS\d+ \[ERROR\])/)) {
    const line = /lines\.ts:(\d+):/.exec(block);
    if (line) told.set(Number(line[1]), `${told.get(Number(line[1])) ?? ""}${block}`);
  }
  return told;
}
