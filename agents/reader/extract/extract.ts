/** A file's text → what is remembered of it. Pure: same path and text, same document. */
import { readCsv } from "./csv.ts";
import { datesOf } from "./dates.ts";
import { readHtml } from "./html.ts";
import { readJson } from "./json.ts";
import { keyPointsOf } from "./key-points.ts";
import { linksOf } from "./links.ts";
import { readMarkdown } from "./markdown.ts";
import { oneLine, type Parts, shorten, UnreadableText } from "./parts.ts";
import { type Passage, toPassages } from "./passages.ts";
import { readPlainText } from "./plain-text.ts";

export interface SourceText {
  path: string;
  /** SHA-256 of the content, hex. */
  hash: string;
  text: string;
}

/** The shape that memory keeps; see the scribe's `document.keep`. */
export interface Document {
  hash: string;
  title: string;
  format: "markdown" | "html" | "json" | "csv" | "text";
  dates: string[];
  links: string[];
  keySentences: string[];
  keyPhrases: string[];
  passages: Passage[];
}

export type Extraction =
  | { ok: true; document: Document }
  | { ok: false; code: string; message: string };

/** A message between agents holds 1 MiB of JSON; room is left for what goes around it. */
const longestDocument = 1_000_000;
const longestTitle = 200;

const readers: Record<Document["format"], (text: string) => Parts> = {
  markdown: readMarkdown,
  html: readHtml,
  json: readJson,
  csv: readCsv,
  text: readPlainText,
};

/** Sections of prose stand for themselves even when short; members of data do not. */
const smallest: Record<Document["format"], number> = {
  markdown: 100,
  html: 100,
  json: 400,
  csv: 400,
  text: 200,
};

const formats: Record<string, Document["format"]> = {
  md: "markdown",
  markdown: "markdown",
  mdx: "markdown",
  html: "html",
  htm: "html",
  xhtml: "html",
  json: "json",
  csv: "csv",
};

/** By the name's ending; what is not known is read as plain text. */
function formatOf(path: string): Document["format"] {
  const ending = /\.([^./\\]+)$/u.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(formats, ending) ? formats[ending]! : "text";
}

export function extract(source: SourceText): Extraction {
  const format = formatOf(source.path);
  const text = clean(source.text);
  let parts: Parts;
  try {
    parts = readers[format](text);
  } catch (error) {
    if (!(error instanceof UnreadableText)) throw error;
    return { ok: false, code: "file_unreadable", message: error.message };
  }
  const title = shorten(oneLine(parts.title ?? "") || nameOf(source.path), longestTitle);
  const told = parts.blocks.map((block) => block.text).join("\n");
  const document: Document = {
    hash: source.hash,
    title,
    format,
    dates: datesOf(told),
    links: linksOf(parts.links, told),
    ...keyPointsOf(parts.blocks, title),
    passages: toPassages(parts.blocks, smallest[format]),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document)).length;
  if (bytes <= longestDocument) return { ok: true, document };
  return {
    ok: false,
    code: "file_too_large",
    message: `What was read of the file takes ${bytes} bytes, more than ${longestDocument}`,
  };
}

/** No byte order mark, one kind of line end, and no NUL, at which some stores would stop. */
function clean(text: string): string {
  return text.replace(/^\ufeff/u, "").replace(/\r\n?/gu, "\n").replaceAll("\0", "\ufffd");
}

/** The file's name without its ending; with its folder where the name alone says nothing. */
function nameOf(path: string): string {
  const [name = "", folder = ""] = path.split(/[/\\]/u).reverse();
  const bare = name.replace(/(.)\.[^.]+$/u, "$1") || "untitled";
  return folder !== "" && /^(?:readme|index|changelog|license)$/iu.test(bare)
    ? `${folder}/${bare}`
    : bare;
}
