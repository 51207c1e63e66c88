/** An agent that a person or program starts at an address. */
import { nameOf, parentOf, parseAddress } from "../address.ts";
import type { AgentView, Caller, Idempotency, SpawnInput } from "./control.ts";
import type { Core } from "./core.ts";
import type { Door } from "./door.ts";
import { Draft } from "./draft.ts";
import type { Tree } from "./tree.ts";
import { viewAgent } from "./views.ts";

/** Resolves once it is durable. */
export async function spawnAt(
  core: Core,
  tree: Tree,
  door: Door,
  caller: Caller,
  { address, kind, input, restart }: SpawnInput,
  idempotency?: Idempotency,
): Promise<AgentView> {
  door.checkOpen();
  const at = parseAddress(address);
  return await door.keys.once(caller.name, idempotency, async (remember) => {
    const draft = new Draft();
    const cell = tree.spawn(draft, {
      under: parentOf(at),
      name: nameOf(at),
      agent: kind,
      input: JSON.stringify(input ?? {}),
      restart: restart ?? null,
      by: `@${caller.name}`,
    });
    // The same for whoever asks again: by then it may have begun.
    const view = viewAgent(cell);
    remember(draft, view);
    await core.ledger.commit(draft);
    return view;
  });
}
