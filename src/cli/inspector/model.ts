/**
 * What keys do. Pure: a key changes the state and may want something from the outside; what comes
 * of that is told later. Movement is in move.ts, writing in write.ts.
 */
import { browse } from "./browse.ts";
import type { Key } from "./key.ts";
import { helpLines } from "./keys.ts";
import { chooseFound, lookAt, moveInText } from "./move.ts";
import type { Mode, State, Want } from "./state.ts";
import { write } from "./write.ts";

/** Carries the key out on the state. @returns what it wants from the outside, if anything */
export function press(state: State, key: Key): Want | null {
  if (key.isCtrl && key.input === "c") return { do: "quit" };
  if (key.isCtrl && key.input === "z") return { do: "suspend" };
  if (key.isCtrl && key.input === "l") return { do: "redraw" };
  // What came of the last key has been seen.
  state.notice = null;
  const { mode } = state;
  switch (mode.name) {
    case "browse":
      return browse(state, key);
    case "search":
      return search(state, key);
    case "write":
      return write(state, mode, key);
    case "restart":
      return restart(state, mode.address, key);
    case "confirm":
      if (key.input === "y" || key.input === "Y") return agree(state, mode.want);
      if (key.name !== null || key.input !== "") state.mode = { name: "browse" };
      return null;
    case "help":
    case "text":
      return read(state, mode, key);
  }
}

function agree(state: State, want: Want): Want {
  state.mode = { name: "browse" };
  state.last = want;
  return want;
}

function search(state: State, key: Key): Want | null {
  if (key.name === "escape") state.search = "";
  if (key.name === "escape" || key.name === "enter") state.mode = { name: "browse" };
  if (key.name === "enter") return isCut(state) ? { do: "find", search: state.search } : null;
  if (key.name === "escape") return null;
  if (key.name === "backspace") state.search = [...state.search].slice(0, -1).join("");
  else if (key.name === null && !key.isCtrl) {
    state.search = (state.search + key.input.replaceAll(/\p{Cc}/gu, "")).slice(0, 512);
  }
  chooseFound(state);
  return null;
}

function restart(state: State, address: string, key: Key): Want | null {
  state.mode = { name: "browse" };
  switch (key.input) {
    case "r":
      return state.last = { do: "verb", verb: "restart", address };
    case "f":
      state.mode = {
        name: "confirm",
        question: `Restart ${address} from its first input? Timers, calls and children end.`,
        want: { do: "verb", verb: "restart", address, fresh: true },
      };
      return null;
    case "c":
      return lookAt(state, address, "checkpoints");
    default:
      return null;
  }
}

function read(state: State, mode: Extract<Mode, { name: "help" | "text" }>, key: Key): null {
  const count = mode.name === "help" ? helpLines(state.columns).length : mode.lines.length + 1;
  if (moveInText(mode, key, state, count)) return null;
  if (key.name !== null || key.input !== "") state.mode = { name: "browse" };
  return null;
}

/** Whether the service has left agents out of the tree. */
function isCut({ swarm, search }: State): boolean {
  if (search === "") return false;
  for (const { hidden } of swarm.items()) if (hidden > 0) return true;
  return false;
}
