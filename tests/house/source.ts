/** The checkout's own files as the house rules read them. */
import { execFileSync } from "node:child_process";

export interface SourceFile {
  /** From the root of the checkout, with slashes. */
  path: string;
  text: string;
}

/** A TypeScript or JavaScript file with what is code and what is comment told apart. */
export interface CodeFile extends SourceFile {
  /** `text` with comments and the insides of strings blanked: same length, same lines. */
  code: string;
  /** `text` with everything but comments blanked. */
  comments: string;
}

/** One finding: `path:line what`. */
export type Violation = string;

export interface Rule<File extends SourceFile> {
  name: string;
  find(files: readonly File[]): Violation[];
  /** Negative control: files in which the rule must find exactly the lines that say PLANTED. */
  planted: readonly SourceFile[];
}

export const checkout = new URL("../../", import.meta.url);

const binary = /\.(png|jpg|ico|woff2|db|gz)$/;

/** Tracked files and those that would be tracked, the lock file left out. */
export async function readSources(): Promise<SourceFile[]> {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
    cwd: checkout,
    encoding: "utf8",
  });
  const paths = listed.split("\0").filter((path) =>
    path !== "" && path !== "package-lock.json" && !binary.test(path)
  );
  const files = await Promise.all(paths.map(readSource));
  return files.filter((file) => file !== null).sort((a, b) => a.path < b.path ? -1 : 1);
}

/** Null when the file is listed but gone, as in the middle of a change. */
async function readSource(path: string): Promise<SourceFile | null> {
  try {
    return { path, text: await Deno.readTextFile(new URL(path, checkout)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

export function isCode(path: string): boolean {
  return /\.(ts|tsx|mjs|js)$/.test(path);
}

/** Findings of `pattern` (global) in one of the texts of a file, each with its line. */
export function findAll(path: string, text: string, pattern: RegExp, what: string): Violation[] {
  return Array.from(text.matchAll(pattern), (match) => {
    return at(path, text, match.index, `${what}: ${match[0].trim().slice(0, 60)}`);
  });
}

/** A finding at the character `index` of `text`. */
export function at(path: string, text: string, index: number, what: string): Violation {
  return `${path}:${text.slice(0, index).split("\n").length} ${what}`;
}

/** Tells code, comments and strings apart well enough for formatted TypeScript. */
export function readCode(file: SourceFile): CodeFile {
  const { text } = file;
  const kinds = new Uint8Array(text.length);
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: number[] = [];
  let depth = 0;
  for (let i = 0; i < text.length;) {
    const start = i;
    const c = text[i]!;
    let kind: number = Kind.code;
    if (text.startsWith("//", i)) {
      i = endOf(text, i, "\n", 0);
      kind = Kind.comment;
    } else if (text.startsWith("/*", i)) {
      i = endOf(text, i + 2, "*/", 2);
      kind = Kind.comment;
    } else if (c === "`" || (c === "}" && templates.at(-1) === depth)) {
      if (c === "}") templates.pop();
      i = endOfQuoted(text, i + 1, "`");
      if (text.startsWith("${", i - 2)) templates.push(depth);
      kind = Kind.string;
    } else if (c === '"' || c === "'") {
      i = endOfQuoted(text, i + 1, c);
      kind = Kind.string;
    } else if (c === "/" && startsRegex(text, i)) {
      i = endOfRegex(text, i + 1);
      kind = Kind.string;
    } else {
      if (c === "{") depth++;
      else if (c === "}") depth--;
      i++;
    }
    kinds.fill(kind, start, i);
    // Quotes and braces stay visible, so that patterns can see where a string stood.
    if (kind === Kind.string) kinds[start] = kinds[i - 1] = Kind.code;
  }
  return { ...file, code: keep(text, kinds, Kind.code), comments: keep(text, kinds, Kind.comment) };
}

const Kind = { code: 0, comment: 1, string: 2 } as const;

function keep(text: string, kinds: Uint8Array, kind: number): string {
  let kept = "";
  for (let i = 0; i < text.length; i++) {
    kept += kinds[i] === kind || text[i] === "\n" ? text[i] : " ";
  }
  return kept;
}

function endOf(text: string, from: number, mark: string, length: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + length;
}

/** Index after the closing quote, or after the `${` that opens code in a template. */
function endOfQuoted(text: string, from: number, quote: string): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote) return i + 1;
    else if (quote === "`" && text.startsWith("${", i)) return i + 2;
  }
  return text.length;
}

function endOfRegex(text: string, from: number): number {
  for (let i = from, inClass = false; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "[") inClass = true;
    else if (text[i] === "]") inClass = false;
    else if (text[i] === "/" && !inClass) return i + 1;
  }
  return text.length;
}

/** A slash after an operator or an opening bracket begins a regular expression. */
function startsRegex(text: string, index: number): boolean {
  const before = text.slice(Math.max(0, index - 40), index).trimEnd();
  return before === "" || /(?:[(,=:[!&|?{};+]|\breturn|=>)$/.test(before);
}
