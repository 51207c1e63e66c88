/** The statechart of a machine as text, for people and tools that draw it. */
import type { InnerMachine } from "./xstate-inner.ts";

/** Larger charts are left out: nobody could read them, and manifests are kept in memory. */
export const longestChart = 128 * 1024;

/**
 * The machine's configuration as JSON, as Stately's inspector takes it; functions by their names.
 * Null when it is too large or cannot be written.
 */
export function chartOf(machine: InnerMachine): string | null {
  const { config } = machine as unknown as { config: unknown };
  try {
    const text = JSON.stringify(config, (key, value: unknown) => {
      if (typeof value === "function") return { type: nameOf(value) };
      // A context of data is the state's business, and may be large.
      return key === "context" ? undefined : value;
    });
    return text.length > longestChart ? null : text;
  } catch {
    return null;
  }
}

/** XState's own actions say what they are; bundles keep no other names worth reading. */
function nameOf(value: { name: string; type?: unknown }): string {
  const { type, name } = value;
  if (typeof type === "string") return type.replace(/^xstate\./, "");
  return name.length > 2 ? name : "inline";
}
