/**
 * Ends with 0 when the service of DREAMOS_HOME answers, else with 1 and a reason: the container's
 * health check. Plain Node 20 without dependencies.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const home = process.env.DREAMOS_HOME ?? "runtime";
try {
  const { url } = JSON.parse(readFileSync(join(home, "service.json"), "utf8"));
  const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(4_000) });
  if (!answer.ok) throw new Error(`${url}/healthz answered ${answer.status}, wanted 200`);
} catch (error) {
  console.error(`dreamos: not healthy: ${error.message}`);
  process.exitCode = 1;
}
