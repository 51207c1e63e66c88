/** A machine in XState's own `createActor`, on a simulated clock. */
import { type AnyActorRef, createActor, type EventObject, SimulatedClock } from "xstate";
import type { ActionInfo, DurableRequest } from "../../src/actors/durable-mark.ts";
import { resolverOf } from "../../src/actors/durable-mark.ts";
import type { InnerAction, InnerActor } from "../../src/actors/xstate-inner.ts";
import type { ConformOptions, Step } from "./case.ts";
import { breathe, hasStopped, type Seen, timerText, traceOf, treeOf } from "./look.ts";

interface Scheduled {
  source: AnyActorRef;
  target: AnyActorRef;
  event: EventObject;
  delay: number;
}

/** The envelope of an ask, as far as a machine sees it. */
export const asking = { to: "/asker", ask: "a1.0", expiresAtMs: 9e15 };

/** @returns what was to be seen at the start and after each step */
export async function runLive(
  machine: object,
  steps: readonly Step[],
  options: ConformOptions,
): Promise<Seen[]> {
  const clock = new SimulatedClock();
  const said: unknown[] = [];
  const sent: unknown[] = [];
  const trace: string[] = [];
  const watch = traceOf(trace);
  const actor = createActor(machine as never, {
    clock,
    input: options.input,
    logger: (...parts: unknown[]) => said.push(["log", ...parts]),
    inspect: (seen: { type: string; actorRef: InnerActor }) => {
      if (seen.type === "@xstate.actor") {
        seen.actorRef.subscribe({ error: () => {} });
        seen.actorRef.on("*", (event) => said.push(["emit", event]));
        catchRequests(seen.actorRef, sent);
      }
      watch(seen);
    },
  } as never);
  const inner = actor as unknown as InnerActor;
  const all: Seen[] = [];
  const look = () => {
    all.push({
      tree: treeOf(inner),
      said: said.splice(0),
      sent: sent.splice(0),
      timers: timersOf(actor.system.getSnapshot()._scheduledEvents),
      trace: trace.splice(0),
    });
  };
  actor.start();
  look();
  for (const step of steps) {
    if ("send" in step) actor.send({ ...step.send, envelope: { replyTo: null } } as never);
    else if ("ask" in step) actor.send({ ...step.ask, envelope: { replyTo: asking } } as never);
    else if ("wait" in step) {
      for (let i = 0; i < step.wait; i++) clock.increment(options.unitMs ?? 1);
    } else await breathe();
    look();
  }
  actor.stop();
  return all;
}

function timersOf(rows: Record<string, unknown>): string[] {
  return Object.values(rows as Record<string, Scheduled>)
    .map(({ source, target, event, delay }) => {
      const to = hasStopped(target as never) ? "x:0" : target.id;
      return timerText(source.id, to, event.type, delay);
    })
    .sort();
}

/** Tells and replies do nothing in plain XState: here they are written down. */
function catchRequests(actor: InnerActor, sent: unknown[]): void {
  const scope = Reflect.get(actor, "_actorScope") as {
    actionExecutor(action: InnerAction): void;
  };
  const execute = scope.actionExecutor;
  scope.actionExecutor = (action) => {
    const resolve = typeof action.exec === "function" ? resolverOf(action.exec) : undefined;
    if (!resolve) return execute(action);
    const request = resolve(action.info as ActionInfo, action.params);
    if (request) sent.push(requestSeen(request));
  };
}

/** A request with what comparing needs. */
function requestSeen(request: DurableRequest): unknown {
  if (request.kind === "send") return ["send", request.to, request.type, request.payload ?? {}];
  if (request.kind === "reply") return ["reply", request.replyTo.to, request.outcome];
  return [request.kind];
}
