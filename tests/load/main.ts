/** `npm run load -- [--connections 1000] [--seconds 60]`: loads a service of its own and tells. */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { startService } from "../support/service.ts";
import { load, rssOf } from "./load.ts";

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "1000" },
    seconds: { type: "string", default: "60" },
  },
});
const swarm = fileURLToPath(new URL("../fixtures/swarm-faults/swarm.ts", import.meta.url));
const service = await startService({ swarm });
try {
  const MiB = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
  await load(service, { connections: 10, seconds: 3 });
  const before = await rssOf(service.pid);
  let most = 0;
  const looking = setInterval(async () => {
    most = Math.max(most, await rssOf(service.pid));
  }, 1_000);
  const connections = Number(values.connections);
  const figures = await load(service, { connections, seconds: Number(values.seconds) });
  clearInterval(looking);
  console.log(figures);
  const after = await rssOf(service.pid);
  console.log(`memory: ${MiB(before)} before, ${MiB(most)} at most, ${MiB(after)} after`);
} finally {
  await service.remove();
}
