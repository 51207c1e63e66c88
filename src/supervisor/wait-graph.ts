/**
 * Who waits for whom: an open ask is an edge from its asker to the agent that was asked.
 *
 * @see Holt 1972, "Some deadlock properties of computer systems": with one awaited answer per edge
 * a cycle is necessary for a deadlock. An asker here goes on with its mailbox, so a cycle need not
 * be one; it is refused all the same, because whether it resolves depends on the order of messages.
 */
import type { Address } from "../address.ts";

/** Most names of a cycle that a message lists: a person reads no more. */
const mostNamed = 12;

export class WaitGraph {
  /** Asker → asked → how many asks are open between the two. */
  #edges = new Map<string, Map<Address, number>>();

  add(asker: string, asked: Address): void {
    const from = this.#edges.get(asker) ?? new Map<Address, number>();
    from.set(asked, (from.get(asked) ?? 0) + 1);
    this.#edges.set(asker, from);
  }

  remove(asker: string, asked: Address): void {
    const from = this.#edges.get(asker);
    const count = from?.get(asked) ?? 0;
    if (!from || count === 0) return;
    if (count > 1) from.set(asked, count - 1);
    else from.delete(asked);
    if (from.size === 0) this.#edges.delete(asker);
  }

  clear(): void {
    this.#edges.clear();
  }

  /**
   * The cycle that an ask of `asker` to `asked` would close, in the order of waiting: the asker
   * first, and the last one waits for it. Null when the ask would close none.
   */
  cycle(asker: Address, asked: Address): Address[] | null {
    if (asker === asked) return [asker];
    const cameFrom = new Map<Address, Address>([[asked, asker]]);
    const open = [asked];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const next of this.#edges.get(at)?.keys() ?? []) {
        if (next === asker) return pathTo(at, asker, cameFrom);
        if (cameFrom.has(next)) continue;
        cameFrom.set(next, at);
        open.push(next);
      }
    }
    return null;
  }
}

/** Says a cycle in words: `/a waits for /b, which waits for /a`. */
export function describeCycle(cycle: readonly Address[]): string {
  const [first = ""] = cycle;
  const named = cycle.slice(1, mostNamed);
  const left = cycle.length - 1 - named.length;
  const rest = [...named, ...(left > 0 ? [`${left} more`] : []), first];
  return `${first} waits for ${rest.join(", which waits for ")}`;
}

function pathTo(last: Address, asker: Address, cameFrom: Map<Address, Address>): Address[] {
  const path: Address[] = [];
  for (let at: Address = last; at !== asker; at = cameFrom.get(at)!) path.unshift(at);
  return [asker, ...path];
}
