import {
  assertEvent,
  assign,
  defineAgent,
  now,
  refuse,
  reply,
  setupAgent,
  spawnChild,
  stopChild,
  z,
} from "../../src/index.ts";
import { report, type Reported } from "./report.ts";
import { help, type Trouble, unknown } from "./words.ts";

const accepts = {
  "status": z.object({}),
  /** What a person types: "status", "problems", "help". */
  "command": z.object({ text: z.string().max(1_000) }),
  /** From supervisors: an agent was parked, a supervisor gave up. */
  "trouble.reported": z.object({
    from: z.string(),
    problem: z.string(),
    message: z.string().optional(),
  }),
};

const answer = z.object({
  /** The answer in words. */
  text: z.string(),
  troubles: z.array(z.object({
    from: z.string(),
    problem: z.string(),
    message: z.string(),
    atMs: z.number(),
  })).optional(),
  /** What the ingestor and the scribe said; null when they did not answer. */
  ingestor: z.record(z.string(), z.unknown()).nullable().optional(),
  scribe: z.record(z.string(), z.unknown()).nullable().optional(),
});

const mostTroubles = 20;
const mostOpen = 200;

interface Context {
  troubles: Trouble[];
  open: number;
}

const captain = setupAgent({
  accepts,
  types: {} as { context: Context; events: Reported },
  actors: { report },
  guards: {
    isBusy: ({ context }) => context.open >= mostOpen,
    asksStatus: ({ event }) => wordOf(event) === "status",
    asksProblems: ({ event }) => wordOf(event) === "problems",
    asksHelp: ({ event }) => wordOf(event) === "help",
  },
  actions: {
    opened: assign(({ context }) => ({ open: context.open + 1 })),
    sayBusy: refuse("mailbox_full", `${mostOpen} reports are being made; ask again later`),
  },
});

/** The first word of a command, in small letters. */
function wordOf(event: unknown): string {
  const { text = "" } = event as { text?: string };
  return text.trim().split(/\s+/u)[0]!.replace(/[.!?]+$/u, "").toLowerCase();
}

const busy = { guard: "isBusy", actions: "sayBusy" } as const;

const machine = captain.createMachine({
  context: { troubles: [], open: 0 },
  on: {
    "status": [busy, {
      actions: [
        spawnChild("report", {
          id: ({ event }) => event.envelope.id,
          input: ({ context: { troubles }, event }) => {
            assertEvent(event, "status");
            const { id, replyTo } = event.envelope;
            return { id, replyTo, about: "status" as const, troubles };
          },
        }),
        "opened",
      ],
    }],
    "command": [
      { guard: "asksHelp", actions: reply({ text: help }) },
      busy,
      {
        guard: "asksStatus",
        actions: [
          spawnChild("report", {
            id: ({ event }) => event.envelope.id,
            input: ({ context: { troubles }, event }) => {
              assertEvent(event, "command");
              const { id, replyTo } = event.envelope;
              return { id, replyTo, about: "status" as const, troubles };
            },
          }),
          "opened",
        ],
      },
      {
        guard: "asksProblems",
        actions: [
          spawnChild("report", {
            id: ({ event }) => event.envelope.id,
            input: ({ context: { troubles }, event }) => {
              assertEvent(event, "command");
              const { id, replyTo } = event.envelope;
              return { id, replyTo, about: "problems" as const, troubles };
            },
          }),
          "opened",
        ],
      },
      { actions: reply(({ event }) => ({ text: unknown(event.text) })) },
    ],
    "report.made": {
      actions: [
        stopChild(({ event }) => event.id),
        assign(({ context }) => ({ open: Math.max(0, context.open - 1) })),
      ],
    },
    "trouble.reported": {
      actions: assign(({ context, event: { from, problem, message = "" } }) => ({
        troubles: [...context.troubles, {
          from: from.slice(0, 600),
          problem: problem.slice(0, 200),
          message: message.slice(0, 500),
          atMs: now(),
        }].slice(-mostTroubles),
      })),
    },
  },
});

/** Takes commands from people and reports of trouble, and tells in words how the swarm is doing. */
export default defineAgent({
  kind: "captain",
  accepts,
  replies: { status: answer, command: answer },
  machine,
});
