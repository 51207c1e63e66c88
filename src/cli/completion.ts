/** `dreamos completion`: scripts for shells, which ask the same command what can be typed next. */
import { usage } from "./arguments.ts";
import type { Command, Run } from "./command.ts";
import { scripts } from "./completion-scripts.ts";
import { offersFor } from "./offers.ts";
import { printable } from "./text.ts";

export const completionCommand: Command = {
  usage: "bash|zsh|fish",
  summary: "print a script that completes commands, options and addresses in a shell",
  about: [
    "bash, in ~/.bashrc:                    source <(dreamos completion bash)",
    "zsh, in ~/.zshrc, after compinit:      source <(dreamos completion zsh)",
    "fish, in ~/.config/fish/config.fish:   dreamos completion fish | source",
    "Addresses, kinds, message types and dead letters come from the running service. The scripts",
    "ask: dreamos completion offers -- WORD…, up to the cursor.",
  ],
  examples: ["dreamos completion bash", "dreamos completion fish | source"],
  isLocal: true,
  takes: [1, 10_000],
  async run(run) {
    const [shell, ...rest] = run.args;
    if (shell === "offers") return await offer(run, rest);
    const script = Object.hasOwn(scripts, shell!) ? scripts[shell as keyof typeof scripts] : null;
    if (script === null || rest.length > 0) {
      throw usage(`Wanted: dreamos completion ${completionCommand.usage}`);
    }
    const { json, terminal } = run;
    terminal.print(json ? JSON.stringify({ shell, script }) : script.trimEnd());
    return 0;
  },
};

/** First what the shell itself has to add, if anything; then one offer each line. */
async function offer(run: Run, words: readonly string[]): Promise<number> {
  const found = await offersFor(run, words);
  if (run.json) run.terminal.print(JSON.stringify(found));
  else {
    run.terminal.print(`:${found.paths ?? ""}`);
    for (const { text, help } of found.offers) {
      run.terminal.print(help === undefined ? printable(text) : `${printable(text)}\t${help}`);
    }
  }
  return 0;
}
