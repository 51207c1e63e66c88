/** The entries of docs/refusals.md, and what the runtime makes of their blocks. */
import { transform } from "esbuild";
import type { AnyStateMachine } from "xstate";
import type { Accepts } from "../../src/actors/agent-types.ts";
import type { AgentDefinition } from "../../src/actors/define-agent.ts";
import { loadBundle } from "../../src/actors/load-bundle.ts";
import { DreamError } from "../../src/errors.ts";
import * as dreamos from "../../src/index.ts";
import { AgentFailed, testAgent } from "../../src/testing.ts";
import { type Block, blocksOf } from "./pages.ts";

export interface Entry {
  title: string;
  refused: Block;
  /** `code: message`, in as many lines as the page needs. */
  says: string;
  instead: Block;
}

export const page = new URL("../../docs/refusals.md", import.meta.url);

/** @throws when an entry lacks one of its three blocks */
export function entriesOf(markdown: string): Entry[] {
  return markdown.split(/^### /m).slice(1).map((part) => {
    const title = part.split("\n")[0]!;
    const blocks = blocksOf(title, part);
    const kinds = blocks.map(({ lang, info }) => `${lang} ${info}`.trim()).join();
    if (kinds !== "ts refused,text,ts instead") throw new Error(`"${title}" has ${kinds}`);
    const [refused, says, instead] = blocks as [Block, Block, Block];
    return { title, refused, says: oneLine(says.text), instead };
  });
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The module that a block stands for: the page leaves its first import out. */
export function moduleOf(block: Block): string {
  const names = Object.keys(dreamos).filter((name) => new RegExp(`\\b${name}\\b`).test(block.text));
  return `import { ${names.join(", ")} } from "dreamos";\n${block.text}`;
}

/** @throws {DreamError} as the thread does that loads it */
async function define(block: Block): Promise<AgentDefinition> {
  const { code } = await transform(moduleOf(block), { loader: "ts", format: "cjs" });
  return loadBundle(code);
}

/**
 * Starts the agent and sends it `go`, where it takes that.
 *
 * @returns its context in the end
 * @throws {DreamError | AgentFailed}
 */
export async function take(block: Block, crashAfterEveryTurn: boolean): Promise<unknown> {
  const definition = await define(block) as never;
  const agent = await testAgent<Accepts, unknown, AnyStateMachine>(definition, {
    crashAfterEveryTurn,
  });
  try {
    const { go } = (definition as AgentDefinition).manifest.accepts;
    if (!go) return agent.context;
    const wantsPath = (go["required"] as string[] | undefined)?.includes("path");
    const asked = agent.ask("go", wantsPath ? { path: "/x" } : {}).catch((error) => error);
    // Whoever answers nothing is asked in vain for 30 s.
    await agent.advance("31s");
    const error: unknown = await asked;
    if (error instanceof AgentFailed) throw error;
    return agent.context;
  } finally {
    agent.stop();
  }
}

/** What the runtime says of a block, `code: message`, and when; null when it takes it. */
export async function wordsFor(
  block: Block,
): Promise<{ words: string; at: "definition" | "turn" } | null> {
  try {
    await take(block, false);
    return null;
  } catch (thrown) {
    if (thrown instanceof AgentFailed) return { words: oneLine(thrown.message), at: "turn" };
    if (!(thrown instanceof DreamError)) throw thrown;
    return { words: oneLine(`${thrown.code}: ${thrown.message}`), at: "definition" };
  }
}
