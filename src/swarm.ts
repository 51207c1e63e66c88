/**
 * A swarm as data (R13): which kinds of agents there are, and the tree of child specs. Written as a
 * TypeScript module with `defineSwarm` or as JSON; this file is the shape and its one reader.
 */
import { z } from "zod";
import { isSegment } from "./address.ts";
import { DreamError } from "./errors.ts";

const name = z.string().refine(isSegment, {
  message: "wanted letters, digits, '.', '_' and '-', at most 128 characters",
});
const milliseconds = z.number().int().min(0);
const restart = z.enum(["permanent", "transient", "temporary"]);

const grants = z.strictObject({
  /** Calls that the agent may make; it gets those that it needs and that stand here. */
  calls: z.array(z.string()).default([]),
  /** Folders that its `file.*` calls may read. `$inbox` stands for the inbox folder. */
  files: z.array(z.string()).default([]),
}).prefault({});

const intensity = {
  /** At most this many restarts within `periodMs`, else the supervisor fails in turn. */
  intensity: z.number().int().min(0).default(5),
  periodMs: milliseconds.min(1).default(60_000),
  /** First pause before a restart; doubles up to `backoffMaxMs`, full jitter. */
  backoffMs: milliseconds.default(200),
  backoffMaxMs: milliseconds.default(10_000),
  stableAfterMs: milliseconds.default(60_000),
};

/** How long a turn in hand may take when its agent must stop; then its thread is killed. */
const shutdownMs = z.union([milliseconds, z.enum(["brutal", "infinity"])]);
const autoShutdown = z.enum(["never", "anySignificant", "allSignificant"]);

const child = {
  id: name,
  /** Its end may end its supervisor, as that one's `autoShutdown` says. */
  significant: z.boolean().default(false),
  shutdownMs: shutdownMs.default(5_000),
};

const agentSpec = z.strictObject({
  type: z.literal("agent"),
  ...child,
  agent: z.string(),
  input: z.json().default({}),
  restart: restart.default("permanent"),
  grants,
});

const dynamicSpec = z.strictObject({
  type: z.literal("dynamic"),
  ...child,
  ...intensity,
  restart: restart.default("transient"),
  /** Kinds that may be spawned here; all kinds when left out. */
  agents: z.array(z.string()).optional(),
  /** Children that run at one time; the others wait as `pending`, oldest first. */
  maxRunning: z.number().int().min(1).optional(),
  maxChildren: z.number().int().min(1).default(100_000),
  grants,
  /** Hosts of its own (R7). */
  bulkhead: z.boolean().default(false),
});

const adapterSpec = z.strictObject({
  type: z.literal("adapter"),
  ...child,
  adapter: z.string(),
  options: z.record(z.string(), z.json()).default({}),
  /** Where its events go. */
  to: z.string(),
});

const supervisorBase = z.strictObject({
  type: z.literal("supervisor"),
  ...child,
  ...intensity,
  shutdownMs: shutdownMs.default("infinity"),
  restart: restart.default("permanent"),
  strategy: z.enum(["oneForOne", "oneForAll", "restForOne"]).default("oneForOne"),
  autoShutdown: autoShutdown.default("never"),
  bulkhead: z.boolean().default(false),
  /** Read one by one below, as the type refers to itself. */
  children: z.array(z.unknown()),
});

const supervisorSpec = supervisorBase.extend({
  get children(): z.ZodType<ChildSpec[], ChildInput[]> {
    return z.array(childSpec);
  },
});

const childSpec: z.ZodType<ChildSpec, ChildInput> = z.discriminatedUnion("type", [
  agentSpec,
  dynamicSpec,
  adapterSpec,
  supervisorSpec,
]);

const swarmSpec = z.strictObject({
  /** Kind name → path of its module, relative to the swarm file. */
  kinds: z.record(z.string(), z.string()),
  ...intensity,
  strategy: z.enum(["oneForOne", "oneForAll", "restForOne"]).default("oneForOne"),
  children: z.array(childSpec),
});

export type AgentSpec = z.output<typeof agentSpec>;
export type DynamicSpec = z.output<typeof dynamicSpec>;
export type AdapterSpec = z.output<typeof adapterSpec>;
export type SupervisorSpec = Omit<z.output<typeof supervisorBase>, "children"> & {
  children: ChildSpec[];
};
type SupervisorInput = Omit<z.input<typeof supervisorBase>, "children"> & {
  children: ChildInput[];
};
type ChildInput =
  | z.input<typeof agentSpec>
  | z.input<typeof dynamicSpec>
  | z.input<typeof adapterSpec>
  | SupervisorInput;
export type ChildSpec = AgentSpec | DynamicSpec | AdapterSpec | SupervisorSpec;
export type SwarmSpec = z.output<typeof swarmSpec>;
export type SwarmInput = z.input<typeof swarmSpec>;
export type RestartType = z.output<typeof restart>;
export type ShutdownMs = z.output<typeof shutdownMs>;
export type AutoShutdown = z.output<typeof autoShutdown>;
export type Grants = z.output<typeof grants>;

/**
 * Reads a swarm that came from outside and fills in the defaults.
 *
 * @throws {DreamError} `bad_swarm` with the path and the reason of the first fault, two children of
 * one name included; `backoff_defeats_intensity` when the first `intensity` backoffs of a
 * supervisor do not fit in its `periodMs` (the limit could never be reached)
 */
export function parseSwarm(data: unknown, source: string): SwarmSpec {
  const read = swarmSpec.safeParse(data);
  if (!read.success) {
    const issue = read.error.issues[0]!;
    const path = issue.path.length > 0 ? issue.path.join(".") : "swarm";
    throw new DreamError("bad_swarm", `Cannot read the swarm ${source}: ${path}: ${issue.message}`);
  }
  checkLevel(read.data, "/", source, read.data.kinds);
  return read.data;
}

type Level =
  & Pick<SwarmSpec, "children" | "intensity" | "periodMs" | "backoffMs" | "backoffMaxMs">
  & { autoShutdown?: AutoShutdown };

function checkLevel(
  level: Level,
  path: string,
  source: string,
  kinds: Record<string, string>,
): void {
  checkBackoff(level, path, source);
  const seen = new Set<string>();
  for (const spec of level.children) {
    const at = path === "/" ? `/${spec.id}` : `${path}/${spec.id}`;
    const fault = seen.has(spec.id)
      ? `two children named ${at}`
      : faultOf(spec, at, level.autoShutdown ?? "never", kinds);
    if (fault !== null) throw new DreamError("bad_swarm", `Cannot read ${source}: ${fault}`);
    seen.add(spec.id);
    if (spec.type === "supervisor") checkLevel(spec, at, source, kinds);
    if (spec.type === "dynamic") checkBackoff(spec, at, source);
  }
}

function faultOf(
  spec: ChildSpec,
  at: string,
  autoShutdown: AutoShutdown,
  kinds: Record<string, string>,
): string | null {
  if (spec.type === "agent" && !Object.hasOwn(kinds, spec.agent)) {
    return `${at} is of kind "${spec.agent}", which is not among its kinds: ` +
      (Object.keys(kinds).join(", ") || "none");
  }
  if (!spec.significant) return null;
  // As in OTP: a permanent child never ends for good, and `never` would ignore it.
  const restart = spec.type === "agent" || spec.type === "supervisor" ? spec.restart : "permanent";
  if (restart === "permanent") {
    return `${at} is significant and permanent: wanted restart "transient" or "temporary"`;
  }
  if (autoShutdown === "never") {
    return `${at} is significant, but its supervisor has autoShutdown "never": wanted ` +
      `"anySignificant" or "allSignificant" there`;
  }
  return null;
}

function checkBackoff(level: Omit<Level, "children">, path: string, source: string): void {
  let total = 0;
  for (let i = 0, pause = level.backoffMs; i < level.intensity; i++, pause *= 2) {
    total += Math.min(pause, level.backoffMaxMs);
  }
  if (total <= level.periodMs) return;
  throw new DreamError(
    "backoff_defeats_intensity",
    `Cannot supervise ${path} of ${source}: ${level.intensity} backoffs last up to ${total} ms, ` +
      `more than periodMs ${level.periodMs}`,
  );
}
