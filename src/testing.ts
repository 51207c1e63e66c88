/**
 * What tests of agents are written with: `import { testAgent } from "dreamos/testing"`. Needs no
 * service and nothing of Deno.
 */
export { TestAgent, testAgent } from "./actors/test-agent.ts";
export type { TestOptions } from "./actors/test-options.ts";
export { AgentFailed, type OpenWork, type Seen, type Stub } from "./actors/test-outside.ts";
