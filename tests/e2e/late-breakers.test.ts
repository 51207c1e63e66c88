/** Kinds that load when they are deployed, and break when an agent is to be activated. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-refused/swarm.ts", import.meta.url));

/** What the top level of each does from some time on, and what is said of that. */
const breakers: [kind: string, line: string, words: RegExp][] = [
  ["throws", `throw new Error("planted");`, /^Cannot run the agent's module: Error: planted/],
  ["exits", "Deno.exit(0);", /^The thread ended while it loaded the bundle/],
  [
    "kills",
    `globalThis["process"].kill(globalThis["process"].pid, "SIGKILL");`,
    /^Its module has ended its host 3 times in a row while it was loaded.*SIGKILL/,
  ],
];

let folder: string;
let service: Service;

beforeAll(async () => {
  folder = await Deno.makeTempDir();
  service = await startService({ swarm });
  await deployBreakers();
}, 300_000);
afterAll(async () => {
  await service?.remove();
  await Deno.remove(folder, { recursive: true });
});

/** So that all break soon, and waits until then; later where they broke before they were taken. */
async function deployBreakers(): Promise<void> {
  let inMs = 2_500;
  const fromMs = await eventually(async () => {
    const fromMs = systemClock.wallMs() + (inMs *= 2);
    await Promise.all(breakers.map(async ([kind, line]) => {
      const path = join(folder, `${kind}.ts`);
      await Deno.writeTextFile(path, moduleOf(kind, `if (Date.now() > ${fromMs}) { ${line} }`));
      await service.client.deploy(path);
    }));
    return fromMs;
  }, { what: "deployments in time", deadlineMs: 120_000 });
  await eventually(() => systemClock.wallMs() > fromMs, { deadlineMs: 120_000 });
}

function moduleOf(kind: string, first: string): string {
  return `import { defineAgent, setupAgent, z } from "dreamos";
    ${first}
    const accepts = { go: z.object({}) };
    const machine = setupAgent({ accepts }).createMachine({ on: { go: {} } });
    export default defineAgent({ kind: "${kind}", accepts, machine });`;
}

test.each(breakers)("one that %s parks its agents, and nobody is charged", async (
  kind,
  _line,
  words,
) => {
  const address = `/pool/${kind}`;
  await service.client.spawn({ address, kind });
  await service.client.send({ to: address, type: "go", payload: {} });
  const { lastError, mailboxDepth, restarts } = await eventually(async () => {
    const detail = await service.client.agent(address);
    return detail.status === "parked" && detail;
  }, { what: `${address} to be parked`, deadlineMs: 40_000 });
  expect(lastError!.code).toBe("bad_bundle");
  expect(lastError!.message).toMatch(words);
  expect([mailboxDepth, restarts]).toEqual([1, 0]);
  const { reply } = await service.client.ask({ to: "/neighbour", type: "count.read", payload: {} });
  expect(reply).toMatchObject({ total: 0 });
  expect(await service.client.agent("/neighbour")).toMatchObject({
    status: "running",
    restarts: 0,
    lastError: null,
  });
}, 90_000);

test("a corrected module lets them go on with what they were sent", async () => {
  await Promise.all(breakers.map(async ([kind]) => {
    const path = join(folder, `${kind}.ts`);
    await Deno.writeTextFile(path, moduleOf(kind, ""));
    await service.client.deploy(path);
  }));
  for (const [kind] of breakers) {
    await eventually(async () => {
      const { status, mailboxDepth } = await service.client.agent(`/pool/${kind}`);
      return status !== "parked" && mailboxDepth === 0;
    }, { what: `/pool/${kind} to go on`, deadlineMs: 40_000 });
  }
}, 150_000);
