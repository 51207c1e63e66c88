/** What the scribe hears and answers; the shapes of memory. */
import { z } from "../../src/index.ts";

const texts = z.array(z.string());

const document = z.object({
  /** SHA-256 of the content, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  title: z.string(),
  format: z.string().max(40),
  /** ISO 8601. */
  dates: texts,
  links: texts,
  keySentences: texts,
  keyPhrases: texts,
  passages: z.array(z.object({ headings: texts, text: z.string() })),
});

const hit = z.object({
  sources: texts,
  title: z.string(),
  headings: texts,
  text: z.string(),
  /** Higher is better; comparable within one answer only. */
  score: z.number(),
  deleted: z.boolean(),
});

export const accepts = {
  "document.keep": z.object({ document }),
  "recall": z.object({
    query: z.string().min(1).max(1_000),
    limit: z.number().int().min(1).max(100).optional(),
  }),
  "status": z.object({}),
};

const stats = z.object({
  documents: z.number(),
  passages: z.number(),
  sources: z.number(),
  deletedSources: z.number(),
  /** Files that are there and whose content is remembered. */
  rememberedSources: z.number(),
});

export const replies = {
  "document.keep": z.object({ added: z.boolean() }),
  "recall": z.object({ hits: z.array(hit) }),
  "status": stats.extend({ open: z.number() }),
};
