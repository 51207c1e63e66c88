/**
 * Values to JSON and back, with tags for what JSON cannot say: `{"$": tag, "v": …}`. Plain JSON is
 * stored as it is; an object that has a key `$` of its own is wrapped. Functions, class instances
 * and cycles are refused with the path at which they stand (R1).
 */
import { DreamError } from "../errors.ts";
import { isActor, isMachine } from "./xstate-inner.ts";

/** An actor reference, stored. Kept as it is where no actors exist (`migrate`). */
export class ActorMark {
  constructor(readonly sid: string, readonly id: string, readonly parent: string | null) {}
}

/** How references to actors are written and read: by their session id. */
export interface Refs {
  /** @returns null for an actor of another tree */
  write(actor: unknown): ActorMark | null;
  read(mark: ActorMark): unknown;
}

/** Leaves references as marks. */
export const markRefs: Refs = { write: () => null, read: (mark) => mark };

/** Nesting of one value beyond this is refused: deeper text overflows recursive readers. */
const deepest = 60;

/**
 * Makes `value` plain JSON. What needs no tag is not copied.
 *
 * @param at where the value stands, for the message: `root.context`
 * @throws {DreamError} `not_durable` with the path
 */
export function encode(value: unknown, at: string, refs: Refs): unknown {
  return new Encoder(at, refs).value(value);
}

/** How to write it instead; docs/refusals.md shows each. */
const advice = {
  code: "Keep functions in the module and what they need in context",
  cycle: "Name the other object by an id",
  depth: "Keep a list, and name what is below by an id",
  actor: "Other agents have addresses: tell, ask",
  promise: "Invoke fromPromise logic and store its output",
  snapshot: "Keep its value or its context",
  fields: "Keep its fields in a plain object",
};

class Encoder {
  readonly #at: string;
  readonly #refs: Refs;
  readonly #path: (string | number)[] = [];
  readonly #above: object[] = [];

  constructor(at: string, refs: Refs) {
    this.#at = at;
    this.#refs = refs;
  }

  value(value: unknown): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (Number.isFinite(value) && (value !== 0 || 1 / value > 0)) return value;
        return { $: "number", v: Object.is(value, -0) ? "-0" : String(value) };
      case "undefined":
        return { $: "undefined" };
      case "bigint":
        return { $: "bigint", v: value.toString() };
      case "object":
        return value === null ? null : this.#object(value);
      default:
        throw this.#refuse(`a ${typeof value}`, typeof value === "function" ? advice.code : "");
    }
  }

  #object(value: object): unknown {
    if (this.#above.includes(value)) throw this.#refuse("part of a cycle", advice.cycle);
    if (this.#above.length >= deepest) {
      throw this.#refuse(`nested more than ${deepest} deep`, advice.depth);
    }
    this.#above.push(value);
    const proto = Object.getPrototypeOf(value);
    let encoded: unknown;
    if (proto === Object.prototype || proto === null) {
      encoded = this.#plain(value as Record<string, unknown>);
    } else if (Array.isArray(value)) encoded = this.#list(value);
    else encoded = this.#special(value);
    this.#above.pop();
    return encoded;
  }

  #plain(value: Record<string, unknown>): unknown {
    let copy: Record<string, unknown> | null = null;
    for (const key of Object.keys(value)) {
      const before = value[key];
      if (typeof before === "string" || typeof before === "boolean") continue;
      const after = this.#part(key, before);
      if (after === before) continue;
      copy ??= { ...value };
      copy[key] = after;
    }
    if (Object.hasOwn(value, "$")) return { $: "object", v: copy ?? value };
    return copy ?? value;
  }

  #list(value: readonly unknown[]): unknown[] {
    let copy: unknown[] | null = null;
    for (let i = 0; i < value.length; i++) {
      const after = this.#part(i, value[i]);
      if (after === value[i] && i in value) continue;
      copy ??= [...value];
      copy[i] = after;
    }
    return copy ?? value as unknown[];
  }

  #part(key: string | number, value: unknown): unknown {
    this.#path.push(key);
    const after = this.value(value);
    this.#path.pop();
    return after;
  }

  #special(value: object): unknown {
    if (value instanceof ActorMark) return mark(value);
    if (isActor(value)) {
      const written = this.#refs.write(value);
      if (!written) throw this.#refuse("a reference to an actor of another tree", advice.actor);
      return mark(written);
    }
    if (value instanceof Date) {
      return { $: "date", v: Number.isNaN(value.getTime()) ? null : value.getTime() };
    }
    if (value instanceof Map) {
      const pairs = [...value].map(([k, v], i) => [this.#part(`key ${i}`, k), this.#part(i, v)]);
      return { $: "map", v: pairs };
    }
    if (value instanceof Set) return { $: "set", v: [...value].map((v, i) => this.#part(i, v)) };
    if (value instanceof Error) return { $: "error", v: this.#error(value) };
    if (value instanceof URL) return { $: "url", v: value.href };
    if (value instanceof RegExp) return { $: "regexp", v: [value.source, value.flags] };
    if (value instanceof Uint8Array) return { $: "bytes", v: base64(value) };
    const name = value.constructor?.name ?? "";
    if (value instanceof Promise) throw this.#refuse("a Promise", advice.promise);
    if (isMachine(value)) throw this.#refuse("a machine, as snapshots hold", advice.snapshot);
    const what = name === "" ? "an object with a prototype of its own" : `${article(name)} ${name}`;
    throw this.#refuse(what, advice.fields);
  }

  #error(error: Error): unknown {
    const data: Record<string, unknown> = { name: error.name, message: error.message };
    if (error.cause !== undefined) data["cause"] = this.#part("cause", error.cause);
    for (const key of Object.keys(error)) {
      if (key === "name" || key === "stack") continue;
      const part: unknown = Reflect.get(error, key);
      if (typeof part !== "function") data[key] = this.#part(key, part);
    }
    return data;
  }

  #refuse(what: string, instead: string): DreamError {
    const path = this.#path.map((key) => typeof key === "number" ? `[${key}]` : `.${key}`);
    if (path.length > 12) path.splice(6, path.length - 9, "…");
    const at = this.#at + path.join("");
    return new DreamError(
      "not_durable",
      `${at} is ${what}; only data can be stored: plain objects, arrays, Date, Map, Set, Error` +
        (instead && `. ${instead}`),
      { details: { path: at } },
    );
  }
}

function article(name: string): string {
  return /^[aeiou]/i.test(name) ? "an" : "a";
}

function mark(ref: ActorMark): unknown {
  return { $: "actor", v: ref.sid, id: ref.id, ...(ref.parent === null ? {} : { p: ref.parent }) };
}

/**
 * Undoes `encode`, in place where it can: `value` must be fresh out of `JSON.parse`.
 *
 * @throws {DreamError} `not_durable` for a tag that is not known
 */
export function decode(value: unknown, refs: Refs): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = decode(value[i], refs);
    return value;
  }
  const object = value as Record<string, unknown>;
  return Object.hasOwn(object, "$") ? untag(object, refs) : decodeParts(object, refs);
}

function decodeParts(object: Record<string, unknown>, refs: Refs): Record<string, unknown> {
  for (const key of Object.keys(object)) {
    const before = object[key];
    if (typeof before === "object" && before !== null) object[key] = decode(before, refs);
  }
  return object;
}

function untag(tagged: Record<string, unknown>, refs: Refs): unknown {
  const v = tagged["v"];
  switch (tagged["$"]) {
    case "undefined":
      return undefined;
    case "number":
      return Number(v);
    case "bigint":
      return BigInt(v as string);
    case "object":
      return decodeParts(v as Record<string, unknown>, refs);
    case "actor":
      return refs.read(
        new ActorMark(v as string, tagged["id"] as string, tagged["p"] as string ?? null),
      );
    case "date":
      return new Date(v === null ? NaN : v as number);
    case "map":
      return new Map(decode(v, refs) as [unknown, unknown][]);
    case "set":
      return new Set(decode(v, refs) as unknown[]);
    case "error":
      return reviveError(decodeParts(v as Record<string, unknown>, refs));
    case "url":
      return new URL(v as string);
    case "regexp":
      return new RegExp((v as string[])[0]!, (v as string[])[1]);
    case "bytes":
      return Uint8Array.from(atob(v as string), (c) => c.charCodeAt(0));
    default:
      throw new DreamError(
        "not_durable",
        `Cannot read a stored value: unknown tag ${JSON.stringify(tagged["$"]).slice(0, 40)}`,
      );
  }
}

const errorClasses: Record<string, new (message: string) => Error> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** Errors come back as `Error` or its standard subclass; own classes and stacks do not. */
function reviveError(data: Record<string, unknown>): Error {
  const { name, message, ...rest } = data as { name: string; message: string };
  const make = Object.hasOwn(errorClasses, name) ? errorClasses[name]! : Error;
  const error = new make(message);
  if (error.name !== name) Object.defineProperty(error, "name", { value: name });
  if ("cause" in rest) {
    Object.defineProperty(error, "cause", { value: rest.cause, configurable: true });
    delete rest.cause;
  }
  return Object.assign(error, rest);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
