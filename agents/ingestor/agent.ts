import { assign, defineAgent, reply, spawnAgent, tell } from "../../src/index.ts";
import { needsPage, needsReturn, paged, push, returned, waiting } from "./backlog.ts";
import { accepts, replies } from "./messages.ts";
import { ingestor, slot } from "./slot.ts";
import { counted, freshContext, noted, slotCount } from "./state.ts";

const pages = "/backlog";

const machine = ingestor.createMachine({
  context: freshContext,
  type: "parallel",
  states: Object.fromEntries(
    Array.from({ length: slotCount }, (_, i) => [`slot${i}`, slot(i)]),
  ),
  always: [
    {
      guard: ({ context }) => needsPage(context.backlog),
      actions: [
        spawnAgent(({ context, event }) => ({
          under: pages,
          name: pageName(event),
          kind: "backlog-page",
          input: { entries: context.backlog.back },
        })),
        assign(({ context, event }) => ({ backlog: paged(context.backlog, pageName(event)) })),
      ],
    },
    {
      guard: ({ context }) => needsReturn(context.backlog),
      actions: [
        tell(({ context }) => `${pages}/${context.backlog.pages[0]}`, "page.return", {}),
        assign(({ context }) => ({ backlog: { ...context.backlog, isReturning: true } })),
      ],
    },
  ],
  on: {
    "file.found": {
      actions: assign(({ context, event: { path, hash } }) => ({
        ...counted(context, { found: 1 }),
        backlog: push(context.backlog, { path, hash }),
      })),
    },
    "file.removed": {
      actions: assign(({ context, event: { path } }) => ({
        backlog: push(context.backlog, { path, hash: null }),
      })),
    },
    "file.skipped": {
      actions: assign(({ context, event: { path, code, message } }) => ({
        ...counted(context, { skipped: 1 }),
        ...noted(context, { path, code, message: message ?? code }),
      })),
    },
    "document.read": {
      actions: assign(({ context }) => counted(context, { read: 1, reading: -1 })),
    },
    "document.superseded": {
      actions: assign(({ context }) => counted(context, { superseded: 1, reading: -1 })),
    },
    "document.failed": {
      actions: assign(({ context, event: { path, code, message } }) => ({
        ...counted(context, { failed: 1, reading: -1 }),
        ...noted(context, { path, code, message }),
      })),
    },
    "page.returned": {
      actions: assign(({ context, event }) => ({
        backlog: returned(context.backlog, event.entries),
      })),
    },
    "status": {
      actions: reply(({ context }) => ({
        ...context.counts,
        ...waiting(context.backlog),
        problems: context.problems,
      })),
    },
    "system.undelivered": [
      {
        // Somebody reads this content already.
        guard: ({ event }) => event.to === "/readers" && event.code === "address_taken",
        actions: assign(({ context }) => counted(context, { reading: -1 })),
      },
      {
        guard: ({ event }) => event.to === "/readers",
        actions: assign(({ context, event: { code, message } }) => ({
          ...counted(context, { reading: -1, failed: 1 }),
          ...noted(context, { path: "", code, message }),
        })),
      },
      {
        guard: ({ context, event }) => event.to === `${pages}/${context.backlog.pages[0]}`,
        actions: assign(({ context, event: { to, code, message } }) => ({
          ...noted(context, { path: to, code, message }),
          backlog: returned(context.backlog, []),
        })),
      },
    ],
  },
});

/** The envelope that made the back full names the page: no two have one name. */
function pageName(event: { type: string }): string {
  return (event as { envelope?: { id: string } }).envelope?.id ?? "page";
}

/** Decides what is read: asks memory about every change of the inbox, and starts readers. */
export default defineAgent({
  kind: "ingestor",
  accepts,
  replies,
  needs: { calls: ["memory.link", "memory.unlink"] },
  machine,
});
