/** Agents that the tree leaves out, as there are more than it lists below one supervisor. */
import type { Client } from "../../api/client.ts";
import type { Clock } from "../../clock.ts";
import { chooseFound } from "./move.ts";
import { notice } from "./notice.ts";
import type { State } from "./state.ts";
import { isFound } from "./tree-rows.ts";
import { within } from "./within.ts";

type Page = Awaited<ReturnType<Client["agents"]>>;

const pageSize = 1_000;
const readMs = 10_000;
/** Of what was looked for so many are shown. */
const mostFound = 200;

/** Calls `take` with each agent at `under` and below, until that says it is enough. */
async function walk(
  under: string,
  client: Client,
  clock: Clock,
  take: (agent: Page["items"][number]) => boolean,
): Promise<void> {
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const query = { under, limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
    const page: Page = await within(clock, readMs, () => client.agents(query));
    if (page.items.some(take)) return;
    cursor = page.nextCursor;
  }
}

/** Shows a thousand more of a supervisor's agents. */
export async function listMore(address: string, state: State, client: Client, clock: Clock) {
  let added = 0;
  await walk(address, client, clock, (agent) => {
    if (!state.swarm.find(agent.address) && state.swarm.addHidden(agent)) added++;
    return added >= pageSize;
  });
  notice(state, `${added} more of ${address}`, false);
}

/** Shows agents that are not listed and fit the search. */
export async function findHidden(search: string, state: State, client: Client, clock: Clock) {
  notice(state, `Searching ${search} among those that are not listed …`, false);
  let added = 0;
  await walk("/", client, clock, (agent) => {
    const isNew = isFound(agent, search) && !state.swarm.find(agent.address);
    if (isNew && state.swarm.addHidden(agent)) added++;
    return added >= mostFound;
  });
  notice(state, added === 0 ? `Nothing else is like ${search}` : `${added} more found`, false);
  if (state.search === search) chooseFound(state);
}
