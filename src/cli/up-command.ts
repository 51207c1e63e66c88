import type { TreeNode } from "../api/client.ts";
import { systemClock } from "../clock.ts";
import { type Config, type ConfigFlags, loadConfig } from "../config.ts";
import { durationOption, usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { openNotifier } from "./notify.ts";
import { printable } from "./text.ts";
import { hasStarted, printDetached, printUpScreen, readyLine, statusLine } from "./up-screen.ts";

/** A computed name keeps all that a service consists of out of the module graph of `dreamos ps`. */
const upModule = new URL("./up.ts", import.meta.url).href;

export const upCommand: Command = {
  usage: "[SWARM]",
  summary: "start the service and show what runs; Ctrl-C drains and ends it",
  about: [
    "Every option can stand in HOME/config.json or in the environment too: DREAMOS_PORT=7421.",
    "With --json the first line on stdout says when it is ready, with url, tokenFile and pid.",
  ],
  options: {
    port: {
      type: "string",
      value: "N",
      help: "port of the API (default 7420); 0 picks a free one",
    },
    host: { type: "string", value: "HOST", help: "address to listen on (default 127.0.0.1)" },
    "tls-cert": {
      type: "string",
      value: "FILE",
      help: "certificate (PEM), to be reached with TLS",
    },
    "tls-key": { type: "string", value: "FILE", help: "its private key (PEM)" },
    insecure: { type: "boolean", help: "listen on another HOST without TLS: all can be read" },
    "allow-host": {
      type: "string",
      multiple: true,
      value: "NAME",
      help: "a name that others reach this machine by; may be repeated",
    },
    swarm: { type: "string", value: "FILE", help: "the swarm (default: the one of this checkout)" },
    inbox: { type: "string", value: "DIR", help: "folder whose files are read (HOME/inbox)" },
    limit: {
      type: "string",
      multiple: true,
      value: "NAME=VALUE",
      help: "changes one limit, such as turnDeadlineMs=30s; may be repeated",
    },
    watch: { type: "boolean", help: "deploy agents' code whenever it is saved" },
    safe: { type: "boolean", help: "safe mode: everything is shown, agents are paused" },
    detach: { type: "boolean", help: "return when it is up; it goes on without this terminal" },
    wait: { type: "string", value: "2m", help: "with --detach: how long to wait (default 1m)" },
  },
  examples: [
    "dreamos up",
    "dreamos up --detach",
    "dreamos up my-swarm/swarm.ts",
    "dreamos up --home ./other --port 0 --inbox ~/notes",
    "dreamos up --json --limit askTimeoutMs=1m",
  ],
  isLocal: true,
  takes: [0, 1],
  async run(run) {
    const config = loadConfig({ flags: flagsOf(run), env: run.env, cwd: run.cwd });
    const { terminal, json } = run;
    if (run.options.detach === true) return await detach(run, config);
    if (run.options.wait !== undefined) throw usage("--wait is for dreamos up --detach");
    const say = (step: string) => {
      if (!json) terminal.note(terminal.tint("dim", `${step} …`));
    };
    const notifier = openNotifier(run.env, systemClock, Deno.pid);
    const { up }: typeof import("./up.ts") = await import(upModule);
    return await up({
      config,
      safe: run.options.safe === true,
      watch: run.options.watch === true,
      onStep(text) {
        notifier.step(text);
        say(text);
      },
      onStopping() {
        notifier.stopping();
        say("Draining");
      },
      onTrouble: (message) => terminal.note(`dreamos: ${printable(message)}`),
      async onReady({ url, publicUrl, tokenFile, pid, inbox, system }) {
        notifier.ready(async () => statusLine(await system.status()));
        const status = await system.status();
        const { safeMode } = status;
        if (json) return terminal.print(readyLine({ url, publicUrl, tokenFile, pid, safeMode }));
        const tree = await startedTree(system);
        const shown = { status, tree, url, publicUrl, home: config.home, inbox, cwd: run.cwd };
        printUpScreen(shown, terminal);
      },
    }).finally(() => notifier.close());
  },
};

async function detach(run: Run, { home }: Config): Promise<number> {
  const { terminal, json, cwd } = run;
  const waitMs = durationOption(run, "wait") ?? 60_000;
  const { startDetached } = await import("./detach.ts");
  if (!json) terminal.note(terminal.tint("dim", "Starting …"));
  const up = await startDetached(argumentsOf(run), { home, cwd, waitMs });
  if (json) terminal.print(JSON.stringify({ event: "ready", ...up }));
  else printDetached({ ...up, home, cwd }, terminal);
  return 0;
}

/** The same command line for the process that stays. */
function argumentsOf({ args, options }: Run): string[] {
  const { detach: _detach, wait: _wait, json: _json, ...others } = options;
  const flags = Object.entries(others).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    return [value].flat().map((text) => `--${name}=${text}`);
  });
  return [...flags, "--", ...args];
}

/** A screen for people waits a little for the agents; what takes longer is shown as it is. */
const startMs = 3_000;
const lookMs = 50;

async function startedTree(system: { tree(): Promise<TreeNode> }): Promise<TreeNode> {
  const until = systemClock.monotonicMs() + startMs;
  let tree = await system.tree();
  while (!hasStarted(tree) && systemClock.monotonicMs() < until) {
    await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
    tree = await system.tree();
  }
  return tree;
}

function flagsOf(run: Run) {
  const limits: Record<string, string> = {};
  const { limit } = run.options;
  for (const pair of Array.isArray(limit) ? limit : []) {
    const at = pair.indexOf("=");
    if (at < 1) throw usage(`--limit wants NAME=VALUE, not ${JSON.stringify(pair.slice(0, 40))}`);
    limits[pair.slice(0, at)] = pair.slice(at + 1);
  }
  const flags: ConfigFlags = { ...listeningFlags(run) };
  for (const name of ["home", "host", "port", "swarm", "inbox"] as const) {
    const value = textOption(run, name);
    if (value !== undefined) flags[name] = value;
  }
  const [swarm] = run.args;
  if (swarm !== undefined && flags.swarm !== undefined) {
    throw usage("dreamos up wants one swarm: as an argument or with --swarm, not both");
  }
  if (swarm !== undefined) flags.swarm = swarm;
  return Object.keys(limits).length > 0 ? { ...flags, limits } : flags;
}

function listeningFlags(run: Run): ConfigFlags {
  const flags: ConfigFlags = {};
  const tlsCert = textOption(run, "tls-cert");
  const tlsKey = textOption(run, "tls-key");
  const names = run.options["allow-host"];
  if (tlsCert !== undefined) flags.tlsCert = tlsCert;
  if (tlsKey !== undefined) flags.tlsKey = tlsKey;
  if (run.options.insecure === true) flags.insecure = true;
  if (Array.isArray(names)) flags.allowHosts = names;
  return flags;
}
