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
const ways = { spin: "spin", allocate: "hoard", flood: "send" };

export interface BesideSizes {
  quietMs: number;
  /** Longer than a turn may take, so that what spins is ended in it. */
  besideMs: number;
  /** Stretches without and with each runaway, in turn. */
  pairs: number;
}

/** Says p99 in ms of the asks of each stretch: `W7.spin.quiet`, then `W7.spin`, and so on. */
export async function measureBeside(
  home: string,
  { quietMs, besideMs, pairs }: BesideSizes,
  say: (name: string, value: number) => void,
): Promise<void> {
  const service = await startService({ home, swarm });
  const neighbours = new Neighbours(service.client);
  neighbours.start();
  const stretch = async (ms: number) => {
    const from = performance.now();
    await pause(ms);
    return percentile(neighbours.took(from, performance.now()), 0.99);
  };
  // The agents get their threads, and their code is compiled.
  await pause(quietMs);
  for (let pair = 0; pair < pairs; pair++) {
    for (const [name, how] of Object.entries(ways)) {
      say(`W7.${name}.quiet`, await stretch(quietMs));
      const address = `/runaways/${name}`;
      await service.client.spawn({ address, kind: "runaway" });
      const payload = { how, to: address };
      await service.client.send({ to: address, type: "go.wrong", payload });
      say(`W7.${name}`, await stretch(besideMs));
      await service.client.delete(address);
      // A turn that never ends holds the deletion up until its thread is ended.
      await pause(quietMs / 5);
    }
  }
  await neighbours.stop();
  const faults = [...neighbours.failures, ...await neighbours.faults()];
  if (faults.length > 0) throw new Error(faults.join("; "));
  if (await service.stop() !== 0) throw new Error("The service did not end as it should");
}
