/**
 * Goes through a page as its reader does: each command of its `console` blocks is typed into a real
 * terminal, and what the block shows below it has to appear there. `console 2` is the second
 * terminal. `^C` presses Ctrl-C. A picture that follows a block shows that terminal.
 */
import { systemClock } from "../src/clock.ts";
import { blocksOf, commandsOf, isShown } from "../tests/docs/pages.ts";
import { Tmux } from "../tests/support/tmux.ts";

/** A picture of the page, at the moment at which the reader would see it. */
export interface Shot {
  /** As the page names it. */
  path: string;
  /** Its alternative text. */
  title: string;
  terminal: Tmux;
}

export interface WalkOptions {
  page: string;
  markdown: string;
  cwd: string;
  env: Record<string, string>;
  columns: number;
  rows: number;
  onShot?(shot: Shot): Promise<void>;
}

interface Step {
  terminal: string;
  command: string;
  wanted: string[];
  picture: { path: string; title: string } | null;
}

/** The shell waits, on the last line. */
const prompt = /(?:^|\n)\$$/;
/** Longer than the slowest command of a page, an installation, takes on a busy machine. */
const deadlineMs = 120_000;

/** @throws {Error} with the screen when what the page shows does not come */
export async function walkPage(options: WalkOptions): Promise<number> {
  const { page, markdown, cwd, env, columns, rows } = options;
  const terminals = new Map<string, Tmux>();
  try {
    const steps = stepsOf(page, markdown);
    for (const { terminal: name, command, wanted, picture } of steps) {
      const terminal = terminals.get(name) ?? await Tmux.open({ columns, rows, cwd, env });
      terminals.set(name, terminal);
      await enter(terminal, command);
      await see(terminal, wanted, { page, command });
      if (picture) await options.onShot?.({ ...picture, terminal });
    }
    return steps.length;
  } finally {
    for (const terminal of terminals.values()) await terminal.close();
  }
}

/** A command that has ended and does not show it yet is given again, as a reader would. */
async function see(
  terminal: Tmux,
  wanted: readonly string[],
  { page, command }: { page: string; command: string },
): Promise<void> {
  const isThere = (screen: string) => isShown(wanted, screen);
  const until = systemClock.monotonicMs() + deadlineMs;
  while (true) {
    const screen = await terminal.until((seen) => isThere(seen) || prompt.test(seen), {
      what: `${page}, $ ${command}: what it shows`,
      deadlineMs,
    });
    if (isThere(screen)) return;
    if (systemClock.monotonicMs() > until) {
      throw new Error(`${page}, $ ${command}: wanted ${JSON.stringify(wanted)}, seen\n${screen}`);
    }
    await enter(terminal, command);
  }
}

async function enter(terminal: Tmux, command: string): Promise<void> {
  if (command === "^C") return await terminal.press("C-c");
  // Whoever has a full screen in front of them leaves it first.
  if (await terminal.isFullScreen()) await terminal.press("q");
  await terminal.until(prompt, { what: "a prompt", deadlineMs });
  await terminal.command("clear");
  await terminal.until(/^\$$/, { what: "a clear screen" });
  await terminal.command(command);
  await terminal.until((screen) => screen !== "$", { what: "the command" });
}

function stepsOf(page: string, markdown: string): Step[] {
  const lines = markdown.split("\n");
  const steps: Step[] = [];
  for (const block of blocksOf(page, markdown)) {
    if (block.lang !== "console") continue;
    const end = block.line + block.text.split("\n").length;
    const after = lines.slice(end).find((line) => line.trim() !== "") ?? "";
    const [, title, path] = /^!\[([^\]]+)\]\(([^)]+)\)$/.exec(after) ?? [];
    const commands = commandsOf(block);
    for (const [i, command] of commands.entries()) {
      const isLast = i === commands.length - 1;
      const picture = isLast && path !== undefined ? { path, title: title! } : null;
      steps.push({ terminal: block.info || "1", ...command, picture });
    }
  }
  return steps;
}
