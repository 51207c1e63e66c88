import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliverFrame, requestFor, startAgent } from "../contract/hosts.contract.ts";
import { bundleOf, echo, misbehaving, openRig, type Rig } from "./rig.ts";
import { eventually } from "../support/eventually.ts";

describe("placing", () => {
  let rig: Rig;
  beforeAll(async () => rig = await openRig());
  afterAll(() => rig.close());

  it("puts 40 agents into two hosts, and loses only those of a host that dies", async () => {
    const agents = await Promise.all(
      Array.from(
        { length: 40 },
        (_, index) => startAgent(rig.hosts, requestFor(echo, { address: `/a${index}` })),
      ),
    );
    const pids = [...new Set(agents.map(({ thread }) => thread.hostPid))];
    expect(pids).toHaveLength(2);
    expect(rig.hosts.list().map(({ threads }) => threads).toSorted()).toEqual([32, 8]);
    expect(rig.hosts.list().every(({ rssBytes }) => rssBytes! > 20_000_000)).toBe(true);

    Deno.kill(pids[0]!, "SIGKILL");
    const lost = agents.filter(({ thread }) => thread.hostPid === pids[0]);
    const losses = await Promise.all(lost.map(({ heard }) => heard.loss()));
    for (const loss of losses) {
      expect(loss).toMatchObject({ reason: "host_lost", alone: false });
      expect(loss.message).toContain("SIGKILL");
    }
    const others = agents.filter(({ thread }) => thread.hostPid !== pids[0]);
    for (const { thread, heard } of others) {
      thread.send(deliverFrame(2, ["ping"]));
      await heard.until((it) => it.turns().includes(2), "a second turn");
      expect(heard.losses).toEqual([]);
    }
    await Promise.all(others.map(({ thread }) => thread.kill()));
  });

  it("uses a released thread again, with its modules loaded anew", async () => {
    const counting = bundleOf(`
      globalThis.loads = (globalThis.loads ?? 0) + 1;
      let turns = 0;
      exports.turn = () => ["loads " + globalThis.loads, "turns " + ++turns];
    `);
    const request = requestFor(counting, { group: "reuse" });
    const tags = async () => {
      const { thread, heard } = await startAgent(rig.hosts, request);
      const turned = heard.frames.find((frame) => frame.t === "turned")!;
      thread.release();
      return { tags: turned.summary.tags, starts: startsOf(thread.hostPid) };
    };
    const startsOf = (pid: number) => rig.hosts.list().find((host) => host.pid === pid)!.starts;
    const first = await tags();
    expect(first.tags).toEqual(["loads 1", "turns 1"]);
    // The host confirms the release before the thread has reset itself.
    let next = await tags();
    const seen = new Set<string>();
    await eventually(
      () => {
        seen.add(next.tags[0]!);
        tags().then((got) => next = got);
        return seen.has("loads 2");
      },
      { deadlineMs: 5_000, everyMs: 5, what: "a thread that is used again" },
    );
    expect(next.tags[1]).toBe("turns 1");
  });

  it("hands on what an agent prints as its own, no more than its second's share", async () => {
    const loud = misbehaving(
      `console.warn("hello", { a: 1 }, 2n); for (let i = 0; i < 9000; i++) ` +
        `console.error("x".repeat(3_000));`,
    );
    const { thread, heard } = await startAgent(rig.hosts, requestFor(loud, { group: "loud" }));
    thread.send(deliverFrame(2, ["do"]));
    const prints = () => heard.frames.filter((frame) => frame.t === "printed");
    await heard.until(() => prints().some(({ dropped }) => dropped > 0), "the count");
    await thread.kill();
    const [first, second, ...rest] = prints();
    expect(first).toMatchObject({ level: "warn", text: "hello { a: 1 } 2n", dropped: 0 });
    expect(second).toMatchObject({ level: "error", text: `${"x".repeat(1_999)}…` });
    expect(rest.length).toBeLessThan(1_000);
    expect(prints().reduce((sum, { dropped }) => sum + dropped, prints().length)).toBe(9_002);
    expect(rig.logs.join("")).not.toContain("hello");
  });

  it("says what was written past the console, and keeps a flood out of the log", async () => {
    const loud = misbehaving(
      `const say = (text) => Deno.stderr.writeSync(new TextEncoder().encode(text + "\\n"));` +
        `say("hello"); for (let i = 0; i < 9000; i++) say("x".repeat(100));`,
    );
    const { thread, heard } = await startAgent(rig.hosts, requestFor(loud, { group: "loud" }));
    thread.send(deliverFrame(2, ["do"]));
    await heard.until((it) => it.turns().includes(2), "a second turn");
    await thread.kill();
    await eventually(() => rig.logs.includes("hello"), {
      deadlineMs: 5_000,
      everyMs: 5,
      what: "the line",
    });
    expect(rig.logs.join("").length).toBeLessThan(300_000);
  });

  it("starts hosts with one permission and no environment", async () => {
    const { thread } = await startAgent(rig.hosts, requestFor(echo));
    const read = (file: string) =>
      Deno.readTextFileSync(`/proc/${thread.hostPid}/${file}`).split("\0").filter(Boolean);
    const flags = read("cmdline").slice(1, -1).map((flag) => flag.replace(/=.*/, ""));
    expect(flags).toEqual([
      "run",
      "--quiet",
      "--no-prompt",
      "--no-config",
      "--no-lock",
      "--no-remote",
      "--no-npm",
      "--unstable-worker-options",
      "--v8-flags",
      "--allow-read",
    ]);
    const names = read("environ").map((line) => line.replace(/=.*/, ""));
    // The second is how Deno tells a child of its third pipe.
    const own = [
      "DENO_DIR",
      "DENO_EXTRA_STDIO_FDS",
      "DENO_NO_UPDATE_CHECK",
      "MALLOC_ARENA_MAX",
      "NO_COLOR",
    ];
    expect(names.toSorted()).toEqual(own);
    await thread.kill();
  });

  it("gives threads the folders granted and nothing else", async () => {
    await Deno.mkdir(`${rig.folder}/in side`);
    await Deno.writeTextFile(`${rig.folder}/in side/a.txt`, "inside");
    await Deno.writeTextFile(`${rig.folder}/outside.txt`, "outside");
    const probing = bundleOf(`
      const attempt = (what) => { try { return String(what()) } catch (e) { return e.name } };
      exports.turn = () => [
        attempt(() => Deno.readTextFileSync(${JSON.stringify(`${rig.folder}/in side/a.txt`)})),
        attempt(() => Deno.readTextFileSync(${JSON.stringify(`${rig.folder}/outside.txt`)})),
        attempt(() => Deno.writeTextFileSync(${JSON.stringify(`${rig.folder}/in side/b`)}, "")),
        attempt(() => Deno.env.get("HOME")),
        attempt(() => Deno.listen({ port: 0 })),
        attempt(() => new Deno.Command("/bin/true").outputSync()),
        attempt(() => Deno.hostname()),
      ];
    `);
    const refused = "NotCapable";
    const read = [`${rig.folder}/in side`];
    for (const grant of [read, []]) {
      const { thread, heard } = await startAgent(rig.hosts, requestFor(probing, { read: grant }));
      const turned = heard.frames.find((frame) => frame.t === "turned")!;
      expect(turned.summary.tags).toEqual([
        grant.length > 0 ? "inside" : refused,
        ...Array.from({ length: 6 }, () => refused),
      ]);
      await thread.kill();
    }
  });
});

describe("retiring", () => {
  it("ends a host after its starts, once its agents have left", async () => {
    const rig = await openRig({ startsPerHost: 3 });
    try {
      const agents = [];
      for (let i = 0; i < 5; i++) agents.push(await startAgent(rig.hosts, requestFor(echo)));
      const first = agents[0]!.thread.hostPid;
      const inFirst = agents.filter(({ thread }) => thread.hostPid === first);
      expect(inFirst.length).toBeLessThanOrEqual(3);
      for (const { thread } of inFirst) thread.release();
      const isGone = () => rig.hosts.list().every(({ pid }) => pid !== first);
      await eventually(isGone, {
        deadlineMs: 5_000,
        everyMs: 5,
        what: "the end of the retired host",
      });
      for (const { heard } of agents) expect(heard.losses).toEqual([]);
    } finally {
      await rig.close();
    }
  });
});
