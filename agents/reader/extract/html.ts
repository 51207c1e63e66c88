/**
 * HTML: what a person would read, without scripts, styles and navigation. Works on the tokens alone
 * (no tree), so that its time grows with the length of the text however deep it nests.
 */
import { Tokenizer, type TokenizerCallbacks } from "htmlparser2";
import { type Block, oneLine, type Parts } from "./parts.ts";

const unread = new Set(
  "script style nav noscript template svg math iframe object canvas select".split(" "),
);
const breaks = new Set(
  ("address article aside blockquote body caption center dd details dialog div dl dt fieldset " +
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html li main ol p pre " +
    "section summary table tbody tfoot thead title tr ul").split(" "),
);

export function readHtml(text: string): Parts {
  const page = new Page(text);
  const tokens = new Tokenizer({ decodeEntities: true }, callbacks(text, page));
  tokens.write(text);
  tokens.end();
  page.flush();
  return { title: page.title, blocks: page.blocks, links: page.links };
}

/** Collects names and the two attributes that matter, and tells the page. */
function callbacks(text: string, page: Page): TokenizerCallbacks {
  let name = "";
  let attribute = "";
  let value = "";
  let attributes: Record<"href" | "alt", string> = { href: "", alt: "" };
  const wanted = () => attribute === "href" || attribute === "alt";
  const nothing = () => {};
  const opened = (end: number) => page.open(name, attributes, end);
  return {
    onopentagname(start, end) {
      name = text.slice(start, end).toLowerCase();
      attributes = { href: "", alt: "" };
    },
    onattribname(start, end) {
      attribute = text.slice(start, end).toLowerCase();
      value = "";
    },
    onattribdata(start, end) {
      if (wanted()) value += text.slice(start, end);
    },
    onattribentity(codePoint) {
      if (wanted()) value += String.fromCodePoint(codePoint);
    },
    onattribend() {
      if (attribute === "href" || attribute === "alt") attributes[attribute] = value;
    },
    onopentagend: opened,
    onselfclosingtag: opened,
    onclosetag: (start, end) => page.close(text.slice(start, end).toLowerCase()),
    ontext: (start, end) => page.text(text.slice(start, end)),
    ontextentity: (codePoint) => page.text(String.fromCodePoint(codePoint)),
    oncdata: (start, end) => page.text(text.slice(start, end)),
    oncomment: nothing,
    ondeclaration: nothing,
    onprocessinginstruction: nothing,
    onend: nothing,
  };
}

class Page {
  readonly blocks: Block[] = [];
  readonly links: string[] = [];
  title: string | null = null;
  #text = "";
  /** Name of the unread element that is open, and how many of that name are open in it. */
  #unread: string | null = null;
  #unreadDepth = 0;
  #preformatted = 0;
  #heading = 0;
  #inTitle = false;
  /** Where the last end tag of an unread element stands: one that is never closed hides nothing. */
  readonly #lastEnd = new Map<string, number>();

  constructor(text: string) {
    for (const end of text.matchAll(/<\/([a-z]+)/giu)) {
      const name = end[1]!.toLowerCase();
      if (unread.has(name)) this.#lastEnd.set(name, end.index);
    }
  }

  text(text: string): void {
    if (this.#unread !== null) return;
    // Line breaks of the source are spaces; those that people see come from <br> and <pre>.
    this.#text += this.#preformatted > 0 ? text : text.replace(/\s+/gu, " ");
  }

  open(name: string, attributes: { href: string; alt: string }, at: number): void {
    if (this.#unread !== null) {
      if (name === this.#unread) this.#unreadDepth++;
      return;
    }
    if (unread.has(name) && (this.#lastEnd.get(name) ?? -1) >= at) {
      this.#unread = name;
      this.#unreadDepth = 1;
      return;
    }
    if (breaks.has(name)) this.flush();
    if (name === "pre") this.#preformatted++;
    if (name === "br") this.#text += "\n";
    if ((name === "td" || name === "th") && this.#text.trim() !== "") this.#text += " | ";
    if (name === "li") this.#text += "- ";
    if (name === "title") this.#inTitle = true;
    if (/^h[1-6]$/u.test(name)) this.#heading = Number(name[1]);
    if (name === "a" && attributes.href !== "") this.links.push(attributes.href);
    if (name === "img" && attributes.alt !== "") this.#text += ` ${attributes.alt} `;
  }

  close(name: string): void {
    if (this.#unread !== null) {
      if (name === this.#unread && --this.#unreadDepth === 0) this.#unread = null;
      return;
    }
    if (breaks.has(name)) this.flush();
    if (name === "pre") this.#preformatted = Math.max(0, this.#preformatted - 1);
    if (name === "title") this.#inTitle = false;
    if (/^h[1-6]$/u.test(name)) this.#heading = 0;
  }

  /** Ends a block: the text so far is one paragraph, heading, row or piece of code. */
  flush(): void {
    const raw = this.#text;
    this.#text = "";
    if (raw.trim() === "" || raw.trim() === "-") return;
    if (this.#inTitle && this.title === null) {
      this.title = oneLine(raw);
    } else if (this.#heading > 0) {
      this.blocks.push({ type: "heading", depth: this.#heading, text: raw });
    } else if (this.#preformatted > 0) {
      this.blocks.push({ type: "other", text: raw.replace(/^\n+|\s+$/gu, "") });
    } else {
      const lines = raw.split("\n").map(oneLine).filter((line) => line !== "");
      this.blocks.push({ type: "prose", text: lines.join("\n") });
    }
  }
}
