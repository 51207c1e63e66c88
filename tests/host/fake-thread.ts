/**
 * Threads for tests of hosts: the bundle's code decides what happens, with no machine in between.
 * `exports.manifest` is what it is (in part); `exports.turn(types)` gives the tags of a turn's
 * summary.
 */
import type { Manifest } from "../../src/actors/manifest.ts";
import type { FromThread, ToThread } from "../../src/actors/protocol.ts";
import { runThread, type ThreadAgent } from "../../src/host/thread-body.ts";
import type { Bundle } from "../../src/host/hosts.ts";

const manifest: Manifest = {
  kind: "test",
  version: 1,
  accepts: {},
  replies: {},
  input: null,
  needs: { calls: [], read: [] },
  system: [],
};

interface Code {
  manifest?: Partial<Manifest>;
  turn?(types: string[]): string[];
}

function fakeAgent(post: (frame: FromThread) => void): ThreadAgent {
  const exports: Code = {};
  let hash = "";
  let message: string | null = null;
  return {
    load(bundle: Bundle) {
      try {
        new Function("exports", "post", bundle.code)(exports, post);
      } catch (error) {
        message = String(error);
      }
      hash = bundle.hash;
    },
    fault: () => message === null ? null : { name: "Error", message, stack: null },
    describe: () => ({ ok: true, manifest: { ...manifest, ...exports.manifest } }),
    receive(frame: ToThread) {
      if (frame.t === "start") post({ t: "started" });
      if (frame.t !== "deliver") return;
      const tags = exports.turn?.(frame.envelopes.map(({ type }) => type)) ?? [];
      post({
        t: "turned",
        turn: frame.turn,
        consumed: frame.envelopes.length,
        stale: [],
        unhandled: [],
        state: { bundle: hash, version: 1, text: "{}" },
        effects: [],
        summary: {
          status: "active",
          value: "idle",
          tags,
          runs: 0,
          owes: 0,
          output: null,
          error: null,
        },
      });
    },
    dispose() {},
  };
}

runThread(fakeAgent);
