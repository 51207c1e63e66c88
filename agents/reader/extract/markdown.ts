/** Markdown (CommonMark with GitHub's tables): mdast's tree, told as headings and text. */
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";
import type { Nodes, RootContent, Table } from "mdast";
import { readHtml } from "./html.ts";
import { sliceMarkdown } from "./markdown-slices.ts";
import { type Block, oneLine, type Parts } from "./parts.ts";
import { readPlainText } from "./plain-text.ts";

export function readMarkdown(text: string): Parts {
  const { matter, rest } = splitFrontMatter(text);
  const parts: Parts = { title: titleOf(matter), blocks: [], links: [] };
  if (matter !== "") parts.blocks.push({ type: "other", text: matter });
  for (const slice of sliceMarkdown(rest)) {
    if (slice.plain) {
      parts.blocks.push(...readPlainText(slice.text).blocks);
      continue;
    }
    const tree = fromMarkdown(slice.text, {
      extensions: [gfmTable()],
      mdastExtensions: [gfmTableFromMarkdown()],
    });
    for (const node of tree.children) addBlock(node, parts);
  }
  parts.title ??= firstHeading(parts.blocks);
  return parts;
}

/** YAML between `---` lines at the very start belongs to no Markdown dialect's text. */
function splitFrontMatter(text: string): { matter: string; rest: string } {
  const found = /^---\n([^]{0,8192}?)\n---[ \t]*(?:\n|$)/u.exec(text);
  // A rule followed by prose is a rule: front matter begins with a name and a colon.
  if (!found || !/^[\w-]+:/u.test(found[1]!)) return { matter: "", rest: text };
  return { matter: found[1]!, rest: text.slice(found[0].length) };
}

function titleOf(matter: string): string | null {
  const title = /^title:[ \t]*(["']?)(.+)\1[ \t]*$/mu.exec(matter)?.[2];
  return title === undefined || oneLine(title) === "" ? null : oneLine(title);
}

/** The first heading of depth 1; else the heading that the text begins with. */
function firstHeading(blocks: Block[]): string | null {
  const headings = blocks.filter((block) => block.type === "heading");
  const found = headings.find((heading) => heading.depth === 1 && oneLine(heading.text) !== "");
  const title = found ?? (blocks[0]?.type === "heading" ? blocks[0] : undefined);
  return title ? oneLine(title.text) : null;
}

function addBlock(node: RootContent, parts: Parts): void {
  if (node.type === "html") {
    const html = readHtml(node.value);
    parts.blocks.push(...html.blocks);
    parts.links.push(...html.links);
    return;
  }
  collectLinks(node, parts.links);
  if (node.type === "heading") {
    parts.blocks.push({ type: "heading", depth: node.depth, text: inline(node) });
  } else if (node.type === "code" || node.type === "table") {
    parts.blocks.push({ type: "other", text: textOf(node) });
  } else if (node.type === "blockquote") {
    for (const child of node.children) addBlock(child, { ...parts, links: [] });
  } else {
    const text = textOf(node);
    if (text !== "") parts.blocks.push({ type: "prose", text });
  }
}

/** A block's text: lists keep a dash and their indentation, tables a row per line. */
function textOf(node: RootContent, indent = ""): string {
  switch (node.type) {
    case "code":
      return node.value.replaceAll("\n", `\n${indent}`);
    case "table":
      return tableText(node).replaceAll("\n", `\n${indent}`);
    case "html":
      return readHtml(node.value).blocks.map((block) => block.text).join(" ");
    case "list":
    case "blockquote":
    case "listItem": {
      const mark = node.type === "listItem" ? "- " : "";
      const inner = node.type === "listItem" ? `${indent}  ` : indent;
      const texts = node.children.map((child) => textOf(child, inner)).filter((text) => text);
      return mark + texts.join(`\n${inner}`);
    }
    case "definition":
    case "thematicBreak":
      return "";
    default:
      return inline(node).replaceAll("\n", `\n${indent}`);
  }
}

function tableText(table: Table): string {
  return table.children
    .map((row) => row.children.map((cell) => oneLine(inline(cell))).join(" | "))
    .join("\n");
}

/** Words of a paragraph, heading or cell; tags are left out, pictures tell their description. */
function inline(node: Nodes): string {
  return words(node).trim();
}

function words(node: Nodes): string {
  if ("children" in node) return node.children.map(words).join("");
  if (node.type === "break") return "\n";
  if (node.type === "html") return /^<br\b/iu.test(node.value) ? "\n" : "";
  if (node.type === "image" || node.type === "imageReference") return node.alt ?? "";
  return "value" in node ? node.value : "";
}

function collectLinks(node: Nodes, links: string[]): void {
  if (node.type === "link" || node.type === "definition") links.push(node.url);
  if (node.type === "html") links.push(...readHtml(node.value).links);
  if ("children" in node) { for (const child of node.children) collectLinks(child, links); }
}
