/** What the API's document tells of a route: one source for people, generated clients and tests. */
import type { z } from "zod";
import type { ErrorCode } from "../errors.ts";

/** Groups of the reference. */
export const tags = {
  agents: "Agents, their states and what people do to them",
  messages: "Messages, asks and dead letters",
  system: "The system as a whole",
  code: "The code that agents are made of",
  logs: "The central log",
  tokens: "Who may use the API",
} as const;
export type Tag = keyof typeof tags;

export type RequestHeader = "Idempotency-Key" | "traceparent" | "Last-Event-ID";

interface Answer {
  /** Default 200. */
  status?: 200 | 201 | 202;
  /** What it holds; of a stream of events, the data of one. */
  answer: z.ZodType;
  /** Default `application/json`. */
  media?: "text/event-stream";
}

/** An answer whose body is no JSON. */
interface Text {
  media: "application/gzip" | "text/html" | "text/plain" | "application/openmetrics-text";
  /** What it is. */
  holds: string;
}

/** No body at all. */
interface Nothing {
  status: 204;
}

export type About = (Answer | Text | Nothing) & {
  /** Name of the operation in generated clients. */
  id: string;
  tag: Tag;
  /** Without a full stop. */
  summary: string;
  /** What a caller must know beside that. */
  more?: string;
  body?: z.ZodType;
  /** The body may be left out. */
  mayBeEmpty?: true;
  query?: z.ZodObject;
  reads?: readonly RequestHeader[];
  /** Codes beside those that its parts bring with them: token, body, query, address. */
  refuses?: readonly ErrorCode[];
};
