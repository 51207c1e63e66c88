/** Carries out what the person wants, and tells what came of it. */
import type { Client } from "../../api/client.ts";
import type { Clock } from "../../clock.ts";
import { errorKinds, toErrorData } from "../../errors.ts";
import { systemIds } from "../../ids.ts";
import { findHidden, listMore } from "./hidden.ts";
import { textLines } from "./text-lines.ts";
import { goTo } from "./move.ts";
import { notice } from "./notice.ts";
import type { State, Want } from "./state.ts";
import { offerTypes } from "./write.ts";
import { within } from "./within.ts";

const verbMs = 30_000;
const askMs = 35_000;
const readMs = 5_000;
const mostMessages = 500;

/** What is done by requests. */
export type Act = Exclude<Want, { do: "quit" | "suspend" | "redraw" | "look" | "leave" }>;

/** Does it; a refusal is shown, never thrown. */
export async function carryOut(
  act: Act,
  { state, client, clock }: { state: State; client: Client | null; clock: Clock },
): Promise<void> {
  if (!client) return notice(state, "There is no service to do it", true);
  try {
    await doIt(act, state, client, clock);
  } catch (error) {
    const { code, message } = toErrorData(error);
    notice(state, `${code}: ${message} ${errorKinds[code].hint}`, true);
  }
}

async function doIt(act: Act, state: State, client: Client, clock: Clock): Promise<void> {
  switch (act.do) {
    case "verb": {
      const { do: _do, verb, address, ...how } = act;
      notice(state, `${verb} ${address} …`, false);
      const { agents } = await within(
        clock,
        verbMs,
        (signal) => client.carryOut(verb, address, { ...how, signal }),
      );
      return tellVerb(state, verb, agents);
    }
    case "send":
    case "ask":
      return await sendOrAsk(act, state, client, clock);
    case "replay": {
      const { id } = await within(clock, readMs, (signal) => client.replay(act.letter, { signal }));
      return notice(state, `Dead letter ${act.letter} sent again as …${id.slice(-6)}`, false);
    }
    case "drop":
      await within(clock, readMs, () => client.dropLetter(act.letter));
      return notice(state, `Dead letter ${act.letter} dropped`, false);
    case "types": {
      const { accepts } = await within(clock, readMs, () => client.agent(act.address));
      return offerTypes(state, act.address, accepts);
    }
    case "cause":
      return await goToSender(act.address, state, client, clock);
    case "more":
      return await listMore(act.address, state, client, clock);
    case "find":
      return await findHidden(act.search, state, client, clock);
  }
}

type Outcomes = Awaited<ReturnType<Client["carryOut"]>>["agents"];

function tellVerb(state: State, verb: string, agents: Outcomes): void {
  const refused = agents.filter(({ error }) => error !== null);
  const [one] = agents;
  if (agents.length !== 1 || !one) {
    const bad = refused.length > 0 ? `, ${refused.length} refused: ${refused[0]!.error!.code}` : "";
    return notice(state, `${verb}: ${agents.length - refused.length} agents${bad}`, bad !== "");
  }
  if (one.error) return notice(state, `${one.error.code}: ${one.error.message}`, true);
  const intent = one.intent === null ? "" : `, will ${one.intent}`;
  notice(state, `${one.address}: ${one.from} → ${one.status ?? "gone"}${intent}`, false);
}

async function sendOrAsk(
  { do: what, to, type, payload }: Extract<Act, { do: "send" | "ask" }>,
  state: State,
  client: Client,
  clock: Clock,
): Promise<void> {
  const message = { to, type, payload };
  if (what === "send") {
    const idempotencyKey = systemIds(clock).uuid();
    const { id } = await within(
      clock,
      readMs,
      (signal) => client.send(message, { idempotencyKey, signal }),
    );
    state.mode = { name: "browse" };
    return notice(state, `Sent ${type} to ${to} as …${id.slice(-6)}`, false);
  }
  notice(state, `Asking ${to} …`, false);
  const { reply } = await within(clock, askMs, (signal) => client.ask(message, { signal }));
  state.notice = null;
  const lines = textLines(JSON.stringify(reply, null, 2), state.columns);
  state.mode = { name: "text", title: `${to} replied to ${type}`, lines, top: 0 };
}

/** Chooses who has sent most of what waits in the mailbox. */
async function goToSender(address: string, state: State, client: Client, clock: Clock) {
  const { items } = await within(
    clock,
    readMs,
    () => client.messages({ to: address, limit: mostMessages }),
  );
  const waiting = items.filter(({ status }) => status === "pending");
  const counts = new Map<string, number>();
  for (const { from } of waiting.length > 0 ? waiting : items) {
    counts.set(from, (counts.get(from) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  if (!most) return notice(state, `Nobody has sent anything to ${address}`, false);
  const [from, count] = most;
  if (!state.swarm.find(from)) {
    return notice(state, `${from} has sent most: ${count} of the newest ${items.length}`, false);
  }
  goTo(state, from);
  notice(state, `${from} sends ${address} most: ${count} of the newest ${items.length}`, false);
}
