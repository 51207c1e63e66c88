/** Real Markdown to read: what npm has put on this machine, long files cut at their headings. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Random } from "./random.ts";

export interface Texts {
  texts: string[];
  /** Whole files, sections of long files, and copies with a changed ending. */
  whole: number;
  sections: number;
  varied: number;
}

const smallestBytes = 200;
const largestBytes = 60_000;
const checkout = fileURLToPath(new URL("../../", import.meta.url));

export function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** `count` texts, no two alike: whole files first, then sections, then variations of both. */
export function collectTexts(count: number, random: Random): Texts {
  const files = [join(checkout, "node_modules"), globalModules()].flatMap(findMarkdown)
    .map((path) => readFileSync(path, "utf8"));
  const seen = new Set<string>();
  const texts: string[] = [];
  const add = (candidates: Iterable<string>) => {
    const before = texts.length;
    for (const text of candidates) {
      if (texts.length === count) break;
      const hash = hashOf(text);
      if (!isFit(text) || seen.has(hash)) continue;
      seen.add(hash);
      texts.push(text);
    }
    return texts.length - before;
  };
  const whole = add(files);
  const sections = add(files.flatMap((text) => text.split(/^(?=#{1,3} )/m)));
  const varied = add(variations(texts.length > 0 ? [...texts] : ["# Notes\n\nNothing yet.\n"]));
  return { texts: random.shuffle(texts), whole, sections, varied };
}

function isFit(text: string): boolean {
  return text.length >= smallestBytes && text.length <= largestBytes;
}

function* variations(texts: readonly string[]): Generator<string> {
  for (let i = 0;; i++) yield variationOf(texts[i % texts.length]!, `number ${i}`);
}

/** The text with one more section: a changed file. */
export function variationOf(text: string, what: string): string {
  return `${text.slice(0, largestBytes - 500)}\n\n## Changed: ${what}\n\n` +
    `This section was added as ${what}, so that the content is another one. It has to replace ` +
    "what was remembered of the file before, and nobody may find the older text under its name " +
    "any more, whatever was ended by force in the meantime.\n";
}

/** npm's own packages: many more READMEs where npm was installed beside Node. */
function globalModules(): string {
  try {
    return execFileSync("npm", ["root", "-g"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

function findMarkdown(folder: string): string[] {
  if (folder === "") return [];
  const found: string[] = [];
  const visit = (at: string) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && entry.name.endsWith(".md") && statSync(path).size < 1_000_000) {
        found.push(path);
      }
    }
  };
  try {
    visit(folder);
  } catch {
    // A folder that is not there or not ours gives nothing.
  }
  return found.sort();
}
