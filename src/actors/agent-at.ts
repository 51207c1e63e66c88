/** Addresses that know, for the compiler, what the agent there accepts and how it answers. */
import type { z } from "zod";
import { type Address, parseAddress } from "../address.ts";
import type { Accepts, AnswerTo } from "./agent-types.ts";

/** What others need to know of an agent: `messages.ts` of its folder, or its definition. */
export interface Messages {
  readonly accepts: Accepts;
  readonly replies?: Readonly<Record<string, z.ZodType | undefined>>;
}

declare const messagesOf: unique symbol;

/** Plain text when it runs; can be kept in context. */
export type AgentAddress<M extends Messages> = Address & { readonly [messagesOf]: M };

/** Any text, but no address that is typed: that one must be used with its types. */
export type PlainAddress = string & { readonly [messagesOf]?: undefined };

export type MessageType<M extends Messages> = keyof M["accepts"] & string;

export type PayloadOf<M extends Messages, T extends MessageType<M>> = z.input<M["accepts"][T]>;

/** The reply to a message; `unknown` where `replies` says nothing. */
export type ReplyOf<M extends Messages, T extends MessageType<M>> = AnswerTo<M["replies"], T>;

/** Message types that can be sent without a payload. */
export type NoPayload<M extends Messages> = {
  [T in MessageType<M>]: Record<never, never> extends PayloadOf<M, T> ? T : never;
}[MessageType<M>];

/**
 * The agent at `address`, whose messages are `messages`: `agentAt("/scribe", scribeMessages)`.
 * `tell` and `ask` then take only what it accepts. Nothing is looked up: that it is such an agent
 * is for the one who writes the swarm to see to.
 *
 * @throws {DreamError} `invalid_address`
 */
export function agentAt<M extends Messages>(address: string, _messages: M): AgentAddress<M> {
  return parseAddress(address) as AgentAddress<M>;
}
