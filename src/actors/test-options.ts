/** What `testAgent` can be told. */
import type { AnyStateMachine, InputFrom } from "xstate";
import type { Calls } from "./calls.ts";
import type { StoredState } from "./protocol.ts";
import type { Stub } from "./test-outside.ts";

type CallStubs =
  & {
    [K in keyof Calls]?: (
      input: Calls[K]["input"],
    ) => Calls[K]["output"] | Promise<Calls[K]["output"]>;
  }
  & { [name: string]: Stub };

export interface TestOptions<M extends AnyStateMachine = AnyStateMachine> {
  input?: InputFrom<M>;
  /** Default `/test`. */
  address?: string;
  /** Epoch ms at which the test's clock stands at first; default 2026-01-01 UTC. */
  startAtMs?: number;
  /** Answers by the name of the call. Without one a call stays open (`open`, `answer`). */
  calls?: CallStubs;
  /** Answers by the message type of the ask. */
  asks?: Record<string, Stub>;
  /** After each turn the thread is lost and a new one goes on from the stored JSON. */
  crashAfterEveryTurn?: boolean;
  /** Goes on from here instead of afresh: `stored` of another test, or of an older version. */
  stored?: StoredState;
}
