/**
 * Agent code as text to a definition. A bundle is one CommonJS file of esbuild with `xstate`, `zod`
 * and `dreamos` left out: it is given the thread's own, so that there is one copy of each.
 */
import * as xstate from "xstate";
import * as zod from "zod";
import { DreamError } from "../errors.ts";
import * as dreamos from "../index.ts";
import { type AgentDefinition, isDefinition } from "./define-agent.ts";

const modules: Record<string, unknown> = {
  xstate,
  "xstate/actions": xstate,
  "xstate/actors": xstate,
  "xstate/guards": xstate,
  zod,
  "zod/v4": zod,
  dreamos,
};

/** What refuses an agent lies deep; where it was written must still be in the stack. */
const stackFrames = 400;

/**
 * Runs the bundle's top level. A stack names places in the bundle as `<anonymous>:line:column`.
 *
 * @throws {DreamError} `bad_bundle`; `not_durable` from `defineAgent`
 */
export function loadBundle(code: string): AgentDefinition {
  const module: { exports: unknown } = { exports: {} };
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = stackFrames;
  try {
    const evaluate = new Function("module", "exports", "require", code);
    evaluate(module, module.exports, give);
  } catch (error) {
    if (error instanceof DreamError) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new DreamError("bad_bundle", `Cannot run the agent's module: ${reason.slice(0, 1_000)}`, {
      cause: error,
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  const exported = module.exports as { default?: unknown } | null;
  const definition = exported?.default ?? exported;
  if (isDefinition(definition)) return definition;
  throw new DreamError(
    "bad_bundle",
    "Cannot load the agent's module: its default export is no agent; " +
      "write export default defineAgent({ … })",
  );
}

function give(name: string): unknown {
  if (Object.hasOwn(modules, name)) return modules[name];
  throw new DreamError(
    "bad_bundle",
    `Cannot give ${JSON.stringify(name).slice(0, 80)} to an agent: its thread has no Node or ` +
      "Deno modules; ask for work outside with call()",
  );
}
