/** What every implementation of `Hosts` promises (R12). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Envelope } from "../../src/actors/envelope.ts";
import type { FromThread, ToThread } from "../../src/actors/protocol.ts";
import { defaultLimits } from "../../src/limits.ts";
import type { Bundle, Hosts, Thread, ThreadLoss, ThreadRequest } from "../../src/host/hosts.ts";

export interface HostsUnderTest {
  hosts: Hosts;
  /** Takes messages of type `ping`, of kind `echo`. */
  echo: Bundle;
  /** Throws when it is loaded. */
  broken: Bundle;
  /** Ends whatever holds the thread, as a fault would. */
  crash(thread: Thread): void;
  close(): Promise<void>;
}

/** Everything that was heard of one thread, and a way to wait for more. */
export class Listener {
  readonly frames: FromThread[] = [];
  readonly losses: ThreadLoss[] = [];
  #wake: () => void = () => {};

  onFrame = (frame: FromThread): void => {
    this.frames.push(frame);
    this.#wake();
  };

  onLost = (loss: ThreadLoss): void => {
    this.losses.push(loss);
    this.#wake();
  };

  async until(isTrue: (heard: Listener) => boolean, what: string): Promise<void> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, 20_000);
    while (!isTrue(this)) {
      if (late) throw new Error(`Waited 20 s for ${what}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    clearTimeout(timer);
  }

  async loss(): Promise<ThreadLoss> {
    await this.until(({ losses }) => losses.length > 0, "a loss");
    return this.losses[0]!;
  }

  turns(): number[] {
    return this.frames.flatMap((frame) => frame.t === "turned" ? [frame.turn] : []);
  }
}

export function requestFor(bundle: Bundle, more: Partial<ThreadRequest> = {}): ThreadRequest {
  const request = { address: "/a", generation: 1, bundle, group: "main", read: [], alone: false };
  return { ...request, ...more };
}

function startFrame(address = "/a"): ToThread {
  return { t: "start", address, state: null, input: "{}", limits: defaultLimits };
}

export function deliverFrame(turn: number, types: string[] = []): ToThread {
  const envelopes = types.map((type, index): Envelope => ({
    id: `id-${turn}-${index}`,
    seq: turn * 1000 + index + 1,
    kind: "message",
    lane: "normal",
    to: "/a",
    from: "@test",
    type,
    payload: "{}",
    cause: null,
    correlation: null,
    replyTo: null,
    sentAtMs: 0,
    expiresAtMs: null,
    hops: 0,
    trace: null,
    attempt: 0,
  }));
  return { t: "deliver", turn, nowMs: 0, envelopes };
}

/** Places, starts and waits until the agent has made its first turn. */
export async function startAgent(
  hosts: Hosts,
  request: ThreadRequest,
): Promise<{ thread: Thread; heard: Listener }> {
  const heard = new Listener();
  const thread = await hosts.place(request, heard);
  thread.send(startFrame(request.address));
  thread.send(deliverFrame(1));
  await heard.until((it) => it.turns().includes(1) || it.losses.length > 0, "the first turn");
  return { thread, heard };
}

export function describeHosts(name: string, open: () => Promise<HostsUnderTest>): void {
  describe(`hosts: ${name}`, () => {
    let test: HostsUnderTest;
    beforeAll(async () => test = await open());
    afterAll(() => test.close());

    it("says what a bundle is", async () => {
      const described = await test.hosts.describe(test.echo, 10_000);
      expect(described).toMatchObject({ ok: true, manifest: { kind: "echo" } });
    });

    it("says that a bundle is broken, and does not place it", async () => {
      expect(await test.hosts.describe(test.broken, 10_000)).toMatchObject({ ok: false });
      await expect(test.hosts.place(requestFor(test.broken), new Listener()))
        .rejects.toMatchObject({ code: "bad_bundle" });
    });

    it("hands on the frames of a thread in order, and those of no other", async () => {
      const one = await startAgent(test.hosts, requestFor(test.echo, { address: "/one" }));
      const two = await startAgent(test.hosts, requestFor(test.echo, { address: "/two" }));
      expect(one.thread.id).not.toBe(two.thread.id);
      expect(one.heard.frames[0]).toEqual({ t: "started" });
      const wanted = Array.from({ length: 100 }, (_, index) => index + 1);
      for (const turn of wanted.slice(1)) one.thread.send(deliverFrame(turn, ["ping"]));
      await one.heard.until((it) => it.turns().length === 100, "100 turns");
      expect(one.heard.turns()).toEqual(wanted);
      expect(two.heard.turns()).toEqual([1]);
      await Promise.all([one.thread.kill(), two.thread.kill()]);
    });

    it("tells the agent of a lost thread once, and nothing after", async () => {
      const { thread, heard } = await startAgent(test.hosts, requestFor(test.echo));
      test.crash(thread);
      expect(await heard.loss()).toMatchObject({ reason: "host_lost", alone: true });
      thread.send(deliverFrame(2));
      thread.release();
      await thread.kill();
      expect(heard.losses).toHaveLength(1);
      expect(heard.turns()).toEqual([1]);
    });

    it("is silent about threads that were killed or released", async () => {
      const killed = await startAgent(test.hosts, requestFor(test.echo));
      killed.thread.send(deliverFrame(2, ["ping"]));
      const frames = killed.heard.frames.length;
      await killed.thread.kill();
      const released = await startAgent(test.hosts, requestFor(test.echo));
      released.thread.release();
      const next = await startAgent(test.hosts, requestFor(test.echo));
      expect(next.heard.turns()).toEqual([1]);
      next.thread.release();
      expect(killed.heard.frames).toHaveLength(frames);
      expect([...killed.heard.losses, ...released.heard.losses]).toEqual([]);
    });

    it("gives a suspect a host of its own", async () => {
      const other = await startAgent(test.hosts, requestFor(test.echo));
      const alone = await startAgent(test.hosts, requestFor(test.echo, { alone: true }));
      const next = await startAgent(test.hosts, requestFor(test.echo));
      expect([other.thread.hostPid, next.thread.hostPid]).not.toContain(alone.thread.hostPid);
      test.crash(alone.thread);
      expect(await alone.heard.loss()).toMatchObject({ alone: true });
      expect(other.heard.losses).toEqual([]);
      other.thread.release();
      next.thread.release();
    });

    it("keeps groups and grants apart", async () => {
      const pids = new Set<number>();
      for (const group of ["main", "other"]) {
        for (const read of [[], ["/usr"]]) {
          const { thread } = await startAgent(test.hosts, requestFor(test.echo, { group, read }));
          pids.add(thread.hostPid);
          thread.release();
        }
      }
      expect(pids.size).toBe(4);
    });

    it("stops all, silently, and places no more", async () => {
      const { heard } = await startAgent(test.hosts, requestFor(test.echo));
      expect(test.hosts.list().reduce((sum, host) => sum + host.threads, 0)).toBe(1);
      await test.hosts.stop();
      expect(test.hosts.list()).toEqual([]);
      expect(heard.losses).toEqual([]);
      await expect(test.hosts.place(requestFor(test.echo), new Listener()))
        .rejects.toMatchObject({ code: "host_lost" });
    });
  });
}
