/** Keys while nothing is being written: in the tree, and on the pages of an agent. */
import type { Key } from "./key.ts";
import {
  chooseFound,
  closeBranch,
  goTo,
  lookAt,
  moveInPage,
  moveInTree,
  nextTrouble,
  openBranch,
} from "./move.ts";
import { notice } from "./notice.ts";
import { filters, type Look, pages, type State, type Want } from "./state.ts";
import { beginWriting } from "./write.ts";

/** Carries out a key of the tree or of a page. */
export function browse(state: State, key: Key): Want | null {
  if (state.look) {
    const done = inPage(state, state.look, key);
    if (done !== undefined) return done;
  } else {
    const done = inTree(state, key);
    if (done !== undefined) return done;
  }
  return act(state, key);
}

/** @returns undefined when the key means nothing special here */
function inTree(state: State, key: Key): Want | null | undefined {
  if (moveInTree(state, key)) return null;
  switch (key.name) {
    case "left":
      closeBranch(state);
      return null;
    case "right":
      openBranch(state);
      return null;
    case "enter":
      return enter(state);
    case "escape":
      state.search = "";
      state.filter = "all";
      return null;
    default:
      return undefined;
  }
}

function enter(state: State): Want | null {
  const item = state.swarm.find(state.chosen);
  if (!item) return null;
  if (item.type === "agent") return lookAt(state, item.address, "machine");
  if (openBranch(state)) return null;
  closeBranch(state);
  return null;
}

function inPage(state: State, look: Look, key: Key): Want | null | undefined {
  if (key.name === "escape" || key.name === "left" || key.name === "backspace") {
    if (!look.isOpen) {
      state.look = null;
      return { do: "leave" };
    }
    look.isOpen = false;
    look.top = 0;
    return null;
  }
  if (moveInPage(state, key)) return null;
  if (key.name === "tab") {
    const step = key.isShift ? pages.length - 1 : 1;
    const at = (pages.indexOf(look.page) + step) % pages.length;
    return lookAt(state, look.address, pages[at]!);
  }
  const page = /^[1-8]$/.test(key.input) ? pages[Number(key.input) - 1]! : null;
  if (page) return lookAt(state, look.address, page);
  return inList(state, look, key);
}

function inList(state: State, look: Look, key: Key): Want | null | undefined {
  const { page, facts, row } = look;
  const isEnter = key.name === "enter";
  const letter = page === "letters" ? facts.letters?.[row] : undefined;
  if (letter && key.input === "R") return state.last = { do: "replay", letter: letter.id };
  if (letter && key.input === "X") return state.last = { do: "drop", letter: letter.id };
  const checkpoint = page === "checkpoints" ? facts.checkpoints?.[row] : undefined;
  if (checkpoint && isEnter) {
    const { address } = look;
    state.mode = {
      name: "confirm",
      question: `Restart ${address} from checkpoint ${checkpoint.id}?`,
      want: { do: "verb", verb: "restart", address, fromCheckpoint: checkpoint.id },
    };
    return null;
  }
  const message = page === "messages" ? facts.messages?.[row] : undefined;
  if (message && key.input === "b") return goTo(state, message.from);
  if ((letter || message || checkpoint) && (isEnter || key.input === "o")) {
    look.isOpen = true;
    look.top = 0;
    return null;
  }
  return isEnter ? null : undefined;
}

/** Keys that mean the same in the tree and on a page. */
function act(state: State, key: Key): Want | null {
  const address = state.look?.address ?? state.chosen;
  const isOne = state.swarm.find(address)?.type === "agent";
  const verb = (name: "pause" | "resume" | "stop" | "drain"): Want | null => {
    const want: Want = { do: "verb", verb: name, address };
    return isOne ? state.last = want : ask(state, `${name} all agents below ${address}?`, want);
  };
  if (key.isCtrl) return null;
  switch (key.input) {
    case "q":
      return { do: "quit" };
    case "?":
      state.mode = { name: "help", top: 0 };
      return null;
    case "/":
      state.look = null;
      state.search = "";
      state.mode = { name: "search" };
      return null;
    case "f":
      state.filter = filters[(filters.indexOf(state.filter) + 1) % filters.length]!;
      chooseFound(state);
      return null;
    case "n":
    case "N":
      if (!nextTrouble(state, key.input === "n" ? 1 : -1)) notice(state, "No trouble", false);
      return state.look ? lookAt(state, state.chosen, state.look.page) : null;
    case "b":
      return goToCause(state, address);
    case "p":
      return verb("pause");
    case "u":
      return verb("resume");
    case "s":
      return verb("stop");
    case "t":
      return verb("drain");
    case "r":
      if (isOne) state.mode = { name: "restart", address };
      else {ask(state, `restart all agents below ${address}?`, {
          do: "verb",
          verb: "restart",
          address,
        });}
      return null;
    case "x":
      return ask(state, `Delete ${address}? Its messages become dead letters.`, {
        do: "verb",
        verb: "delete",
        address,
      });
    case "m":
    case "a":
      if (isOne) return beginWriting(state, address, key.input === "m" ? "send" : "ask");
      notice(state, `${address} is no agent: messages go to an agent below it`, true);
      return null;
    case "d":
      return lookAt(state, address, "letters");
    case "l":
      return lookAt(state, address, "log");
    case "e":
      return lookAt(state, address, "restarts");
    case "+":
      return { do: "more", address };
    case ".":
      return state.last;
    default:
      return null;
  }
}

function ask(state: State, question: string, want: Want): null {
  state.mode = { name: "confirm", question, want };
  return null;
}

/** What blocks it; else who has sent most of what waits. */
function goToCause(state: State, address: string): Want | null {
  const item = state.swarm.find(address);
  if (item?.blockedOn) return goTo(state, item.blockedOn);
  return { do: "cause", address };
}
