/** Actions and children that many cases share. */
import { assign, fromObservable, fromPromise, fromTransition, log, sendParent } from "xstate";
import { type Given, hour, machine } from "../case.ts";

/** Counts under `key`. */
export const add = (key: string): never =>
  assign(({ context }: Given) => ({ [key]: (context[key] as number ?? 0) + 1 })) as never;

/** Keeps what `read` finds in the event. */
export const put = (key: string, read: (event: Given["event"]) => unknown = () => true): never =>
  assign(({ event }: Given) => ({ [key]: read(event) })) as never;

export const output = (event: Given["event"]) => event["output"];
export const failure = (event: Given["event"]) => {
  const error = event["error"];
  return error instanceof Error ? `${error.name}: ${error.message}` : error;
};
export const fail = (message: string): never =>
  assign(() => {
    throw new RangeError(message);
  }) as never;

/** Counts pings, answers, ticks once after two hours, ends on "end", fails on "fail". */
export const kid = () =>
  machine({
    id: "kid",
    context: ({ input }: { input: unknown }) => ({ pings: 0, input }),
    initial: "on",
    output: ({ context }: Given) => context["pings"],
    states: {
      on: {
        entry: log("kid on"),
        exit: log("kid off"),
        after: { [2 * hour]: { actions: [add("ticks"), sendParent({ type: "tick" })] } },
        on: {
          ping: {
            actions: [
              add("pings"),
              sendParent(({ context }) => ({ type: "pong", n: (context as never)["pings"] })),
            ],
          },
          end: "end",
          fail: { actions: fail("kid failed") },
        },
      },
      end: { type: "final" },
    },
  });

/** Sums what it hears, from its input on. */
export const sum = () =>
  fromTransition(
    (total: number, event: { type: string; by?: number }) => total + (event.by ?? 0),
    ({ input }: { input: number }) => input,
  );

/** Twice its input, once the current work is done. */
export const twice = () =>
  fromPromise(({ input }) => Promise.resolve((input as { n: number }).n * 2));

export const broken = () => fromPromise(() => Promise.reject(new TypeError("broken")));

export interface Listener {
  next?(value: unknown): void;
  error?(error: unknown): void;
  complete?(): void;
}

/** An observable that does what `say` does, one microtask after it was subscribed to. */
export const saying = (say: (listener: Listener) => void): never =>
  ({
    subscribe(listener: Listener) {
      let isOver = false;
      void Promise.resolve().then(() => isOver || say(listener));
      return { unsubscribe: () => void (isOver = true) };
    },
  }) as never;

export const counting = (to: number) =>
  fromObservable(() =>
    saying((listener) => {
      for (let n = 1; n <= to; n++) listener.next?.(n);
      listener.complete?.();
    })
  );
