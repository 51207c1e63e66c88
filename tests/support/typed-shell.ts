/** A shell in a real terminal (tmux): keys go in, the screen comes out. */
import { join } from "node:path";
import { eventually } from "./eventually.ts";

/** Whether a program is there. */
export function isInstalled(program: string, version = "--version"): Promise<boolean> {
  return new Deno.Command(program, { args: [version] }).output()
    .then(({ success }) => success, () => false);
}

const commands = {
  bash: ["bash", "--norc", "--noprofile", "-i"],
  zsh: ["zsh", "-f", "-i"],
  fish: ["fish", "--no-config", "-i"],
} as const;
export type ShellName = keyof typeof commands;

export class TypedShell {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the shell with the given variables and nothing of anybody's own configuration. */
  static async open(
    name: ShellName,
    options: { env: Record<string, string>; cwd: string },
  ): Promise<TypedShell> {
    const shell = new TypedShell(await Deno.makeTempDir());
    const env = { HOME: shell.#folder, PS1: "> ", TERM: "xterm-256color", ...options.env };
    const set = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    await shell.#tmux("-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50", "-c")(
      options.cwd,
      "env",
      ...set,
      ...commands[name],
    );
    return shell;
  }

  #tmux(...before: string[]) {
    return async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await new Deno.Command("tmux", {
        args: ["-S", join(this.#folder, "tmux"), ...before, ...args],
        env: { LC_ALL: "C.UTF-8" },
      }).output();
      if (code !== 0) throw new Error(`tmux: ${new TextDecoder().decode(stderr)}`);
      return new TextDecoder().decode(stdout);
    };
  }

  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l")("--", text);
  }

  /** Keys by tmux's names: `Enter`, `Tab`, `C-c`. */
  async press(...keys: string[]): Promise<void> {
    await this.#tmux("send-keys")(...keys);
  }

  /** Lines without the empty ones at the end. */
  async screen(): Promise<string[]> {
    return (await this.#tmux("capture-pane", "-p")()).trimEnd().split("\n");
  }

  /** Waits until the screen is as `look` wants it. */
  async see(what: string, look: (lines: string[]) => boolean): Promise<string[]> {
    let last: string[] = [];
    try {
      await eventually(async () => look(last = await this.screen()), { what, everyMs: 30 });
    } catch (error) {
      throw new Error(`${(error as Error).message}; the screen:\n${last.join("\n")}`);
    }
    return last;
  }

  async close(): Promise<void> {
    await this.#tmux("kill-server")().catch(() => {});
    await Deno.remove(this.#folder, { recursive: true });
  }
}
