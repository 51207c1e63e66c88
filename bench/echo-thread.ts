/** A thread that answers every frame with the smallest one: what L3 measures is the way there. */
import type { Manifest } from "../src/actors/manifest.ts";
import type { FromThread } from "../src/actors/protocol.ts";
import { runThread, type ThreadAgent } from "../src/host/thread-body.ts";

const manifest: Manifest = {
  kind: "echo",
  version: 1,
  accepts: {},
  replies: {},
  input: null,
  needs: { calls: [], read: [] },
  system: [],
};

runThread((post: (frame: FromThread) => void): ThreadAgent => ({
  load() {},
  fault: () => null,
  describe: () => ({ ok: true, manifest }),
  receive: () => post({ t: "started" }),
  dispose() {},
}));
