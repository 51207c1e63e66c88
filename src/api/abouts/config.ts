/** What the document tells of configuration. */
import type { About } from "../about.ts";
import * as shapes from "../shapes/config.ts";

export const limits: About = {
  ...{ id: "readLimits", tag: "system", summary: "The bounds of this system, and what is usual" },
  answer: shapes.limits,
};

export const config: About = {
  ...{ id: "readConfig", tag: "system", summary: "What the service was started with" },
  more: "A change takes effect at the next start: dreamos config.",
  answer: shapes.config,
};
