/** What the document tells of lists of open work, mailboxes, hosts and bundles. */
import type { About } from "../about.ts";
import { listingSchemas as schemas } from "../listing-requests.ts";
import * as shapes from "../shapes/listing.ts";
import { envelope } from "../shapes/messages.ts";
import { host } from "../shapes/system.ts";
import { pageOf } from "../shapes/words.ts";

export const timers: About = {
  ...{ id: "listTimers", tag: "agents", summary: "Open timers, the next due first" },
  query: schemas.timers,
  answer: pageOf(shapes.timer),
};

export const calls: About = {
  ...{ id: "listCalls", tag: "agents", summary: "Open calls of tools, by agent" },
  more: "With the status in_doubt: those that a person has to look at.",
  query: schemas.calls,
  answer: pageOf(shapes.call),
};

export const asks: About = {
  ...{ id: "listAsks", tag: "messages", summary: "Asks, newest first: who asked whom, until when" },
  query: schemas.asks,
  answer: pageOf(shapes.openAsk),
};

export const timersOfAgent: About = {
  ...{ id: "listTimersOfAgent", tag: "agents", summary: "Open timers of an agent and all below" },
  query: schemas.timersOfAgent,
  answer: pageOf(shapes.timer),
};

export const callsOfAgent: About = {
  ...{ id: "listCallsOfAgent", tag: "agents", summary: "Open calls of an agent and all below" },
  query: schemas.callsOfAgent,
  answer: pageOf(shapes.call),
};

export const asksOfAgent: About = {
  ...{ id: "listAsksOfAgent", tag: "agents", summary: "Asks of an agent and of all below it" },
  more: "Those that it is asked, newest first.",
  query: schemas.asksOfAgent,
  answer: pageOf(shapes.openAsk),
};

export const mailbox: About = {
  ...{ id: "readMailbox", tag: "agents", summary: "What waits in a mailbox, in order of lanes" },
  query: schemas.mailbox,
  answer: pageOf(envelope),
};

export const hosts: About = {
  ...{ id: "listHosts", tag: "system", summary: "Processes that hold agents' threads" },
  query: schemas.hosts,
  answer: pageOf(host),
};

export const bundles: About = {
  ...{ id: "listBundles", tag: "code", summary: "Code that agents are made of, by kind" },
  query: schemas.bundles,
  answer: pageOf(shapes.bundle),
};

export const bundle: About = {
  ...{ id: "readBundle", tag: "code", summary: "What a bundle takes, answers and needs" },
  answer: shapes.bundleDetail,
  refuses: ["bundle_not_found"],
};
