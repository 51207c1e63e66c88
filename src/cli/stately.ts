/** Turns in the words of Stately's inspector protocol (@statelyai/inspect 0.7). */
import type { TurnView } from "../api/client.ts";

/** Version of the protocol that is spoken. */
const protocol = "0.7.2";

interface Base {
  _version: string;
  sessionId: string;
  rootId: string;
  createdAt: string;
  id: string | null;
}

export type StatelyEvent =
  & Base
  & (
    | {
      type: "@xstate.actor";
      name: string;
      parentId: string | undefined;
      definition: string | undefined;
      snapshot: unknown;
    }
    | { type: "@xstate.event"; event: { type: string }; sourceId: string | undefined }
    | { type: "@xstate.snapshot"; event: { type: string }; snapshot: unknown }
  );

/** An actor as it is stored. */
interface Actor {
  sid?: string;
  status?: string;
  value?: unknown;
  context?: unknown;
  output?: unknown;
  snapshot?: unknown;
  children?: Record<string, { src: string; id?: string; actor: Actor }>;
}

/** Makes events of turns; remembers which actors have been announced. */
export class StatelyEvents {
  readonly #known = new Set<string>();

  /** The agent and its children that are new, the messages, and how all of them stand now. */
  of(view: TurnView): StatelyEvent[] {
    const { address, envelopes } = view;
    const base = { _version: protocol, rootId: address, createdAt: String(view.atMs) };
    const events: StatelyEvent[] = [];
    const root = (view.root ?? {}) as Actor;
    this.#announce(events, base, view, root);
    let last: { type: string } = { type: "xstate.init" };
    for (const { id, kind, from, type, payload } of envelopes) {
      const isWord = kind === "message" || kind === "system";
      const data = typeof payload === "object" && !Array.isArray(payload) ? payload : { payload };
      last = { ...data, type: isWord ? type : `dreamos.${kind}` };
      const sourceId = from === "" ? undefined : from;
      events.push({
        ...base,
        type: "@xstate.event",
        sessionId: address,
        id,
        event: last,
        sourceId,
      });
    }
    this.#stand(events, base, { sessionId: address, actor: root, tags: view.tags, event: last });
    return events;
  }

  #announce(
    events: StatelyEvent[],
    base: Omit<Base, "sessionId" | "id">,
    { address, chart }: TurnView,
    root: Actor,
  ): void {
    const visit = (actor: Actor, at: { sessionId: string; name: string; parentId?: string }) => {
      const { sessionId, name, parentId } = at;
      if (!this.#known.has(sessionId)) {
        this.#known.add(sessionId);
        const definition = parentId === undefined
          ? chart ?? JSON.stringify({ id: name })
          : JSON.stringify({ id: name });
        const snapshot = snapshotOf(actor, []);
        const about = { name, parentId, definition, snapshot, sessionId, id: null };
        events.push({ ...base, type: "@xstate.actor", ...about });
      }
      for (const [key, child] of Object.entries(actor.children ?? {})) {
        const id = childSession(address, child.actor, key);
        visit(child.actor, { sessionId: id, name: child.id ?? key, parentId: sessionId });
      }
    };
    visit(root, { sessionId: address, name: address });
  }

  #stand(
    events: StatelyEvent[],
    base: Omit<Base, "sessionId" | "id">,
    told: { sessionId: string; actor: Actor; tags: string[]; event: { type: string } },
  ): void {
    const { sessionId, actor, tags, event } = told;
    const snapshot = snapshotOf(actor, tags);
    events.push({ ...base, type: "@xstate.snapshot", sessionId, id: null, event, snapshot });
    for (const [key, child] of Object.entries(actor.children ?? {})) {
      const id = childSession(base.rootId, child.actor, key);
      this.#stand(events, base, { sessionId: id, actor: child.actor, tags: [], event });
    }
  }
}

/** Session ids of children are counted per agent. */
function childSession(address: string, { sid }: Actor, key: string): string {
  return `${address}#${sid ?? key}`;
}

function snapshotOf(actor: Actor, tags: string[]): unknown {
  const { status = "active", value, context, output, snapshot } = actor;
  if (snapshot !== undefined) return snapshot;
  return { status, value, context, output, tags };
}
