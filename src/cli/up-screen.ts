/** What `dreamos up` shows once everything runs: one screen for people, one line for programs. */
import type { SystemStatus, TreeNode } from "../api/client.ts";
import type { Home } from "../home.ts";
import type { Terminal } from "./terminal.ts";
import { drawTree } from "./tree-lines.ts";
import { nearPath, shellWord } from "./near-path.ts";

/** Children of one supervisor that the screen shows; `dreamos tree` shows all. */
const mostChildren = 10;

/** The first line on stdout of `dreamos up --json`; others script against it. */
export function readyLine(
  ready: {
    url: string;
    publicUrl?: string | null;
    tokenFile: string;
    pid: number;
    safeMode?: string | null;
  },
): string {
  const { url, publicUrl, tokenFile, pid, safeMode } = ready;
  const more = { ...(publicUrl && { publicUrl }), ...(safeMode && { safeMode }) };
  return JSON.stringify({ event: "ready", url, tokenFile, pid, ...more });
}

/**
 * Prints what runs, where it is, and what to try next.
 *
 * @param shown.cwd paths below it are shown relative to it, as the next commands are typed there
 */
export function printUpScreen(
  shown: {
    status: SystemStatus;
    tree: TreeNode;
    url: string;
    publicUrl: string | null;
    home: Home;
    inbox: string;
    cwd: string;
  },
  terminal: Terminal,
): void {
  const { status, tree, url, publicUrl, home, inbox, cwd } = shown;
  const { print, tint } = terminal;
  const near = (path: string) => nearPath(path, cwd);
  const isDefaultHome = near(home.path) === "runtime";
  const command = (text: string) =>
    tint(
      "cyan",
      `npx dreamos ${text}${isDefaultHome ? "" : ` --home ${shellWord(near(home.path))}`}`,
    );
  const { memory } = status;
  print();
  print(`${tint("bold", `Dream.OS ${status.version}`)} is up`);
  print();
  if (status.safeMode !== null) {
    print(`  ${tint("red", `SAFE MODE: ${status.safeMode}`)}`);
    print("  Agents are paused; messages are taken and kept. Look at the log and at the tree.");
    print(`  Then ${command("resume /")}, or Ctrl-C: the next start is a normal one.`);
    print();
  }
  for (const line of drawTree(tree, terminal, mostChildren, 2)) print(`  ${line}`);
  print();
  print(`  API     ${tint("bold", url)}  (token in ${near(home.tokenFile)})`);
  if (publicUrl !== null) print(`  Others  ${tint("bold", publicUrl)}`);
  const nodes = nodesOf(tree);
  const reads = nodes.some(({ type }) => type === "adapter");
  const drop = "drop .md, .txt, .html, .json and .csv files here";
  if (reads) print(`  Inbox   ${tint("bold", near(inbox))}  ${drop}`);
  print(`  Memory  ${memory.documents} documents, ${memory.passages} passages`);
  if (status.deadLetters > 0) print(`  ${status.deadLetters} dead letters: dreamos deadletters`);
  print();
  print("Try next, in another terminal:");
  if (reads) {
    print(`  ${tint("cyan", `cp docs/verbs.md ${shellWord(near(inbox))}/`)}`);
    print(`  ${command('recall "what is a dead letter"')}`);
  }
  const agents = nodes.filter(({ type }) => type === "agent");
  const isDefault = agents.some(({ address }) => address === "/captain");
  // What another agent accepts is in its status.
  if (isDefault) print(`  ${command("ask /captain status")}`);
  else if (agents[0]) print(`  ${command(`status ${agents[0].address}`)}`);
  print(`  ${command("inspect")}`);
  print(`  ${tint("cyan", "npx dreamos help")}`);
  print();
  print(tint("dim", "Ctrl-C drains and ends."));
}

/** What `dreamos up --detach` shows. */
export function printDetached(
  shown: {
    url: string;
    pid: number;
    safeMode?: string;
    outputFile: string;
    home: Home;
    cwd: string;
  },
  { print, tint }: Terminal,
): void {
  const { url, pid, safeMode, outputFile, home, cwd } = shown;
  const near = (path: string) => nearPath(path, cwd);
  const flag = near(home.path) === "runtime" ? "" : ` --home ${shellWord(near(home.path))}`;
  print(`${tint("bold", "Dream.OS")} is up, as process ${pid}`);
  if (safeMode) print(tint("red", `SAFE MODE, agents are paused: ${safeMode}`));
  print(`  API     ${tint("bold", url)}  (token in ${near(home.tokenFile)})`);
  print(`  Log     dreamos logs${flag}; what it prints goes to ${near(outputFile)}`);
  print(`  Next    dreamos tree${flag}`);
  print(`  End     dreamos down${flag}`);
}

/** One line on how the service is, for `systemctl status`. */
export function statusLine({ agents, available, safeMode, deadLetters }: SystemStatus): string {
  const counts = Object.entries(agents).filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}`);
  const facts = [`Agents: ${counts.join(", ") || "none"}`, `dead letters: ${deadLetters}`];
  if (!available) facts.unshift("STORAGE TAKES NOTHING NEW");
  if (safeMode !== null) facts.unshift("SAFE MODE");
  return facts.join("; ");
}

/** Whether nothing of the swarm file waits for its first start any more. */
export function hasStarted(node: TreeNode): boolean {
  if (node.status === "pending" || node.status === "restarting") return false;
  // What a dynamic supervisor was asked for may wait for a place.
  return node.type === "dynamic" || node.children.every(hasStarted);
}

function nodesOf(node: TreeNode): TreeNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}
