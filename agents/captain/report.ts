/** One answer of the captain: asks ingestor and scribe side by side, then says what it heard. */
import {
  ask,
  assign,
  now,
  reply,
  type ReplyTo,
  sendParent,
  setupAgent,
  type WorkError,
} from "../../src/index.ts";
import { type Heard, type Ingest, type Memory, problems, status, type Trouble } from "./words.ts";

export interface ReportInput {
  id: string;
  replyTo: ReplyTo | null;
  about: "status" | "problems";
  troubles: Trouble[];
}

interface Context extends ReportInput {
  ingest: Heard<Ingest>;
  memory: Heard<Memory>;
}

/** Tells the parent that the report with this id is made. */
export interface Reported {
  type: "report.made";
  id: string;
}

/** Whoever is silent for this long is said not to answer. */
const patienceMs = 3_000;
const silence = { ok: false, code: "ask_timeout", message: "" } as const;

function silentFor(event: unknown): { ok: false; code: string; message: string } {
  const { code, message } = (event as { error: WorkError }).error;
  return { ok: false, code, message };
}

export const report = setupAgent({
  types: {} as { context: Context; input: ReportInput },
  actors: {
    askIngestor: ask<Ingest>({ to: "/ingestor", type: "status", timeoutMs: patienceMs }),
    askScribe: ask<Memory>({ to: "/scribe", type: "status", timeoutMs: patienceMs }),
  },
}).createMachine({
  context: ({ input }) => ({ ...input, ingest: silence, memory: silence }),
  initial: "asking",
  states: {
    asking: {
      type: "parallel",
      states: {
        ingestor: {
          initial: "open",
          states: {
            open: {
              invoke: {
                id: "ask-ingestor",
                src: "askIngestor",
                input: {},
                onDone: {
                  target: "heard",
                  actions: assign(({ event }) => ({ ingest: { ok: true, value: event.output } })),
                },
                onError: {
                  target: "heard",
                  actions: assign(({ event }) => ({ ingest: silentFor(event) })),
                },
              },
            },
            heard: { type: "final" },
          },
        },
        scribe: {
          initial: "open",
          states: {
            open: {
              invoke: {
                id: "ask-scribe",
                src: "askScribe",
                input: {},
                onDone: {
                  target: "heard",
                  actions: assign(({ event }) => ({ memory: { ok: true, value: event.output } })),
                },
                onError: {
                  target: "heard",
                  actions: assign(({ event }) => ({ memory: silentFor(event) })),
                },
              },
            },
            heard: { type: "final" },
          },
        },
      },
      onDone: "made",
    },
    made: {
      type: "final",
      entry: [
        reply(({ context }) => ({
          text: context.about === "status"
            ? status(context.ingest, context.memory, context.troubles, now())
            : problems(context.ingest, context.troubles),
          troubles: context.troubles,
          ingestor: context.ingest.ok ? context.ingest.value : null,
          scribe: context.memory.ok ? context.memory.value : null,
        }), { to: ({ context }) => context.replyTo }),
        sendParent(({ context }): Reported => ({ type: "report.made", id: context.id })),
      ],
    },
  },
});
