/**
 * What a token of role `agent` gets of lists and single things: its subtree. Where there is no
 * list of a subtree it has to name an address in it. All other tokens get everything.
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

/** @throws {DreamError} `forbidden` unless the messages asked for are of its subtree, or its own */
export function checkMessages(caller: TokenCaller, { to, from }: MessageQuery): void {
  const { name, scope } = caller;
  if (scope === null || from === `@${name}`) return;
  const named = [to, from].filter((address) => address !== undefined);
  if (named.some((address) => isWithin(address, scope))) return;
  throw forbidden(caller, `wanted to= or from= an address in its subtree ${scope}`, { scope });
}

/** @throws {DreamError} `forbidden` unless the letters asked for are of its subtree */
export function checkLetters(caller: TokenCaller, { to }: { to?: Address }): void {
  const { scope } = caller;
  if (scope === null || (to !== undefined && isWithin(to, scope))) return;
  throw forbidden(caller, `wanted to= an address in its subtree ${scope}`, { scope });
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
