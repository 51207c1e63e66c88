/** A thread that answers every frame with the smallest one: what L3 measures is the way there. */
import type { FromThread } from "../src/actors/protocol.ts";
import { runThread, type ThreadAgent } from "../src/host/thread-body.ts";

runThread((post: (frame: FromThread) => void): ThreadAgent => ({
  load() {},
  describe: () => ({ ok: false, error: { name: "Error", message: "not an agent", stack: null } }),
  receive: () => post({ t: "ran", id: "echo", payload: "null" }),
  dispose() {},
}));
