/** What a commit takes with nothing around it but the storage thread and the real tables. */
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { openLibsqlStore } from "../src/storage/libsql-store.ts";
import { askedAndAnswered } from "./envelopes.ts";
import { percentile } from "./figures.ts";

/**
 * L1.store: ms until what one ask and its turn leave (an envelope, the ask with its answer, a
 * state) has been committed through the storage thread, p50 of `count`, one after the other.
 */
export async function measureStore(folder: string, count = 2_000): Promise<number> {
  const store = await openLibsqlStore({ file: join(folder, "l1-store.db"), clock: systemClock });
  try {
    const times: number[] = [];
    for (let i = 1; i <= count; i++) {
      const changes = askedAndAnswered(0, i);
      const started = performance.now();
      await store.commit(changes);
      times.push(performance.now() - started);
    }
    return percentile(times, 0.5);
  } finally {
    await store.close();
  }
}
