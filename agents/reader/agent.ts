import {
  ask,
  assign,
  call,
  defineAgent,
  fromPromise,
  setupAgent,
  tell,
  type WorkError,
  z,
} from "../../src/index.ts";
import { type Document, extract, type Extraction, type SourceText } from "./extract/extract.ts";

const accepts = { "source.also": z.object({ path: z.string() }) };
const input = z.object({ path: z.string(), hash: z.string() });

interface Context {
  hash: string;
  /** Where the content is looked for. */
  path: string;
  /** Other places that hold the same content. */
  others: string[];
  /** Times that the file at `path` held something else, or nobody answered. */
  tries: number;
  passages: number;
  failure: WorkError | null;
}

interface FileText {
  text: string;
  hash: string;
  sizeBytes: number;
}

/** What is read must fit in a message of 1 MiB as JSON; more is refused by the call. */
const longestFile = 768 * 1024;
const mostTries = 4;
const mostOthers = 20;
const ingestor = "/ingestor";

const setup = setupAgent({
  accepts,
  types: {} as {
    context: Context;
    input: z.infer<typeof input>;
    output: { outcome: "read" | "failed" | "superseded"; passages: number };
  },
  actors: {
    readFile: call<FileText, { path: string; maxBytes: number }>("file.read"),
    extract: fromPromise<Extraction, SourceText>(({ input }) => Promise.resolve(extract(input))),
    keep: ask<{ added: boolean }, { document: Document }>({
      to: "/scribe",
      type: "document.keep",
      timeoutMs: 60_000,
    }),
  },
  actions: { noteFailure: assign(({ event }) => ({ failure: failureOf(event) })) },
  delays: { pause: ({ context }) => 250 * 4 ** context.tries },
});

/** The result of the state before, which is kept nowhere else: a text would fill the context. */
function outputOf<T>(event: unknown): T {
  return (event as { output: T }).output;
}

function failureOf(event: unknown): WorkError {
  const { error } = event as { error: Partial<WorkError> };
  return {
    code: String(error.code ?? "crashed").slice(0, 100),
    message: String(error.message ?? error).slice(0, 500),
  };
}

const failing = { target: "failed", actions: "noteFailure" } as const;

const machine = setup.createMachine({
  context: ({ input }) => ({
    hash: input.hash,
    path: input.path,
    others: [],
    tries: 0,
    passages: 0,
    failure: null,
  }),
  initial: "reading",
  on: {
    "source.also": {
      actions: assign(({ context: { path, others }, event }) =>
        event.path === path || others.length >= mostOthers
          ? {}
          : { others: [...others, event.path] }
      ),
    },
  },
  states: {
    reading: {
      invoke: {
        id: "read-file",
        src: "readFile",
        input: ({ context }) => ({ path: context.path, maxBytes: longestFile }),
        onDone: [
          {
            guard: ({ context, event }) => event.output.hash === context.hash,
            target: "extracting",
          },
          // Perhaps it is being written: what was announced may be there in a moment.
          { guard: ({ context }) => context.tries < mostTries - 1, target: "pausing" },
          { guard: ({ context }) => context.others.length > 0, target: "elsewhere" },
          { target: "superseded" },
        ],
        onError: [
          { guard: ({ context }) => context.others.length > 0, target: "elsewhere" },
          failing,
        ],
      },
    },
    pausing: {
      after: {
        pause: {
          target: "reading",
          actions: assign(({ context }) => ({ tries: context.tries + 1 })),
        },
      },
    },
    elsewhere: {
      always: {
        target: "reading",
        actions: assign(({ context: { others } }) => ({
          path: others[0]!,
          others: others.slice(1),
          tries: 0,
        })),
      },
    },
    extracting: {
      invoke: {
        id: "extract",
        src: "extract",
        input: ({ context: { path, hash }, event }) => ({
          path,
          hash,
          text: outputOf<FileText>(event).text,
        }),
        onDone: [
          {
            guard: ({ event }) => event.output.ok,
            target: "keeping",
            actions: assign(({ event: { output } }) => ({
              passages: output.ok ? output.document.passages.length : 0,
            })),
          },
          {
            target: "failed",
            actions: assign(({ event: { output } }) => ({
              failure: output.ok ? null : { code: output.code, message: output.message },
            })),
          },
        ],
        onError: failing,
      },
    },
    keeping: {
      invoke: {
        id: "keep",
        src: "keep",
        input: ({ event }) => {
          const extraction = outputOf<Extraction>(event);
          if (!extraction.ok) throw new Error(extraction.message);
          return { document: extraction.document };
        },
        onDone: "read",
        // The text is gone by now: it is read again.
        onError: [
          { guard: ({ context }) => context.tries < mostTries - 1, target: "pausing" },
          failing,
        ],
      },
    },
    read: {
      type: "final",
      entry: tell(ingestor, "document.read", ({ context: { path, hash, passages } }) => ({
        path,
        hash,
        passages,
      })),
    },
    superseded: {
      type: "final",
      entry: tell(ingestor, "document.superseded", ({ context: { path, hash } }) => ({
        path,
        hash,
      })),
    },
    failed: {
      type: "final",
      entry: tell(ingestor, "document.failed", ({ context: { path, hash, failure } }) => ({
        path,
        hash,
        code: failure?.code ?? "crashed",
        message: failure?.message ?? "",
      })),
    },
  },
  output: ({ context, self }) => ({
    outcome: self.getSnapshot().value as "read" | "failed" | "superseded",
    passages: context.passages,
  }),
});

/** Reads one content once: file → passages → scribe. Ends by telling the ingestor how it went. */
export default defineAgent({
  kind: "reader",
  accepts,
  input,
  needs: { calls: ["file.read"] },
  machine,
});
