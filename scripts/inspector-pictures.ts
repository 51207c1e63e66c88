/**
 * The pictures of docs/inspector.md: a real service in which things go wrong, looked at in a real
 * terminal. `npm run pictures` draws them with the others.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { incidents } from "../tests/inspector/incidents.ts";
import { type Service, startService } from "../tests/support/service.ts";
import { Tmux } from "../tests/support/tmux.ts";
import { drawScreen } from "./terminal-svg.ts";

interface Picture {
  name: string;
  title: string;
  columns?: number;
  rows?: number;
  command?: string;
  /** The agent that is chosen first. */
  chosen?: string;
  /** Keys, and what is on the screen after each. */
  steps: readonly (readonly [key: string, shown: RegExp])[];
}

const root = fileURLToPath(new URL("../", import.meta.url));
const happened = [
  ...["crash loop", "poison", "parked", "stalled", "host lost", "paused and forgotten"],
  "flood",
];

const pictures: readonly Picture[] = [
  {
    name: "inspector-tree",
    title: "dreamos inspect, with a parked agent chosen",
    chosen: "/crew/bad",
    steps: [["Escape", /captain[^]*parked:/]],
  },
  {
    name: "inspector-trouble",
    title: "dreamos inspect, only what is in trouble, on a wide terminal",
    columns: 120,
    rows: 22,
    steps: [["f", /only: trouble/], ["n", /→/]],
  },
  {
    name: "inspector-machine",
    title: "dreamos inspect, the machine of an agent",
    chosen: "/crew/looper",
    steps: [["Enter", /looping {2}active/]],
  },
  {
    name: "inspector-letters",
    title: "dreamos inspect, dead letters",
    chosen: "/crew/eater",
    steps: [["d", /poison/]],
  },
  {
    name: "inspector-restarts",
    title: "dreamos inspect, why an agent ended",
    chosen: "/wild/spinner",
    steps: [["Enter", /1 machine/], ["5", /agent\.restarting/]],
  },
  {
    name: "inspector-log",
    title: "dreamos inspect, the log of an agent",
    chosen: "/crew/looper",
    steps: [["l", /agent crashed/]],
  },
  { name: "tree", title: "dreamos tree", rows: 40, command: "dreamos tree", steps: [] },
];

/** Draws them into `folder`. */
export async function drawInspector(folder: string): Promise<void> {
  const swarm = join(root, "tests/fixtures/swarm-incidents/swarm.ts");
  const args = ["--limit", "turnDeadlineMs=1000", "--limit", "mailbox=2500"];
  const service = await startService({ swarm, args });
  try {
    for (const { name, provoke } of incidents) {
      if (happened.includes(name)) await provoke(service);
    }
    for (const picture of pictures) {
      await Deno.writeTextFile(join(folder, `${picture.name}.svg`), await take(picture, service));
      console.log(`docs/pictures/${picture.name}.svg`);
    }
  } finally {
    await service.remove();
  }
}

async function take(picture: Picture, { home }: Service): Promise<string> {
  const { columns = 80, rows = 24, title, chosen, steps, command = "dreamos inspect" } = picture;
  const env = { DREAMOS_HOME: home, PATH: `${join(root, "bin")}:${Deno.env.get("PATH") ?? ""}` };
  const terminal = await Tmux.open({ columns, rows, env });
  try {
    await terminal.command(`clear; ${command}`);
    await terminal.until(/captain|crew/, { deadlineMs: 60_000 });
    if (chosen !== undefined) {
      await terminal.press("/");
      await terminal.until(/^search:/m);
      await terminal.type(chosen);
      await terminal.press("Enter");
      await terminal.until(/\? help/);
    }
    for (const [key, shown] of steps) {
      await terminal.press(key);
      await terminal.until(shown);
    }
    const lines = await terminal.colours();
    return drawScreen({ lines, columns, title });
  } finally {
    await terminal.close();
  }
}
