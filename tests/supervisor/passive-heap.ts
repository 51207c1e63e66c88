/** Prints how many bytes of heap one passive agent takes; run with `--expose-gc`. */
import type { Kind } from "../../src/supervisor/kinds.ts";
import { Registry } from "../../src/supervisor/registry.ts";
import { agentRecord } from "../contract/store-rows.ts";

const count = 100_000;
const kind = { name: "echo", hash: "b1" } as Kind;
const collect = Reflect.get(globalThis, "gc") as () => void;

function used(): number {
  collect();
  return Deno.memoryUsage().heapUsed;
}

const registry = new Registry();
const before = used();
for (let key = 1; key <= count; key++) {
  const address = `/some-team/worker-${key}`;
  const record = agentRecord(key, { address, createdAtMs: 1_790_000_000_000 + key });
  // As they come from the store: every text is a copy of its own.
  const stored = JSON.parse(JSON.stringify(record)) as typeof record;
  registry.addPassive(stored, kind, { cursors: [0, 0, key, 0], turns: key, lastSeq: key });
}
console.log((used() - before) / registry.size);
