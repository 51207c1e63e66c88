/** `dreamos service`: what systemd or launchd needs, printed or put where they look. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DreamError } from "../errors.ts";
import { usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { shellWord } from "./near-path.ts";
import { launchdAgent, type Place, systemdUnit } from "./service-units.ts";

const launcher = fileURLToPath(new URL("../../bin/dreamos", import.meta.url));
const acts = ["print", "install"] as const;
const keepers = ["systemd", "launchd"] as const;

export const serviceCommand: Command = {
  usage: "print|install [systemd|launchd]",
  summary: "make a service of the machine: a unit for systemd, an agent for launchd",
  about: [
    "print writes it to stdout; install puts it where your own services are looked for, and",
    "says which command starts it. Without a name, what this machine has is meant.",
    "A unit of the machine, as another user: print --user NAME, as docs/service.md says.",
  ],
  options: {
    user: { type: "string", value: "NAME", help: "of print systemd: a unit that runs as NAME" },
    swarm: { type: "string", value: "FILE", help: "the swarm that it runs" },
    force: { type: "boolean", help: "of install: write over what is there" },
  },
  examples: [
    "dreamos service install --home ~/dreamos",
    "dreamos service print systemd --user dreamos --home /var/lib/dreamos",
  ],
  isLocal: true,
  takes: [1, 2],
  run(run) {
    const act = acts.find((one) => one === run.args[0]);
    const [, name = Deno.build.os === "darwin" ? "launchd" : "systemd"] = run.args;
    const keeper = keepers.find((one) => one === name);
    if (!act || !keeper) throw usage(`Wanted: dreamos service ${serviceCommand.usage}`);
    const user = textOption(run, "user") ?? null;
    if (user !== null && (act !== "print" || keeper !== "systemd")) {
      throw usage("--user is for dreamos service print systemd");
    }
    if (user !== null && !/^[a-z_][a-z0-9_-]{0,30}$/.test(user)) {
      throw usage(`--user wants the name of a user, not ${JSON.stringify(user.slice(0, 40))}`);
    }
    const place = placeOf(run);
    const text = keeper === "systemd" ? systemdUnit(place, user) : launchdAgent(place);
    if (act === "install") return install(run, keeper, text);
    if (run.json) run.terminal.print(JSON.stringify({ keeper, text }));
    else run.terminal.print(text.trimEnd());
    return 0;
  },
};

function placeOf(run: Run): Place {
  const swarm = textOption(run, "swarm");
  const args = swarm === undefined ? [] : ["--swarm", resolve(run.cwd, swarm)];
  return { launcher, home: run.home.path, args };
}

/** @throws {DreamError} `bad_config` when the file is there already or cannot be written */
function install(run: Run, keeper: (typeof keepers)[number], text: string): number {
  const { env, terminal } = run;
  const own = env.HOME;
  if (!own) throw usage("dreamos service install wants the variable HOME, your home folder");
  const config = env.XDG_CONFIG_HOME || join(own, ".config");
  const file = keeper === "systemd"
    ? join(config, "systemd", "user", "dreamos.service")
    : join(own, "Library", "LaunchAgents", "os.dream.dreamos.plist");
  try {
    mkdirSync(dirname(file), { recursive: true });
    // launchd opens the file for the output before anything of ours runs.
    mkdirSync(join(run.home.path, "logs"), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { flag: run.options.force === true ? "w" : "wx", mode: 0o644 });
  } catch (error) {
    const { code } = error as { code?: string };
    const why = code === "EEXIST" ? "it is there already; --force writes over it" : code;
    throw new DreamError("bad_config", `Cannot write ${file}: ${why}`);
  }
  const next = keeper === "systemd"
    ? [
      "systemctl --user daemon-reload",
      "systemctl --user enable --now dreamos",
      "loginctl enable-linger    # so that it runs while you are not logged in",
    ]
    : [`launchctl bootstrap gui/$(id -u) ${shellWord(file)}`];
  if (run.json) {
    terminal.print(JSON.stringify({ keeper, file, next }));
    return 0;
  }
  terminal.print(`Written: ${file}`);
  terminal.print("Start it with:");
  for (const line of next) terminal.print(`  ${line}`);
  return 0;
}
