/** What the document tells of the system as a whole, its log and its code. */
import type { About } from "../about.ts";
import { listingSchemas } from "../listing-requests.ts";
import { logSchemas } from "../log-requests.ts";
import { requestSchemas } from "../requests.ts";
import * as shapes from "../shapes/system.ts";
import { trace as traceShape } from "../shapes/traces.ts";
import { pageOf } from "../shapes/words.ts";

export const health: About = {
  ...{ id: "readHealth", tag: "system", summary: "Whether the service answers" },
  answer: shapes.health,
};

export const document: About = {
  ...{ id: "readDocument", tag: "system", summary: "This document" },
  answer: shapes.document,
};

export const reference: About = {
  ...{ id: "readReference", tag: "system", summary: "This document as a page for people" },
  media: "text/html",
  holds: "One page that loads nothing",
};

export const metrics: About = {
  ...{ id: "readMetrics", tag: "system", summary: "Numbers for Prometheus" },
  media: "text/plain",
  holds: "Prometheus' text format",
};

export const status: About = {
  ...{ id: "readStatus", tag: "system", summary: "The system as a whole" },
  answer: shapes.systemStatus,
};

export const recall: About = {
  ...{ id: "recall", tag: "system", summary: "The best passages of what was read, by words" },
  more: "Pages go on through the best 100 at least, not through all that holds a word.",
  query: listingSchemas.recall,
  answer: pageOf(shapes.hit),
};

export const backup: About = {
  ...{ id: "makeBackup", tag: "system", summary: "A consistent copy of everything, as one file" },
  media: "application/gzip",
  holds: "A tar archive for dreamos restore",
  refuses: ["backup_running"],
};

export const shutdown: About = {
  ...{ id: "shutDown", tag: "system", summary: "Drain and end the service" },
  status: 202,
  answer: shapes.stopping,
};

export const deploy: About = {
  ...{ id: "deploy", tag: "code", summary: "Make the code of a file live" },
  more: "Agents move to it at the end of a turn.",
  body: requestSchemas.deployment,
  status: 201,
  answer: shapes.deployment,
  refuses: ["bad_bundle", "bad_swarm"],
};

export const checkDeployment: About = {
  ...{ id: "checkDeployment", tag: "code", summary: "What a deployment would do to all stored" },
  body: requestSchemas.deployment,
  answer: shapes.deploymentCheck,
  refuses: ["bad_bundle", "bad_swarm"],
};

export const logs: About = {
  ...{ id: "listLogLines", tag: "logs", summary: "Lines of the log, newest first" },
  query: logSchemas.logsQuery,
  answer: pageOf(shapes.logLine),
  refuses: ["invalid_address"],
};

export const logStream: About = {
  ...{ id: "followLog", tag: "logs", summary: "Lines of the log, oldest first, as they come" },
  more: "Go on behind the last one seen with Last-Event-ID or after.",
  reads: ["Last-Event-ID"],
  query: logSchemas.streamQuery,
  media: "text/event-stream",
  answer: shapes.logLine,
  refuses: ["invalid_address"],
};

export const trace: About = {
  ...{ id: "readTrace", tag: "logs", summary: "The spans of a sampled trace" },
  more: "A request with a sampled traceparent has one. The newest are kept, in memory.",
  answer: traceShape,
  refuses: ["not_found"],
};

export const levels: About = {
  ...{ id: "readLogLevels", tag: "logs", summary: "How much is logged, by subtree" },
  answer: shapes.levels,
};

export const setLevel: About = {
  ...{ id: "setLogLevel", tag: "logs", summary: "Change how much is logged about a subtree" },
  more: "The level null takes back what was set.",
  body: logSchemas.level,
  answer: shapes.levels,
  refuses: ["invalid_address"],
};
