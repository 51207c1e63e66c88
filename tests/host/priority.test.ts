/** Who works long comes after the others (W7 of bench/README.md), where the system can do that. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { deliverFrame, Listener, requestFor, startAgent } from "../contract/hosts.contract.ts";
import { eventually } from "../support/eventually.ts";
import { hasProc } from "../support/processes.ts";
import { echo, misbehaving, openRig, type Rig } from "./rig.ts";

/** Why nothing can be seen here; null when it can. */
function blind(): string | null {
  if (!hasProc) return "priorities of threads are a matter of Linux";
  const nice = niceOf("/proc/self/stat");
  return nice === 0 ? null : `all of this runs at nice ${nice} already`;
}

const niceOf = (path: string) => {
  const text = Deno.readTextFileSync(path);
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[16]);
};

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig.close());

/** How far back each worker thread of the process stands. */
function nices(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) => {
    const path = `/proc/${pid}/task/${name}`;
    try {
      const isWorker = Deno.readTextFileSync(`${path}/comm`).startsWith("worker-");
      return isWorker ? [niceOf(`${path}/stat`)] : [];
    } catch {
      // It has ended since.
      return [];
    }
  });
}

it("a thread that works is put back alone, and ends with its agent", async (context) => {
  const why = blind();
  if (why !== null) context.skip(why);
  const long = misbehaving(
    "const until = performance.now() + 2_000; " +
      "while (performance.now() < until);",
  );
  const neighbour = await startAgent(rig.hosts, requestFor(echo));
  const works = await startAgent(rig.hosts, requestFor(long, { address: "/w" }));
  const { hostPid } = works.thread;
  expect(neighbour.thread.hostPid).toBe(hostPid);
  works.thread.send(deliverFrame(2, ["do"]));
  await eventually(() => {
    works.thread.yieldToOthers!();
    return nices(hostPid).includes(10);
  }, { what: "a thread that stands back" });
  works.thread.yieldToOthers!();
  expect(nices(hostPid).filter((nice) => nice !== 0)).toEqual([10]);
  await works.heard.until((it) => it.turns().includes(2), "the long turn");
  works.thread.release();
  await eventually(() => !nices(hostPid).includes(10), { what: "the end of the thread" });
  neighbour.thread.send(deliverFrame(2, ["ping"]));
  await neighbour.heard.until((it) => it.turns().includes(2), "the neighbour's turn");
});

it("the host of a suspect stands back as a whole", async (context) => {
  const why = blind();
  if (why !== null) context.skip(why);
  const { hostPid, kill } = await rig.hosts.place(
    requestFor(echo, { alone: true }),
    new Listener(),
  );
  await eventually(() => nices(hostPid).length > 0);
  expect(new Set(nices(hostPid))).toEqual(new Set([10]));
  await kill();
});
