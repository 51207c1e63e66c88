/** A real terminal for tests and pictures: tmux, with keys in and the screen out. */
import { join } from "node:path";
import { eventually, type EventuallyOptions } from "./eventually.ts";

export interface TmuxOptions {
  columns?: number;
  rows?: number;
  cwd?: string;
  env?: Record<string, string>;
  /** What runs in it; without, a plain bash whose prompt has come. */
  program?: readonly string[];
}

/** Why there is no terminal here; null when there is. */
export async function missingTmux(): Promise<string | null> {
  try {
    const { success } = await new Deno.Command("tmux", { args: ["-V"] }).output();
    return success ? null : "tmux does not run here";
  } catch {
    return "needs tmux: apt-get install tmux";
  }
}

export class Tmux {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** A terminal in which a shell waits. */
  static async open(options: TmuxOptions = {}): Promise<Tmux> {
    const { columns = 80, rows = 24, cwd = Deno.cwd(), env = {}, program } = options;
    const folder = await Deno.makeTempDir();
    const config = join(folder, "tmux.conf");
    await Deno.writeTextFile(
      config,
      "set -g status off\nset -g default-terminal tmux-256color\nset -sg escape-time 0\n" +
        "set -g history-limit 20000\n",
    );
    const tmux = new Tmux(folder);
    const sets = Object.entries({ PS1: "$ ", LC_ALL: "C.UTF-8", ...env })
      .map(([name, value]) => `${name}=${value}`);
    const size = ["-x", String(columns), "-y", String(rows)];
    // By `env`, as tmux has a PATH of its own opinion.
    const shell = program ?? ["bash", "--norc", "--noprofile"];
    const words = ["env", "-u", "NO_COLOR", ...sets, ...shell];
    await tmux.#run("-f", config, "new-session", "-d", ...size, "-c", cwd, ...words);
    if (!program) await tmux.until(/^\$/m, { what: "the shell" });
    return tmux;
  }

  async #run(...args: string[]): Promise<string> {
    const command = new Deno.Command("tmux", {
      args: ["-S", join(this.#folder, "socket"), ...args],
    });
    const { success, stdout, stderr } = await command.output();
    if (!success) throw new Error(`tmux ${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }

  /** Presses keys, each by its name in tmux: `Enter`, `Escape`, `C-c`, `a`. */
  async press(...keys: string[]): Promise<void> {
    await this.#run("send-keys", ...keys);
  }

  /** Types text as it is. */
  async type(text: string): Promise<void> {
    await this.#run("send-keys", "-l", text);
  }

  /** Types a command and Enter. */
  async command(text: string): Promise<void> {
    await this.type(text);
    await this.press("Enter");
  }

  /** What is on the screen, without spaces at the ends of lines. */
  async screen(): Promise<string> {
    return (await this.#run("capture-pane", "-p")).trimEnd();
  }

  /** The same with escape sequences for colours and marks, all rows, and spaces at their ends. */
  async colours(): Promise<string[]> {
    return (await this.#run("capture-pane", "-p", "-e", "-N")).replace(/\n$/, "").split("\n");
  }

  /** Column and row of the cursor; null while it is hidden. */
  async cursor(): Promise<{ x: number; y: number } | null> {
    const text = await this.#run("display", "-p", "#{cursor_x} #{cursor_y} #{cursor_flag}");
    const [x, y, flag] = text.trim().split(" ").map(Number);
    return flag === 1 ? { x: x!, y: y! } : null;
  }

  /** Whether a program has taken the alternate screen. */
  async isFullScreen(): Promise<boolean> {
    return (await this.#run("display", "-p", "#{alternate_on}")).trim() === "1";
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#run("resize-window", "-x", String(columns), "-y", String(rows));
  }

  /** Waits for text, or for what `look` finds, on the screen. @returns the screen */
  async until(
    wanted: RegExp | string | ((screen: string) => boolean),
    options: EventuallyOptions = {},
  ): Promise<string> {
    let last = "";
    const isThere = (screen: string) =>
      typeof wanted === "function"
        ? wanted(screen)
        : typeof wanted === "string"
        ? screen.includes(wanted)
        : wanted.test(screen);
    try {
      return await eventually(async () => isThere(last = await this.screen()) && last, {
        what: `${wanted} on the screen`,
        everyMs: 25,
        deadlineMs: 10_000,
        ...options,
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${last}`);
    }
  }

  /** Pid of the shell. */
  async pid(): Promise<number> {
    return Number(await this.#run("display", "-p", "#{pane_pid}"));
  }

  async close(): Promise<void> {
    await this.#run("kill-server").catch(() => {});
    await Deno.remove(this.#folder, { recursive: true });
  }
}
