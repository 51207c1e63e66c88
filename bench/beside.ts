/** W7: how long twenty agents take to answer while another one beside them runs away. */
import { fileURLToPath } from "node:url";
import { pause } from "../tests/support/eventually.ts";
import { startService } from "../tests/support/service.ts";
import { Neighbours } from "../tests/runaways/neighbours.ts";
import { percentile } from "./figures.ts";

const swarm = fileURLToPath(
  new URL("../tests/fixtures/swarm-runaways/swarm.ts", import.meta.url),
);

/** Figure → what the runaway does. */
const ways = { spin: "spin", allocate: "hoard", flood: "send" } as const;

export type Beside = Record<"quiet" | keyof typeof ways, number>;

/** p99 in ms of the asks in each stretch of `eachMs`: alone, then beside each runaway. */
export async function measureBeside(home: string, eachMs: number): Promise<Beside> {
  const service = await startService({ home, swarm });
  const neighbours = new Neighbours(service.client);
  neighbours.start();
  const stretch = async () => {
    const from = performance.now();
    await pause(eachMs);
    return percentile(neighbours.took(from, performance.now()), 0.99);
  };
  // The agents get their threads, and their code is compiled.
  await pause(eachMs);
  const found: Beside = { quiet: await stretch(), spin: 0, allocate: 0, flood: 0 };
  for (const [name, how] of Object.entries(ways) as [keyof typeof ways, string][]) {
    const address = `/runaways/${name}`;
    await service.client.spawn({ address, kind: "runaway" });
    const payload = { how, to: address };
    await service.client.send({ to: address, type: "go.wrong", payload });
    found[name] = await stretch();
    await service.client.delete(address);
  }
  await neighbours.stop();
  const faults = [...neighbours.failures, ...await neighbours.faults()];
  if (faults.length > 0) throw new Error(faults.join("; "));
  if (await service.stop() !== 0) throw new Error("The service did not end as it should");
  return found;
}
