/** Which keys there are, for the line at the bottom and for the help screen. */
import { wrap } from "../text.ts";
import { type Line, type Part, say } from "./line.ts";
import type { State } from "./state.ts";

type Hint = readonly [key: string, what: string];

const treeHints: Hint[] = [
  ["?", "help"],
  ["Enter", "look"],
  ["p", "pause"],
  ["u", "resume"],
  ["r", "restart"],
  ["s", "stop"],
  ["m", "send"],
  ["a", "ask"],
  ["d", "dead"],
  ["l", "log"],
  ["n", "next trouble"],
  ["/", "search"],
  ["f", "filter"],
  ["q", "quit"],
];

const lookHints: Hint[] = [
  ["Esc", "back"],
  ["Tab", "next page"],
  ["p", "pause"],
  ["u", "resume"],
  ["r", "restart"],
  ["s", "stop"],
  ["m", "send"],
  ["a", "ask"],
  ["?", "help"],
  ["q", "quit"],
];

const letterHints: Hint[] = [
  ["R", "replay"],
  ["X", "drop"],
  ["Enter", "show whole"],
  ["Esc", "back"],
  ["?", "help"],
];

const checkpointHints: Hint[] = [
  ["Enter", "restart from it"],
  ["o", "show whole"],
  ["Esc", "back"],
  ["?", "help"],
];

const messageHints: Hint[] = [
  ["Enter", "show whole"],
  ["b", "go to its sender"],
  ["Esc", "back"],
  ["Tab", "next page"],
  ["?", "help"],
];

const restartHints: Hint[] = [
  ["r", "from its state"],
  ["f", "afresh, from its first input"],
  ["c", "from a checkpoint"],
  ["Esc", "no"],
];

function hintsOf({ mode, look }: State): readonly Hint[] {
  switch (mode.name) {
    case "restart":
      return restartHints;
    case "confirm":
      return [["y", "yes"], ["n", "no"]];
    case "search":
      return [["Enter", "keep"], ["Esc", "end the search"]];
    case "write":
      return [["Enter", mode.what], ["Tab", "next type"], ["Esc", "give up"]];
    case "help":
    case "text":
      return [["Esc", "back"], ["↑↓", "scroll"]];
    case "browse":
      break;
  }
  if (!look) return treeHints;
  if (look.isOpen) return [["Esc", "back"], ["↑↓", "scroll"]];
  if (look.page === "letters") return letterHints;
  if (look.page === "checkpoints") return checkpointHints;
  return look.page === "messages" ? messageHints : lookHints;
}

/** What can be pressed now; what does not fit stands in the help. */
export function keysLine(state: State): Line {
  const parts: Part[] = [];
  if (state.mode.name === "restart") parts.push({ text: "restart: ", bold: true });
  for (const [key, what] of hintsOf(state)) {
    parts.push({ text: key, bold: true }, { text: ` ${what}  `, tint: "dim" });
  }
  return { parts };
}

const help: readonly (readonly [string, readonly Hint[]])[] = [
  ["Move", [
    ["↑ ↓ j k", "one row; PgUp PgDn a screen; g G Home End to an end"],
    ["← →", "close or open a branch; on an open leaf to its supervisor"],
    ["Enter", "look at an agent; Esc goes back"],
    ["n N", "next and previous agent that is in trouble"],
    ["b", "go to what blocks it, or to who sends it most"],
    ["/", "search in addresses, kinds and statuses; Esc ends it"],
    ["f", "filter: all, in trouble, with mail, awake"],
    ["+", "show more of a supervisor's agents than the first 1,000"],
  ]],
  ["Act, on the agent that is chosen, or on all below a supervisor", [
    ["p u", "pause; resume what is paused or stopped"],
    ["r", "restart: then r from its state, f afresh, c from a checkpoint"],
    ["s t", "stop at once; drain (empty the mailbox, then stop)"],
    ["x", "delete"],
    ["m a", "send a message; ask and see the reply: TYPE and JSON"],
    [".", "do the last thing again"],
  ]],
  ["Look at an agent: 1 to 8, or Tab", [
    ["1", "its machine: active states are marked; 2 context and input"],
    ["3", "messages with their causes; 4 timers and calls"],
    ["5", "restarts with reasons; 6 checkpoints: Enter restarts from one"],
    ["7 d", "dead letters: R replays, X drops, Enter shows one whole"],
    ["8 l", "log, as it comes"],
  ]],
  ["Else", [
    ["Ctrl-L", "draw anew; Ctrl-Z stops to the shell, fg comes back"],
    ["q", "quit; the service goes on"],
  ]],
];

/** The help screen. */
export function helpLines(width = 80): Line[] {
  return help.flatMap(([title, hints]) => [
    say(title, "bold"),
    ...hints.flatMap(([key, what]) =>
      wrap(what, Math.max(10, width - 11)).map((text, i): Line => ({
        parts: [{ text: `  ${(i === 0 ? key : "").padEnd(8)} `, tint: "cyan" }, { text }],
      }))
    ),
    say(""),
  ]);
}
