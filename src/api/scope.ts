/**
 * What a token of role `agent` gets of lists and single things: its subtree. All other tokens get
 * everything.
 */
import { type Address, isWithin, rootAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { AskRow, DeadLetter, MessageQuery } from "../storage/store.ts";
import type { AgentView, Control, TokenCaller, TreeNode } from "../supervisor/control.ts";
import { forbidden, keepWithin } from "./guard.ts";

/** The subtree that a list is of: the one asked for; of `/`, or without, all that it may see. */
export function subtreeOf(caller: TokenCaller, under: Address = rootAddress): Address {
  if (under === rootAddress) return caller.scope ?? rootAddress;
  keepWithin(caller, under);
  return under;
}

/**
 * The same messages, as far as they are to or from the caller's subtree.
 *
 * @throws {DreamError} `forbidden` when the addresses asked for are all elsewhere
 */
export function ownMessages(caller: TokenCaller, query: MessageQuery): MessageQuery {
  const { scope } = caller;
  if (scope === null) return query;
  const named = [query.to, query.from].filter((address) => address?.startsWith("/"));
  const isOwn = named.length === 0 || named.some((address) => isWithin(address!, scope));
  if (isOwn) return { ...query, under: subtreeOf(caller, query.under) };
  throw forbidden(caller, `wanted to= or from= an address in its subtree ${scope}`, { scope });
}

/** The same letters, as far as they are of its subtree. @throws {DreamError} `forbidden` */
export function ownLetters<T extends { to?: Address; under?: Address }>(
  caller: TokenCaller,
  query: T,
): T {
  if (caller.scope === null) return query;
  if (query.to !== undefined) keepWithin(caller, query.to);
  return { ...query, under: subtreeOf(caller, query.under) };
}

/** Says of a letter elsewhere what it says of none. @throws {DreamError} `letter_not_found` */
export function ownLetter<T extends DeadLetter & { id: number }>(
  caller: TokenCaller,
  letter: T,
): T {
  const { scope } = caller;
  if (scope === null || isWithin(letter.envelope.to, scope)) return letter;
  throw new DreamError("letter_not_found", `There is no dead letter ${letter.id}`);
}

/** Says of an ask of others what it says of none. @throws {DreamError} `ask_not_found` */
export function ownAsk(caller: TokenCaller, row: AskRow): AskRow {
  if (caller.scope === null || row.asker === `@${caller.name}`) return row;
  throw new DreamError("ask_not_found", `There is no ask ${row.id.slice(0, 80)}`);
}

/** The part of the tree that the caller may see. @throws {DreamError} `agent_not_found` */
export async function ownTree({ scope }: TokenCaller, control: Control): Promise<TreeNode> {
  let node: TreeNode | undefined = await control.tree();
  while (node && scope !== null && node.address !== scope) {
    node = node.children.find(({ address }) => isWithin(scope, address));
  }
  return node ?? leafOf(await control.agent(scope!));
}

/** Of an agent that the tree does not list, as its supervisor has too many. */
function leafOf({ address, status, kind, restarts, mailboxDepth, lastError }: AgentView): TreeNode {
  return {
    ...{ address, type: "agent", status, kind, strategy: null, restarts, mailboxDepth, lastError },
    ...{ exits: [], children: [], hidden: 0 },
  };
}
