/** The whole way with the real thing: a module, its bundle, a thread, turns, and a lost host. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredState } from "../../src/actors/protocol.ts";
import { bundleAgent } from "../../src/host/bundle.ts";
import type { Bundle } from "../../src/host/hosts.ts";
import { buildRuntime } from "../../src/host/runtime.ts";
import { defaultLimits } from "../../src/limits.ts";
import { deliverFrame, Listener, requestFor, startAgent } from "../contract/hosts.contract.ts";
import { openRig, type Rig } from "./rig.ts";

const module = `
  import { assign, defineAgent, setupAgent, z } from "dreamos";
  const up = ({ context }) => context.count + 1;
  const accepts = { bump: z.object({}) };
  export default defineAgent({
    kind: "bumper",
    accepts,
    machine: setupAgent({ types: {} as { context: { count: number } }, accepts }).createMachine({
      id: "bumper",
      context: { count: 0 },
      initial: "even",
      states: {
        even: { on: { bump: { target: "odd", actions: assign({ count: up }) } } },
        odd: { on: { bump: { target: "even", actions: assign({ count: up }) } } },
      },
    }),
  });
`;

describe("an agent in a thread of a host", () => {
  let rig: Rig;
  let bundle: Bundle;
  beforeAll(async () => {
    rig = await openRig({}, (folder) => buildRuntime(folder));
    await Deno.writeTextFile(`${rig.folder}/agent.ts`, module);
    bundle = await bundleAgent(`${rig.folder}/agent.ts`);
  });
  afterAll(() => rig.close());

  const stateAfter = (heard: Listener): StoredState => {
    const last = heard.frames.filter((frame) => frame.t === "turned").at(-1)!;
    return last.state;
  };

  it("says what it is", async () => {
    expect(await rig.hosts.describe(bundle, 10_000)).toMatchObject({
      ok: true,
      manifest: { kind: "bumper", version: 1, accepts: { bump: { type: "object" } } },
    });
  });

  it("is refused when it cannot be made durable", async () => {
    const inline = `entry: () => console.log("once or twice"), initial: "even",`;
    await Deno.writeTextFile(`${rig.folder}/inline.ts`, module.replace('initial: "even",', inline));
    const bad = await bundleAgent(`${rig.folder}/inline.ts`);
    await expect(rig.hosts.place(requestFor(bad), new Listener())).rejects.toMatchObject({
      code: "not_durable",
      message: expect.stringMatching(/^machine\..* is a function/),
    });
  });

  it("is not checked once more when it has been described", async () => {
    const action = `entry: () => {}, initial: "even",`;
    await Deno.writeTextFile(`${rig.folder}/known.ts`, module.replace('initial: "even",', action));
    const bad = await bundleAgent(`${rig.folder}/known.ts`);
    const thread = await rig.hosts.place(
      { ...requestFor(bad), isKnown: true },
      new Listener(),
    );
    thread.release();
  });

  it("says how to bring another language of zod along", async () => {
    const speaks = (head: string, words: string) =>
      Deno.writeTextFile(
        `${rig.folder}/words.ts`,
        `${head}\n${module}\nz.config(${words});`,
      ).then(() => bundleAgent(`${rig.folder}/words.ts`));
    const missing = await rig.hosts.describe(await speaks("", "z.locales.de()"), 10_000);
    expect(missing).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('import { de } from "zod/locales"') },
    });
    const english = await speaks("", "z.locales.en()");
    expect(await rig.hosts.describe(english, 10_000)).toMatchObject({ ok: true });
  });

  it("is refused when it is no agent", async () => {
    await Deno.writeTextFile(`${rig.folder}/none.ts`, `export default { kind: "x" };`);
    const none = await bundleAgent(`${rig.folder}/none.ts`);
    expect(await rig.hosts.describe(none, 10_000)).toMatchObject({ ok: false });
    await expect(rig.hosts.place(requestFor(none), new Listener())).rejects.toMatchObject({
      code: "bad_bundle",
      message: expect.stringMatching(/default export/),
    });
  });

  it("goes on from its state when its host is lost", async () => {
    const first = await startAgent(rig.hosts, requestFor(bundle));
    first.thread.send(deliverFrame(2, ["bump", "bump", "bump"]));
    await first.heard.until((it) => it.turns().includes(2), "the second turn");
    const turned = first.heard.frames.at(-1)!;
    expect(turned).toMatchObject({ consumed: 3, summary: { status: "active", value: "odd" } });

    Deno.kill(first.thread.hostPid, "SIGKILL");
    await first.heard.loss();
    const heard = new Listener();
    const thread = await rig.hosts.place(requestFor(bundle, { generation: 2 }), heard);
    expect(thread.hostPid).not.toBe(first.thread.hostPid);
    thread.send({
      t: "start",
      address: "/a",
      state: stateAfter(first.heard),
      input: "{}",
      limits: defaultLimits,
    });
    thread.send(deliverFrame(3, ["bump"]));
    await heard.until((it) => it.turns().includes(3), "the third turn");
    expect(heard.frames.at(-1)).toMatchObject({ consumed: 1, summary: { value: "even" } });
    expect(JSON.parse(stateAfter(heard).text)).toMatchObject({ root: { context: { count: 4 } } });
    thread.release();
  });

  it("is blank again when the agent has left it", async () => {
    const busy = await startAgent(rig.hosts, requestFor(bundle, { group: "blank" }));
    busy.thread.send(deliverFrame(2, ["bump"]));
    await busy.heard.until((it) => it.turns().includes(2), "the second turn");
    busy.thread.release();
    const next = await startAgent(rig.hosts, requestFor(bundle, { group: "blank" }));
    expect(next.heard.frames.at(-1)).toMatchObject({ summary: { value: "even" } });
    next.thread.release();
  });
});
