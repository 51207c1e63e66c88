/** Machines at random (fast-check): nested and parallel states, history, delays, children. */
import {
  type AnyActorRef,
  assign,
  cancel,
  emit,
  enqueueActions,
  log,
  raise,
  sendParent,
  sendTo,
  stopChild,
} from "xstate";
import fc from "fast-check";
import { type Given, machine } from "./case.ts";

/** A state, as data: what fast-check can shrink. */
export interface Node {
  kind: "atomic" | "compound" | "parallel" | "final";
  children: Node[];
  history: "none" | "shallow" | "deep";
  entry: Act[];
  exit: Act[];
  on: Rule[];
  after: { ms: number; rule: Rule }[];
  always: Rule | null;
  invokes: boolean;
}

interface Rule {
  event: number;
  /** Index among all states, taken modulo their number; null: none. */
  target: number | null;
  reenter: boolean;
  guard: number | null;
  actions: Act[];
}

interface Act {
  kind: (typeof actKinds)[number];
  n: number;
}

const actKinds = [
  "count",
  "log",
  "emit",
  "raise",
  "later",
  "cancel",
  "self",
  "child",
  "childLater",
  "spawn",
  "stop",
  "spawnAssign",
] as const;

export const eventCount = 4;
const eventOf = (n: number) => `e${n % eventCount}`;

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(...actKinds),
  n: fc.nat(7),
});
const acts = fc.array(act, { maxLength: 2 });
const rule: fc.Arbitrary<Rule> = fc.record({
  event: fc.nat(eventCount - 1),
  target: fc.option(fc.nat(30), { freq: 4 }),
  reenter: fc.boolean(),
  guard: fc.option(fc.nat(3)),
  actions: acts,
});

const nodeAbove = (children: fc.Arbitrary<Node[]>): fc.Arbitrary<Node> =>
  fc.record({
    kind: fc.constantFrom("atomic", "compound", "compound", "parallel", "final"),
    children,
    history: fc.constantFrom("none", "none", "shallow", "deep"),
    entry: acts,
    exit: acts,
    on: fc.array(rule, { maxLength: 3 }),
    after: fc.array(fc.record({ ms: fc.integer({ min: 1, max: 6 }), rule }), { maxLength: 1 }),
    always: fc.option(rule, { freq: 5 }).map((one) => one && { ...one, guard: one.guard ?? 1 }),
    invokes: fc.boolean(),
  });

const leaf = nodeAbove(fc.constant([]));
const branch = nodeAbove(fc.array(leaf, { maxLength: 3 }));
const node = nodeAbove(fc.array(branch, { maxLength: 3 }));

/** The root has states, so that there is something to see. */
export const randomMachine: fc.Arbitrary<Node> = fc.record({
  ...{ root: node, states: fc.array(node, { minLength: 2, maxLength: 4 }) },
}).map(({ root, states }) => ({
  ...root,
  kind: root.kind === "parallel" ? "parallel" : "compound",
  children: states,
  // Targets of the root itself make XState start invocations twice (refused when defined).
  always: null,
}));

type Kind = "atomic" | "compound" | "parallel" | "final";
const kindOf = ({ kind, children }: Node): Kind =>
  kind === "final" || kind === "atomic" || children.length === 0
    ? kind === "final" ? "final" : "atomic"
    : kind;

/** All states below `node`, outermost first, by the ids that `build` gives them. */
function ids(node: Node, id: string): string[] {
  const kind = kindOf(node);
  if (kind === "atomic" || kind === "final") return [];
  const below = node.children.flatMap((child, i) => [`${id}_${i}`, ...ids(child, `${id}_${i}`)]);
  return node.history === "none" ? below : [...below, `${id}_h`];
}

/** The machine that `root` stands for, above `child` (null: childless). */
export function build(root: Node, child: object | null): object {
  const targets = ids(root, "s");
  return machine({ id: "m", context: { n: 0 }, ...config(root, "s", targets, child, true) }, {
    actors: child ? { kid: child } : {},
  });
}

function config(
  node: Node,
  id: string,
  targets: string[],
  child: object | null,
  isRoot = false,
): object {
  const kind = kindOf(node);
  const named = isRoot ? {} : { id };
  const rules = (list: Rule[]) => list.map((one) => transition(one, targets, child));
  const todo = (list: Act[]) => list.map((one) => action(one, child));
  if (kind === "final") return { ...named, type: "final", entry: todo(node.entry) };
  const states: Record<string, object> = {};
  if (kind !== "atomic") {
    node.children.forEach((each, i) => {
      states[`s${i}`] = config(each, `${id}_${i}`, targets, child);
    });
    if (node.history !== "none") {
      states["h"] = { id: `${id}_h`, type: "history", history: node.history };
    }
  }
  const on: Record<string, object[]> = {};
  for (const one of node.on) (on[eventOf(one.event)] ??= []).push(...rules([one]));
  return {
    ...named,
    ...(kind === "parallel" ? { type: "parallel", states } : {}),
    ...(kind === "compound" ? { initial: "s0", states } : {}),
    entry: todo(node.entry),
    exit: todo(node.exit),
    on,
    after: Object.fromEntries(node.after.map(({ ms, rule: one }) => [ms, rules([one])])),
    ...(node.always && !isRoot ? { always: rules([node.always]) } : {}),
    // One id for each place: two children of one id at a time are a leak of live XState.
    ...(node.invokes && child && !isRoot
      ? { invoke: { src: "kid", id: `k_${id}`, onDone: { actions: log(`done ${id}`) } } }
      : {}),
  };
}

/** Eventless and self-made events need an end: everything counts, and guards look at the count. */
const young = ({ context }: Given) => (context["n"] as number) < 40;
const count = assign(({ context }: Given) => ({ n: (context["n"] as number) + 1 }));

function transition(rule: Rule, targets: string[], child: object | null): object {
  const { target, reenter, guard, actions } = rule;
  const open = ({ context }: Given) =>
    (context["n"] as number) < 40 && (guard === null || (context["n"] as number) % 4 !== guard);
  return {
    guard: open,
    ...(target === null || targets.length === 0
      ? {}
      : { target: `#${targets[target % targets.length]}` }),
    reenter,
    actions: [count, ...actions.map((one) => action(one, child))],
  };
}

function action({ kind, n }: Act, child: object | null): unknown {
  const type = eventOf(n);
  switch (kind) {
    case "count":
      return assign(({ context }: Given) => ({ [`c${n}`]: context["n"] }));
    case "log":
      return log(({ context }: Given) => `log ${n} ${context["n"]}`);
    case "emit":
      return emit({ type: `e.${n}` });
    case "raise":
      return raise({ type });
    case "later":
      return raise({ type }, { delay: 1 + n % 5, id: `later${n % 3}` });
    case "cancel":
      return cancel(`later${n % 3}`);
    case "self":
      return child ? sendTo(({ self }) => self, { type }) : sendParent({ type });
    default:
      return child ? childAction(kind, n) : emit({ type: `e.kid${n}` });
  }
}

type ToKid = { context: Record<string, AnyActorRef>; self: AnyActorRef };
type Spawning = Given & { spawn(src: string, options: object): { send: unknown } };

/** Sends go to children that may be gone; spawns only under ids that are free. */
function childAction(kind: Act["kind"], n: number): unknown {
  const type = eventOf(n);
  const id = `free${n % 2}`;
  switch (kind) {
    case "spawnAssign":
      return assign(({ context, spawn }: Spawning) =>
        context[`r${n}`] || !young({ context } as Given)
          ? {}
          : { [`r${n}`]: spawn("kid", { id: `r${n}` }) }
      );
    case "child":
      return sendTo(
        ({ context, self }: ToKid) => context[`r${n}`] ?? self,
        { type },
      );
    case "childLater":
      return sendTo(
        ({ context, self }: ToKid) => context[`r${n}`] ?? self,
        { type },
        { delay: 1 + n % 4, id: `kidLater${n}` },
      );
    case "stop":
      return stopChild(id);
    default:
      // A second child under a live id is lost to XState, which lets it run on unseen.
      return enqueueActions(({ enqueue }) => {
        enqueue.stopChild(id);
        enqueue.spawnChild("kid", { id });
      });
  }
}
