/**
 * Commits for ever, telling each commit that was acknowledged, until it is killed: one line
 * `WRITER SEQ` each. Every commit holds an envelope, a state and a small value of the same number.
 */
import { systemClock } from "../../src/clock.ts";
import { openLibsqlStore } from "../../src/storage/libsql-store.ts";
import { envelope, state } from "../contract/store-rows.ts";

const store = await openLibsqlStore({ file: Deno.args[0]!, clock: systemClock });
const encoder = new TextEncoder();

async function write(writer: number): Promise<void> {
  const first = Number(await store.meta(`w${writer}`) ?? 0) + 1;
  for (let seq = first;; seq++) {
    await store.commit([
      envelope(writer, seq, { payload: JSON.stringify({ text: "x".repeat(seq % 3_000) }) }),
      state(writer, [0, 0, seq, 0], seq, String(seq)),
      { op: "meta", name: `w${writer}`, value: String(seq) },
    ]);
    Deno.stdout.writeSync(encoder.encode(`${writer} ${seq}\n`));
  }
}

await Promise.all([1, 2, 3, 4, 5, 6].map(write));
