/** One request to memory: a call, and its answer to whoever asked. Many run side by side. */
import {
  call,
  refuse,
  reply,
  type ReplyTo,
  sendParent,
  setupAgent,
  type WorkError,
} from "../../src/index.ts";

export interface RequestInput {
  id: string;
  replyTo: ReplyTo | null;
  /** What the call is given. */
  input: Record<string, unknown>;
  /** Added to the answer. */
  more?: Record<string, unknown>;
}

type Context = Pick<RequestInput, "id" | "replyTo" | "more">;

/** Tells the parent that the request with this id is over. */
export interface Settled {
  type: "request.settled";
  id: string;
}

export function request(name: string) {
  return setupAgent({
    types: {} as { context: Context; input: RequestInput },
    actors: { call: call<Record<string, unknown>>(name) },
  }).createMachine({
    // The call's own input may be large and is not kept.
    context: ({ input: { id, replyTo, more = {} } }) => ({ id, replyTo, more }),
    initial: "open",
    states: {
      open: {
        invoke: {
          id: "call",
          src: "call",
          input: ({ event }) => (event as unknown as { input: RequestInput }).input.input,
          onDone: {
            target: "settled",
            actions: reply(
              ({ context, event }) => ({ ...event.output, ...context.more }),
              { to: ({ context }) => context.replyTo },
            ),
          },
          onError: {
            target: "settled",
            actions: refuse(
              ({ event }) => (event.error as WorkError).code,
              ({ event }) => (event.error as WorkError).message,
              { to: ({ context }) => context.replyTo },
            ),
          },
        },
      },
      settled: {
        type: "final",
        entry: sendParent(({ context }): Settled => ({ type: "request.settled", id: context.id })),
      },
    },
  });
}
