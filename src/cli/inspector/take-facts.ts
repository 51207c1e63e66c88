/** What was read anew about the agent that somebody looks at. */
import type { Facts, Look } from "./state.ts";

/**
 * Puts it in place of what was known. The same message, dead letter or checkpoint stays chosen: new
 * ones come in above it, and a key is meant for what the person sees. Who stands on the newest
 * message goes on to watch the newest.
 */
export function takeFacts(look: Look, facts: Partial<Facts>): void {
  const isWatching = look.page === "messages" && look.row === 0 && !look.isOpen;
  const id = isWatching ? undefined : idsOf(look)?.[look.row];
  Object.assign(look.facts, facts);
  const row = id === undefined ? -1 : idsOf(look)!.indexOf(id);
  if (row < 0) return;
  // What has been scrolled stays where it is on the screen; at the top new ones are seen.
  if (!look.isOpen && look.top > 0) look.top = Math.max(0, look.top + row - look.row);
  look.row = row;
}

/** Of the rows of the page, if it is a list of such. */
function idsOf({ page, facts }: Look): (string | number)[] | null {
  if (page !== "messages" && page !== "letters" && page !== "checkpoints") return null;
  return facts[page]?.map(({ id }) => id) ?? null;
}
