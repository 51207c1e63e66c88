import { systemClock } from "../clock.ts";
import { formatDuration, parseDuration } from "../duration.ts";
import type { Client, IssuedToken, NewToken, TokenView } from "../api/client.ts";
import { roles } from "../roles.ts";
import { choiceOption, durationOption, usage } from "./arguments.ts";
import { type Command, type Run, textOption } from "./command.ts";
import { findService } from "./service.ts";
import { type Column, table } from "./table.ts";
import { printable } from "./text.ts";

export const tokenCommand: Command = {
  usage: "create NAME | list | show [NAME] | rotate NAME | revoke NAME…",
  summary: "make and end tokens for people and programs",
  about: [
    "A viewer sees everything, an operator also acts on agents and messages, an admin may all. A",
    "token with --scope ADDRESS sees that agent and those below it, and sends and asks there.",
    "A token is shown once, on stdout; the service keeps its hash. Its name is the sender of what",
    "is sent with it: @NAME. The token of HOME is called owner.",
  ],
  options: {
    role: { type: "string", value: "ROLE", choices: roles, help: "of create (default viewer)" },
    scope: { type: "string", value: "ADDRESS", help: "of create: for this subtree; role agent" },
    expires: {
      type: "string",
      value: "WHEN",
      help: "of create and rotate: 30d from now, or an ISO 8601 time; never without",
    },
    grace: { type: "string", value: "1h", help: "of rotate: so long the old token goes on" },
    all: { type: "boolean", help: "of list: those that were revoked or expired, too" },
  },
  examples: [
    "dreamos token create dashboard --expires 90d",
    "DREAMOS_TOKEN=$(dreamos token create ci --role operator) dreamos ps",
    "dreamos token create bot --scope /readers",
    "dreamos token rotate ci --grace 1h",
    "dreamos token revoke ci",
  ],
  takes: [1, 100],
  async run(run) {
    const [word, ...names] = run.args;
    const [fewest, most] = word === "list" ? [0, 0] : word === "show" ? [0, 1] : [1, 1];
    if (names.length < fewest || (names.length > most && word !== "revoke")) throw wrong();
    const { tokens } = findService(run).client;
    switch (word) {
      case "create":
        return issued(run, await tokens.create(newToken(run, names[0]!)));
      case "list":
        return list(run, await all(tokens, run.options.all === true));
      case "show":
        return show(run, await (names[0] === undefined ? tokens.self() : tokens.find(names[0])));
      case "rotate": {
        const graceMs = durationOption(run, "grace");
        const rotation = { ...expiryOf(run), ...(graceMs !== undefined && { graceMs }) };
        return issued(run, await tokens.rotate(names[0]!, rotation));
      }
      case "revoke":
        for (const name of names) revoked(run, await tokens.revoke(name));
        return 0;
      default:
        throw wrong();
    }
  },
};

const wrong = () => usage(`Wanted: dreamos token ${tokenCommand.usage}`);

function newToken(run: Run, name: string): NewToken {
  const scope = textOption(run, "scope");
  const role = choiceOption(run, "role", roles) ?? (scope === undefined ? "viewer" : "agent");
  return { name, role, ...expiryOf(run), ...(scope !== undefined && { scope }) };
}

function expiryOf(run: Run): { expiresInMs?: number; expiresAtMs?: number } {
  const text = textOption(run, "expires");
  if (text === undefined) return {};
  const expiresInMs = parseDuration(text);
  if (expiresInMs !== null && expiresInMs > 0) return { expiresInMs };
  const expiresAtMs = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(expiresAtMs)) return { expiresAtMs };
  throw usage(`--expires wants 30d or an ISO 8601 time, not ${JSON.stringify(text.slice(0, 40))}`);
}

async function all(tokens: Client["tokens"], isAll: boolean): Promise<TokenView[]> {
  const found: TokenView[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof tokens.list>> = await tokens.list({
      limit: 1_000,
      ...(!isAll && { status: "valid" }),
      ...(cursor !== null && { cursor }),
    });
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

/** The token alone on stdout, so that a script can take it; all else goes to stderr. */
function issued({ json, terminal, home }: Run, { token, ...view }: IssuedToken): number {
  if (json) {
    terminal.print(JSON.stringify({ ...view, token }));
    return 0;
  }
  terminal.print(token);
  const { name, role, scope, expiresAtMs, previousUntilMs } = view;
  const reach = scope === null ? "" : ` of ${printable(scope)}`;
  const end = expiresAtMs === null ? "does not expire" : `expires ${timeOf(expiresAtMs)}`;
  terminal.note(`Token ${name}, ${role}${reach}, ${end}; it is not shown again`);
  if (previousUntilMs !== null) {
    terminal.note(`The old one is taken until ${timeOf(previousUntilMs)}`);
  }
  if (name === "owner") terminal.note(`The service has put it into its ${home.tokenFile}`);
  return 0;
}

const heads: Column[] = [
  { title: "NAME" },
  { title: "ROLE" },
  { title: "SCOPE", cut: "middle" },
  { title: "STATUS" },
  { title: "EXPIRES", spare: 2 },
  { title: "USED", spare: 3 },
  { title: "MADE BY", spare: 1 },
];

function list({ json, terminal }: Run, items: TokenView[]): number {
  if (json) {
    terminal.print(JSON.stringify({ items, nextCursor: null }));
    return 0;
  }
  const now = systemClock.wallMs();
  const rows = items.map((view) => [
    view.name,
    view.role,
    view.scope ?? "-",
    view.status,
    view.expiresAtMs === null ? "never" : timeOf(view.expiresAtMs),
    view.lastUsedAtMs === null ? "never" : `${formatDuration(now - view.lastUsedAtMs)} ago`,
    view.createdBy,
  ]);
  for (const line of table(heads, rows, terminal.columns)) terminal.print(line);
  return 0;
}

function show({ json, terminal }: Run, view: TokenView): number {
  if (json) {
    terminal.print(JSON.stringify(view));
    return 0;
  }
  const facts: [string, string | null][] = [
    ["name", view.name],
    ["role", view.role],
    ["scope", view.scope],
    ["status", view.status],
    ["made", `${timeOf(view.createdAtMs)} by ${view.createdBy}`],
    ["rotated", view.rotatedAtMs === null ? null : timeOf(view.rotatedAtMs)],
    ["old until", view.previousUntilMs === null ? null : timeOf(view.previousUntilMs)],
    ["revoked", view.revokedAtMs === null ? null : timeOf(view.revokedAtMs)],
    ["expires", view.expiresAtMs === null ? "never" : timeOf(view.expiresAtMs)],
    ["used", view.lastUsedAtMs === null ? "never" : timeOf(view.lastUsedAtMs)],
  ];
  for (const [name, text] of facts) {
    if (text !== null) terminal.print(`${name.padEnd(10)} ${printable(text)}`);
  }
  return 0;
}

function revoked({ json, terminal }: Run, view: TokenView): void {
  if (json) return terminal.print(JSON.stringify(view));
  terminal.print(`Token ${view.name} was revoked ${timeOf(view.revokedAtMs!)}`);
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
