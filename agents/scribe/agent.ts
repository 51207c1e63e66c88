import {
  assertEvent,
  assign,
  defineAgent,
  refuse,
  setupAgent,
  spawnChild,
  stopChild,
} from "../../src/index.ts";
import { accepts, replies } from "./messages.ts";
import { request, type Settled } from "./request.ts";

/** Beyond this many requests at a time the asker is told to come again. */
const mostOpen = 500;

const scribe = setupAgent({
  accepts,
  types: {} as { context: { open: number }; events: Settled },
  actors: {
    put: request("memory.put"),
    recall: request("memory.recall"),
    stats: request("memory.stats"),
  },
  actions: {
    sayBusy: refuse("mailbox_full", `${mostOpen} requests are open at the scribe; ask again later`),
    opened: assign(({ context }) => ({ open: context.open + 1 })),
  },
  guards: { isBusy: ({ context }) => context.open >= mostOpen },
});

const busy = { guard: "isBusy", actions: "sayBusy" } as const;

const machine = scribe.createMachine({
  context: { open: 0 },
  on: {
    "document.keep": [busy, {
      actions: [
        spawnChild("put", {
          id: ({ event }) => event.envelope.id,
          input: ({ event }) => {
            assertEvent(event, "document.keep");
            const { envelope, document } = event;
            return { id: envelope.id, replyTo: envelope.replyTo, input: { document } };
          },
        }),
        "opened",
      ],
    }],
    "recall": [busy, {
      actions: [
        spawnChild("recall", {
          id: ({ event }) => event.envelope.id,
          input: ({ event }) => {
            assertEvent(event, "recall");
            const { envelope, query, limit = 5 } = event;
            return { id: envelope.id, replyTo: envelope.replyTo, input: { query, limit } };
          },
        }),
        "opened",
      ],
    }],
    "status": [busy, {
      actions: [
        spawnChild("stats", {
          id: ({ event }) => event.envelope.id,
          input: ({ context: { open }, event }) => {
            assertEvent(event, "status");
            const { id, replyTo } = event.envelope;
            return { id, replyTo, input: {}, more: { open } };
          },
        }),
        "opened",
      ],
    }],
    "request.settled": {
      actions: [
        stopChild(({ event }) => event.id),
        assign(({ context }) => ({ open: Math.max(0, context.open - 1) })),
      ],
    },
  },
});

/** Keeps the memories and finds them again. */
export default defineAgent({
  kind: "scribe",
  accepts,
  replies,
  needs: { calls: ["memory.put", "memory.recall", "memory.stats"] },
  machine,
});
