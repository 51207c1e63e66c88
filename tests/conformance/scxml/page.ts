/** docs/conformance.md, from what became of each SCXML document. */
import { corpus } from "../corpus/index.ts";
import { renderTable } from "../../../scripts/errors-markdown.ts";
import { type Outcome, source } from "./fixtures.ts";

const suiteOf = ({ name }: Outcome) => name.slice(0, name.indexOf("/"));
const caseOf = ({ name }: Outcome) => name.slice(name.indexOf("/") + 1);
const list = (outcomes: readonly Outcome[]) => outcomes.map(caseOf).join(", ");

/** The page as text, as `deno fmt` has it. */
export function conformancePage(outcomes: readonly Outcome[]): string {
  const of = (result: Outcome["result"]) => outcomes.filter((one) => one.result === result);
  const passing = of("passes");
  const failing = of("fails in XState");
  const refused = of("refused");
  const others = of("does not apply");
  const table = (what: string, lists: Map<string, Outcome[]>) =>
    renderTable([
      [what, "documents", "names"],
      ...[...lists].map(([key, some]) => [key, String(some.length), list(some)]),
    ]).trimEnd();
  const byReason = Map.groupBy(others, (one) => "why" in one ? `\`${one.why}\`` : "");
  return `${corpusPart()}
## SCXML

${outcomes.length} documents of \`${source}\`: W3C's and SCION's.

Each is made into a machine where XState has a word for what it says, and runs as the corpus does.

### Pass in XState and in turns: ${passing.length}

${table("suite", Map.groupBy(passing, suiteOf))}

### Refused: ${refused.length}

XState passes them, but what they keep cannot be stored: the turn is refused with \`not_durable\`.

${table("suite", Map.groupBy(refused, suiteOf))}

### Fail in XState: ${failing.length}

XState ends them in another state than SCXML asks for. Turns do exactly what XState does.

${table("suite", Map.groupBy(failing, suiteOf))}

### Do not apply: ${others.length}

${table("they need", byReason)}
`;
}

function corpusPart(): string {
  const machines = Object.values(corpus).flat();
  const some = machines.filter(({ system }) => system).length;
  const groups = renderTable([
    ["group", "machines", "of them in the system"],
    ...Object.entries(corpus).map(([group, cases]) => [
      group,
      String(cases.length),
      String(cases.filter(({ system }) => system).length),
    ]),
  ]).trimEnd();
  return `# Conformance with XState

Agents run in an engine of turns that stores the whole tree of actors after each turn. This page
says how it is held to XState itself. It is written by \`npm run docs\`; a test keeps it current.

## The corpus

${machines.length} machines in \`tests/conformance/corpus\`, ${some} in the system as well.

Each is taken through its events in live \`createActor\` on a simulated clock and in turns, three
times: with the tree kept, made anew from JSON for every envelope, and with the thread lost after
every step, so that promises, callbacks and observables begin again. After every step states,
context, children, history, microsteps, events between actors, emits, logs, tells, replies and
pending delays must be equal. In the whole system, with host processes and a database, they leave
memory after every turn. Machines at random, with the thread lost at random, are held to the same.

${groups}

What differs by design:

- A callback or observable that answers while it starts does so in the same breath in XState and in
  the next turn here, and what it said may come again after a restart.
- \`"*"\` takes messages, never the results, errors and delays of children.
- A child that XState loses sight of (a second one under a live id) is stopped, with a warning.
`;
}
