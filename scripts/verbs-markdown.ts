import { type AgentStatus, agentStatuses } from "../src/agent-status.ts";
import { type AgentVerb, agentVerbs, isDone, refusalOf, type RestartMode } from "../src/verbs.ts";
import { renderTable } from "./errors-markdown.ts";

const begin = "<!-- table: begin (made from src/verbs.ts by npm run docs) -->";
const end = "<!-- table: end -->";

interface Form {
  name: string;
  verb: AgentVerb;
  mode: RestartMode;
  isInSwarm: boolean;
}

const forms: Form[] = agentVerbs.flatMap((verb): Form[] => {
  const plain = { name: verb, verb, mode: "state" as const, isInSwarm: false };
  if (verb === "restart") {
    return [
      plain,
      { ...plain, name: "restart --fresh", mode: "fresh" },
      { ...plain, name: "restart --from-checkpoint", mode: "checkpoint" },
    ];
  }
  if (verb !== "delete") return [plain];
  return [plain, { ...plain, name: "delete, in the swarm file", isInSwarm: true }];
});

function cellOf({ verb, mode, isInSwarm }: Form, status: AgentStatus): string {
  const code = refusalOf(verb, status, { mode, isInSwarm });
  if (code) return `\`${code}\``;
  return isDone(verb, status, mode) ? "nothing to do" : "works";
}

/** The page with the table of every verb in every status as the code has it. */
export function fillVerbsPage(page: string): string {
  const rows = [
    ["status", ...forms.map(({ name }) => name)],
    ...agentStatuses.map((status) => [status, ...forms.map((form) => cellOf(form, status))]),
  ];
  const [before] = page.split(begin);
  const [, after] = page.split(end);
  return `${before}${begin}\n\n${renderTable(rows)}\n${end}${after}`;
}
