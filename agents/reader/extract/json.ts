/**
 * JSON: the path of an object is its headings, its plain members are lines of text. Walks tokens
 * instead of values, so that numbers stay as written, repeated keys stay, and depth has no limit.
 */
import { type Block, oneLine, type Parts, UnreadableText } from "./parts.ts";

/** Objects deeper than this get no heading of their own; their keys stand in the text. */
const deepestHeading = 6;

interface Level {
  isArray: boolean;
  /** Key of the next value, or number of values so far. */
  key: string | null;
  count: number;
  /** Key it stands under, the block's heading; null for members of arrays. */
  name: string | null;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gu;

/** @throws {UnreadableText} when it is not JSON (RFC 8259), with the place */
export function readJson(text: string): Parts {
  if (text.trim() === "") return { title: null, blocks: [], links: [] };
  check(text);
  const walk = new Walk();
  for (const [piece] of text.matchAll(token)) walk.take(piece);
  walk.close();
  return { title: walk.title, blocks: walk.blocks, links: [] };
}

function check(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    // V8 quotes the text around the fault: only the place may be told.
    const place = /position \d+(?: \(line \d+ column \d+\))?/u.exec(String(error))?.[0];
    throw new UnreadableText(`The text is not valid JSON${place ? ` at ${place}` : ""}`);
  }
}

class Walk {
  readonly blocks: Block[] = [];
  title: string | null = null;
  #levels: Level[] = [];
  #lines: string[] = [];
  /** A string that may turn out to be a key. */
  #held: string | null = null;
  #changed = true;

  take(piece: string): void {
    if (piece === ":") {
      const level = this.#levels.at(-1);
      if (level) level.key = this.#held === null ? "" : readString(this.#held);
      this.#held = null;
    } else if (piece === "{" || piece === "[") this.#enter(piece === "[");
    else if (piece === "}" || piece === "]") this.#leave();
    else if (piece === ",") this.#scalar();
    else this.#held = piece;
  }

  close(): void {
    this.#scalar();
    this.#flush();
  }

  /** The value held is a plain member: a line of text. */
  #scalar(): void {
    const held = this.#held;
    this.#held = null;
    if (held === null) return;
    const level = this.#levels.at(-1);
    const value = held.startsWith('"') ? readString(held) : held;
    const key = level && !level.isArray ? level.key : null;
    if (level) level.count++;
    if (
      this.#levels.length === 1 && this.title === null && (key === "title" || key === "name") &&
      held.startsWith('"') && value.trim() !== ""
    ) this.title = oneLine(value);
    if (this.#changed) this.#head();
    this.#lines.push(key === null ? value : `${key}: ${value}`);
  }

  #enter(isArray: boolean): void {
    const above = this.#levels.at(-1);
    if (above) above.count++;
    const name = above === undefined || above.isArray ? null : above.key ?? "";
    if (this.#levels.length <= deepestHeading) this.#flush();
    else if (name !== null) this.#lines.push(`${name}:`);
    this.#levels.push({ isArray, key: null, count: 0, name });
  }

  #leave(): void {
    this.#scalar();
    const level = this.#levels.pop();
    const shown = this.#levels.length <= deepestHeading;
    if (shown) this.#flush();
    // The key of an empty object or array is told nowhere else.
    if (!shown || level?.count !== 0 || level.name === null) return;
    if (this.#changed) this.#head();
    this.#lines.push(`${level.name}: ${level.isArray ? "[]" : "{}"}`);
  }

  /** Headings of the place where the next line stands. */
  #head(): void {
    this.#changed = false;
    const names = this.#levels.slice(0, deepestHeading + 1).flatMap(({ name }) => name ?? []);
    // Ends the headings of the place before.
    this.blocks.push({ type: "heading", depth: 0, text: "" });
    names.forEach((name, i) => this.blocks.push({ type: "heading", depth: i + 1, text: name }));
  }

  #flush(): void {
    if (this.#lines.length > 0) this.blocks.push({ type: "other", text: this.#lines.join("\n") });
    this.#lines = [];
    this.#changed = true;
  }
}

function readString(piece: string): string {
  return String(JSON.parse(piece)).toWellFormed();
}
