/** `npm run load -- [--connections 1000] [--seconds 60]`: loads a service of its own and tells. */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { startService } from "../support/service.ts";
import { load, rssOf } from "./load.ts";
import { slowCallers } from "./slow-callers.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "1000" },
    seconds: { type: "string", default: "60" },
  },
});
const connections = Number(values.connections);
const seconds = Number(values.seconds);
const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
const service = await startService({ swarm });
try {
  const memory: number[] = [];
  const look = async () => memory.push(Math.round(await rssOf(service.pid) / 1024 / 1024));
  await look();
  // With as many connections: what they take is there when memory is first told.
  await load(service, { connections, seconds: Math.min(10, seconds) });
  await look();
  const looking = setInterval(look, 10_000);
  const figures = await load(service, { connections, seconds });
  clearInterval(looking);
  await look();
  console.log(figures);
  const token = (await Deno.readTextFile(`${service.home}/token`)).trim();
  const slow = await slowCallers({ url: service.url, token, count: 1_000 });
  const beside = await load(service, { connections: 100, seconds: Math.min(20, seconds) });
  slow.leave();
  console.log(`beside ${slow.count} slow callers:`, beside);
  await look();
  console.log(`memory, MiB: at the start, warm, every 10 s, at the ends: ${memory.join(" ")}`);
} finally {
  await service.remove();
}
