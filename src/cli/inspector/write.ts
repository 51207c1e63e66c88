/** Writing a message: its type and its payload, as `TYPE JSON`. */
import type { JsonSchema } from "../../json.ts";
import type { Json } from "../../json.ts";
import { notice } from "./notice.ts";
import type { Key } from "./key.ts";
import type { Mode, State, Want } from "./state.ts";

type Writing = Extract<Mode, { name: "write" }>;

const longest = 100_000;

/** Begins with the first type that the agent accepts, once that is known. */
export function beginWriting(state: State, to: string, what: "send" | "ask"): Want | null {
  state.mode = { name: "write", what, to, text: "", at: 0, types: [] };
  return { do: "types", address: to };
}

/** What the agent accepts came: the first of it is offered if nothing was written yet. */
export function offerTypes(state: State, to: string, accepts: Record<string, JsonSchema>): void {
  const { mode } = state;
  if (mode.name !== "write" || mode.to !== to) return;
  mode.types = Object.entries(accepts).map(([type, schema]) => `${type} ${exampleOf(schema)}`);
  const [first] = mode.types;
  if (mode.text === "" && first !== undefined) put(mode, first);
}

/** The smallest payload of the schema's form: what is required, with nothing in it. */
function exampleOf(schema: JsonSchema): string {
  const { properties, required } = schema;
  const names = Array.isArray(required) ? required : [];
  const known = (properties ?? {}) as Record<string, JsonSchema>;
  const empty: Record<string, Json> = {
    string: "",
    number: 0,
    integer: 0,
    boolean: false,
    array: [],
    object: {},
  };
  const fields = names.map((name) => {
    const type = known[String(name)]?.["type"];
    return [String(name), typeof type === "string" ? empty[type] ?? null : null];
  });
  return JSON.stringify(Object.fromEntries(fields));
}

function put(mode: Writing, text: string): void {
  mode.text = text.slice(0, longest);
  mode.at = mode.text.length;
}

/** Carries a key out on what is being written. */
export function write(state: State, mode: Writing, key: Key): Want | null {
  switch (key.name) {
    case "escape":
      state.mode = { name: "browse" };
      return null;
    case "enter":
      return finish(state, mode);
    case "tab": {
      if (mode.types.length === 0) return null;
      const at = mode.types.indexOf(mode.text);
      put(mode, mode.types[(at + (key.isShift ? mode.types.length - 1 : 1)) % mode.types.length]!);
      return null;
    }
    case "left":
      mode.at = before(mode);
      return null;
    case "right":
      mode.at = after(mode);
      return null;
    case "home":
      mode.at = 0;
      return null;
    case "end":
      mode.at = mode.text.length;
      return null;
    case "backspace":
      remove(mode, before(mode), mode.at);
      return null;
    case "delete":
      remove(mode, mode.at, after(mode));
      return null;
    case null:
      return type(mode, key);
    default:
      return null;
  }
}

function type(mode: Writing, key: Key): null {
  if (key.isCtrl) {
    if (key.input === "a") mode.at = 0;
    if (key.input === "e") mode.at = mode.text.length;
    if (key.input === "u") remove(mode, 0, mode.at);
    if (key.input === "k") remove(mode, mode.at, mode.text.length);
    return null;
  }
  // Pasted JSON of several lines is one payload.
  const text = key.input.replaceAll(/\s+/gu, " ").replaceAll(/\p{Cc}/gu, "");
  if (mode.text.length + text.length > longest) return null;
  mode.text = mode.text.slice(0, mode.at) + text + mode.text.slice(mode.at);
  mode.at += text.length;
  return null;
}

/** Whole characters as people see them, never half of one. */
function before({ text, at }: Writing): number {
  const last = [...new Intl.Segmenter().segment(text.slice(0, at))].at(-1);
  return last?.index ?? 0;
}

function after({ text, at }: Writing): number {
  const [first] = new Intl.Segmenter().segment(text.slice(at));
  return at + (first?.segment.length ?? 0);
}

function remove(mode: Writing, from: number, to: number): void {
  mode.text = mode.text.slice(0, from) + mode.text.slice(to);
  mode.at = from;
}

/** The text stays until the message was taken: Enter tries again. */
function finish(state: State, mode: Writing): Want | null {
  const [type = "", rest = ""] = /^\s*(\S+)\s*(.*)$/u.exec(mode.text)?.slice(1) ?? [];
  if (type === "") {
    notice(state, 'Write TYPE and JSON, such as: work.add {"n":1}', true);
    return null;
  }
  try {
    const payload: Json = rest === "" ? {} : JSON.parse(rest);
    return state.last = { do: mode.what, to: mode.to, type, payload };
  } catch {
    notice(state, `The payload of ${type} is no JSON: wanted such as {"n":1}`, true);
    return null;
  }
}
