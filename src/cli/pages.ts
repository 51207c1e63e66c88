/** Lists longer than one page of the API. */

/** The most that the API gives in one page. */
const longestPage = 1_000;

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Up to `limit` items, page after page; `nextCursor` says where the rest begins. */
export async function readUpTo<T>(
  limit: number,
  read: (query: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<Page<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: Math.min(longestPage, limit - items.length) };
    const page: Page<T> = await read(cursor === null ? query : { ...query, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && items.length < limit);
  return { items, nextCursor: cursor };
}
