/** Lists of what agents wait for and what they are made of. A cursor is the place of the last. */
import { lanes } from "../actors/envelope.ts";
import type { Manifest } from "../actors/manifest.ts";
import { DreamError } from "../errors.ts";
import type { BundleRow, Cursors, Page, Store } from "../storage/store.ts";
import { type BundleDetail, type BundleView, endOf, type Listing } from "./listing-views.ts";

type Place = (string | number)[];

interface Source {
  store: Store;
  /** @throws {DreamError} `agent_not_found` */
  registry: { get(address: string): { key: number; cursors: Cursors } };
}

export function listingOf({ store, registry }: Source): Listing {
  return {
    async timers({ under, limit, cursor }) {
      const at = placeOf(cursor, ["number", "number", "string"]);
      const after = at && { dueAtMs: at[0] as number, key: at[1] as number, id: at[2] as string };
      const rows = await store.openWork.timers({ under, after, limit: limit + 1 });
      return pageOf(rows, limit, ({ dueAtMs, key, id }) => [dueAtMs, key, id], (row) => {
        const { address, id, dueAtMs, delayMs, cause } = row;
        return { address, id, dueAtMs, delayMs, cause };
      });
    },
    async calls({ under, status = null, limit, cursor }) {
      const at = placeOf(cursor, ["number", "string"]);
      const after = at && { key: at[0] as number, id: at[1] as string };
      const rows = await store.openWork.calls({ under, status, after, limit: limit + 1 });
      return pageOf(rows, limit, ({ key, id }) => [key, id], (row) => {
        const { key: _, input, ...shown } = row;
        return { ...shown, input: JSON.parse(input) };
      });
    },
    async asks({ under, isOpen = null, sinceMs, limit, cursor }) {
      const before = placeOf(cursor, ["string"])?.[0] as string | undefined ?? null;
      const since = sinceMs === undefined ? null : idFrom(sinceMs);
      const query = { under, isOpen, before, since, limit: limit + 1 };
      return pageOf(await store.openWork.asks(query), limit, ({ id }) => [id], (row) => {
        const { id, asker: from, address: to, expiresAtMs, settledAtMs } = row;
        const end = endOf(row.outcome === null ? null : JSON.parse(row.outcome));
        return { id, from, to, ...end, expiresAtMs, settledAtMs };
      });
    },
    async mailbox(address, { lane, limit, cursor }) {
      const { key, cursors } = registry.get(address);
      const [from, afterSeq] = (placeOf(cursor, ["number", "number"]) ?? [0, 0]) as number[];
      const found = [];
      for (const [index, name] of lanes.entries()) {
        if (index < from! || (lane !== undefined && lane !== name)) continue;
        const after = Math.max(cursors[index]!, index === from ? afterSeq! : 0);
        found.push(...await store.mailbox(key, name, after, limit + 1 - found.length));
        if (found.length > limit) break;
      }
      return pageOf(found, limit, ({ lane, seq }) => [lanes.indexOf(lane), seq], (one) => one);
    },
    async bundles({ kind, limit, cursor }) {
      const after = placeOf(cursor, ["string", "string"])?.join(" ") ?? "";
      const all = (await bundlesOf(store))
        .filter((bundle) => kind === undefined || bundle.kind === kind);
      const from = after === "" ? 0 : all.findIndex((one) => nameOf(one) === after) + 1;
      const rest = all.slice(from, from + limit + 1);
      return pageOf(rest, limit, ({ kind, hash }) => [kind, hash], (bundle) => viewOf(bundle));
    },
    async bundle(hash) {
      const found = (await bundlesOf(store)).find((one) => one.hash === hash);
      if (found) return detailOf(found);
      throw new DreamError("bundle_not_found", `There is no bundle ${hash.slice(0, 80)}`);
    },
  };
}

/** The first id (UUIDv7) that can have been made at `ms`. */
function idFrom(ms: number): string {
  const time = Math.min(Math.max(0, ms), 0xffff_ffff_ffff).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}

/** @param rows one more than `limit` when there is a next page */
function pageOf<Row, View>(
  rows: readonly Row[],
  limit: number,
  placeOfRow: (row: Row) => Place,
  view: (row: Row) => View,
): Page<View> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  const nextCursor = hasMore ? JSON.stringify(placeOfRow(last)) : null;
  return { items: shown.map(view), nextCursor };
}

/** @throws {DreamError} `bad_cursor` */
function placeOf(cursor: string | undefined, types: string[]): Place | null {
  if (cursor === undefined) return null;
  let place: unknown = null;
  try {
    place = JSON.parse(cursor);
  } catch {
    // Told below.
  }
  const isOne = Array.isArray(place) && place.length === types.length &&
    place.every((part, index) => typeof part === types[index]);
  if (isOne) return place as Place;
  throw new DreamError("bad_cursor", "Cannot use the cursor: it is not one of this list's pages");
}

type Listed = BundleView & { manifest: Manifest };

const nameOf = ({ kind, hash }: BundleView) => `${kind} ${hash}`;

/** Few: what nothing names any more is forgotten. */
async function bundlesOf(store: Store): Promise<Listed[]> {
  const rows = (await store.bundles()).toReversed();
  const newest = new Map<string, string>();
  const read = ({ hash, agent, manifest: text, deployedAtMs }: Omit<BundleRow, "code">) => {
    if (!newest.has(agent)) newest.set(agent, hash);
    const manifest: Manifest = JSON.parse(text);
    const isNewest = newest.get(agent) === hash;
    return { hash, kind: agent, version: manifest.version, deployedAtMs, isNewest, manifest };
  };
  return rows.map(read)
    .sort((a, b) => a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : b.deployedAtMs - a.deployedAtMs);
}

function viewOf({ manifest: _, ...view }: Listed): BundleView {
  return view;
}

function detailOf({ manifest, ...view }: Listed): BundleDetail {
  const { accepts, replies, input, needs } = manifest;
  return { ...view, accepts, replies, input, needs };
}
