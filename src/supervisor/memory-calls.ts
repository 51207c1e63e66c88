/** The `memory.*` calls: carried out by the store itself, under the call's id (R2). */
import { z } from "zod";
import { DreamError } from "../errors.ts";
import type { Store } from "../storage/store.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "wanted a SHA-256 in lower-case hex");
const path = z.string().min(1).max(4096);
const texts = z.array(z.string()).max(10_000);

const documentInput = z.strictObject({
  hash,
  title: z.string(),
  format: z.string().max(40),
  dates: texts,
  links: texts,
  keySentences: texts,
  keyPhrases: texts,
  passages: z.array(z.strictObject({ headings: texts, text: z.string() })).max(100_000),
});

const inputs = {
  "memory.link": z.strictObject({ path, hash }),
  "memory.unlink": z.strictObject({ path }),
  "memory.put": z.strictObject({ document: documentInput }),
  "memory.recall": z.strictObject({
    query: z.string().max(10_000),
    limit: z.number().int().min(1).max(100).default(5),
    includeDeleted: z.boolean().default(false),
  }),
  "memory.stats": z.strictObject({}),
};

type MemoryCall = keyof typeof inputs;

/** Every call that the store itself carries out. */
export const memoryCalls: readonly string[] = Object.keys(inputs);

export function isMemoryCall(name: string): name is MemoryCall {
  return Object.hasOwn(inputs, name);
}

/**
 * Carries out one call.
 *
 * @param key the call's id: the same key again changes nothing and gives the first answer
 * @throws {DreamError} `bad_request` naming the field
 */
export async function runMemoryCall(
  store: Store,
  key: string,
  name: MemoryCall,
  input: unknown,
  atMs: number,
): Promise<unknown> {
  const { memory } = store;
  switch (name) {
    case "memory.link": {
      const { path, hash } = read(name, inputs[name], input);
      return await memory.link(key, path, hash, atMs);
    }
    case "memory.unlink":
      return await memory.unlink(key, read(name, inputs[name], input).path, atMs);
    case "memory.put":
      return await memory.put(key, read(name, inputs[name], input).document, atMs);
    case "memory.recall": {
      const { query, limit, includeDeleted } = read(name, inputs[name], input);
      return { hits: await memory.recall(query, { limit, includeDeleted }) };
    }
    case "memory.stats":
      read(name, inputs[name], input);
      return await memory.stats();
  }
}

function read<T>(name: string, schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const at = issue.path.join(".") || "input";
  throw new DreamError("bad_request", `Cannot call ${name}: ${at}: ${issue.message}`);
}
