/** What the document tells of messages, asks, dead letters and events. */
import { z } from "zod";
import type { ErrorCode } from "../../errors.ts";
import type { About } from "../about.ts";
import { requestSchemas } from "../requests.ts";
import * as shapes from "../shapes/messages.ts";
import { pageOf } from "../shapes/words.ts";

const tag = "messages";

/** Why an agent does not take what is sent to it. */
const untaken = [
  ...["agent_not_found", "not_an_agent", "unknown_type", "reserved_type", "mailbox_full"] as const,
  ...["agent_stopped", "agent_ended", "agent_parked"] as const,
  "invalid_address",
] as const satisfies readonly ErrorCode[];

/** How an ask can end that was taken. */
const unanswered = [
  ...["ask_timeout", "deadlock", "agent_refused", "agent_failed", "expired", "killed"] as const,
  ...["crashed", "poison", "stalled", "looping", "out_of_memory", "undelivered"] as const,
  ...["not_durable", "definition_changed", "bad_state", "denied", "host_lost"] as const,
] as const satisfies readonly ErrorCode[];

export const send: About = {
  ...{ id: "sendMessages", tag, summary: "Send one message, or many whole or not at all" },
  more: "Answered once they are durable. With the same Idempotency-Key they are sent once.",
  reads: ["Idempotency-Key", "traceparent"],
  body: z.union([requestSchemas.message, z.array(requestSchemas.message).min(1)]),
  status: 202,
  answer: shapes.sent,
  refuses: untaken,
};

export const ask: About = {
  ...{ id: "askAgent", tag, summary: "Ask an agent and wait for its reply" },
  more: "An agent may also end an ask with a code of its own.",
  reads: ["Idempotency-Key", "traceparent"],
  body: requestSchemas.ask,
  answer: shapes.replied,
  refuses: [...untaken, ...unanswered, "ask_not_found"],
};

export const readAsk: About = {
  ...{ id: "readAsk", tag, summary: "How an ask ended; null while it is open" },
  answer: shapes.ask,
  refuses: ["ask_not_found"],
};

export const list: About = {
  ...{ id: "listMessages", tag, summary: "Messages, newest first" },
  query: requestSchemas.messagesQuery,
  answer: pageOf(shapes.message),
};

export const deadLetters: About = {
  ...{ id: "listDeadLetters", tag, summary: "Dead letters, newest first" },
  query: requestSchemas.deadLettersQuery,
  answer: pageOf(shapes.deadLetter),
};

export const deadLetter: About = {
  ...{ id: "readDeadLetter", tag, summary: "One dead letter" },
  answer: shapes.deadLetter,
  refuses: ["letter_not_found", "bad_request"],
};

export const replay: About = {
  ...{ id: "replayDeadLetter", tag, summary: "Send a dead letter's message again, once" },
  reads: ["Idempotency-Key"],
  status: 202,
  answer: shapes.replayed,
  refuses: ["letter_not_found", "not_replayable", "bad_request", "invalid_payload", ...untaken],
};

export const dropLetter: About = {
  ...{ id: "dropDeadLetter", tag, summary: "Forget a dead letter" },
  status: 204,
  refuses: ["letter_not_found", "bad_request"],
};

export const events: About = {
  ...{ id: "followEvents", tag, summary: "Durable events, oldest first, without a gap" },
  more: "Go on behind the last one seen with Last-Event-ID or after. A reader that takes nothing " +
    "is cut off by an event named cut, with the reason; one named gap says first which are kept " +
    "no more.",
  reads: ["Last-Event-ID"],
  query: requestSchemas.eventsQuery,
  media: "text/event-stream",
  answer: shapes.event,
  refuses: ["invalid_address"],
};
