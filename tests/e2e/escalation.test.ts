/** A crash loop with the real service: up to the root, out with 70, and told about afterwards. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TreeNode } from "../../src/api/client.ts";
import { eventually } from "../support/eventually.ts";
import { type Service, startService } from "../support/service.ts";

const swarm = fileURLToPath(new URL("../fixtures/swarm-escalation/swarm.ts", import.meta.url));
const worker = "/group/worker";
let service: Service;

beforeAll(async () => {
  // As in OTP: each crash counts, and the message is not tried again.
  service = await startService({ swarm, args: ["--limit", "maxAttempts=1"] });
});
afterAll(() => service?.remove());

const send = (to: string, type: string, payload = {}) => service.client.send({ to, type, payload });
const add = (n: number) => send(worker, "work.add", { n });
const seen = async (to: string): Promise<number[]> => {
  const { reply } = await service.client.ask({ to, type: "work.read", timeoutMs: 60_000 });
  return (reply as { seen: number[] }).seen;
};
const find = async (address: string): Promise<TreeNode> => {
  const flat = (node: TreeNode): TreeNode[] => [node, ...node.children.flatMap(flat)];
  return flat(await service.client.tree()).find((node) => node.address === address)!;
};

test("a sibling that spins when its supervisor stops it is killed, and goes on", async () => {
  await send("/group/sibling", "work.add", { n: 1 });
  expect(await seen("/group/sibling")).toEqual([1]);
  await add(1);
  await send("/group/sibling", "work.spin");
  await eventually(async () => {
    const { mailboxDepth, turns } = await service.client.agent("/group/sibling");
    return mailboxDepth === 1 && turns > 0;
  }, { what: "a turn in hand" });
  await send(worker, "work.throw");
  await eventually(async () => {
    const { exits } = await find("/group/sibling");
    return exits.some(({ reason }) => reason === "killed");
  }, { what: "the kill", deadlineMs: 30_000 });
  const { out } = await service.cli("tree");
  expect(out).toMatch(/\/group\/sibling .*killed=1/);
  expect(out).toMatch(/\/group\/worker .*crashed=1/);
  const exit = (await find("/group/sibling")).exits.find(({ reason }) => reason === "killed");
  expect(exit?.message).toContain("shutdownMs");
  expect(await seen(worker)).toEqual([1]);
  const { exitsByReason, restartsByReason } = await service.client.status();
  expect([exitsByReason.killed, restartsByReason.killed]).toEqual([1, 0]);
}, 90_000);

test("beyond the intensity of the root the process ends with 70", async () => {
  for (let n = 2; n < 20 && !service.hasEnded; n++) {
    const sent = await add(n).then(() => send(worker, "work.throw")).catch(() => null);
    if (!sent) break;
    await eventually(async () => service.hasEnded || (await find(worker)).mailboxDepth === 0, {
      what: "the crash, or the end",
      deadlineMs: 30_000,
    }).catch(() => {});
  }
  expect(await service.end()).toBe(70);
  expect(service.err).toContain("trouble at /group: intensity_reached; see dreamos tree");
  expect(service.err).toMatch(/ending with exit code 70: .*worker.*planted/);
}, 120_000);

test("the next start shows why, in the tree and to Captain, and has lost nothing", async () => {
  await service.start();
  for (const address of ["/", "/group"]) {
    const { lastError } = await find(address);
    expect(lastError).toMatchObject({ code: "intensity_reached" });
    expect(lastError!.message).toContain(worker);
  }
  const tree = await service.cli("tree");
  expect(tree.out).toMatch(/\/group .*error=intensity_reached/);
  const messages = await service.cli("messages", "/captain", "--from", "system");
  expect(messages.out).toContain("trouble.reported");
  expect(messages.out).toContain("intensity_reached");
  const { reply } = await service.client.ask({
    to: "/captain",
    type: "command",
    payload: { text: "problems" },
    timeoutMs: 60_000,
  });
  expect(JSON.stringify(reply)).toContain("intensity_reached");
  expect((await seen(worker))[0]).toBe(1);
  expect(await seen("/bystander")).toEqual([]);
}, 120_000);
