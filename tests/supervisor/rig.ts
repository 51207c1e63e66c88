/** A whole system on a real database file, with threads in this process. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { bundleAgent } from "../../src/host/bundle.ts";
import type { Bundle } from "../../src/host/hosts.ts";
import { systemIds } from "../../src/ids.ts";
import { defaultLimits, type Limits } from "../../src/limits.ts";
import type { Log } from "../../src/log.ts";
import type { Json } from "../../src/json.ts";
import { openLibsqlStore } from "../../src/storage/libsql-store.ts";
import type { Store } from "../../src/storage/store.ts";
import type { TreeNode } from "../../src/supervisor/control.ts";
import { System } from "../../src/supervisor/system.ts";
import { parseSwarm, type SwarmInput } from "../../src/swarm.ts";
import { eventually } from "../support/eventually.ts";
import { InProcessHosts } from "../support/in-process-hosts.ts";

const caller = { name: "tester" };
let probe: Promise<Bundle> | null = null;

export interface Rig {
  system: System;
  store: Store;
  hosts: InProcessHosts;
  /** Exit codes that the system asked for. */
  ended: number[];
  send(to: string, type: string, payload: Json): Promise<void>;
  ask(to: string, type?: string): Promise<Json>;
  notes(address: string): Promise<number[]>;
  /** Ends everything in memory at once, as a kill would, and starts again from the file. */
  crash(): Promise<Rig>;
  close(): Promise<void>;
}

export interface RigOptions {
  folder: string;
  children: SwarmInput["children"];
  limits?: Partial<Limits>;
  swarm?: Partial<SwarmInput>;
  wrapStore?(store: Store): Store;
  log?: Log;
  /** Does not wait until every agent of the tree has had its first turn. */
  atOnce?: boolean;
}

const noTools = {
  pid: null,
  call: () => Promise.reject(new Error("no tools here")),
  cancel: () => {},
  tellKnown: () => {},
  startAdapter: () => {},
  stopAdapter: () => {},
  ack: () => {},
};

function waitsForStart({ type, status, children }: TreeNode): boolean {
  if (type === "dynamic") return status === "restarting";
  return type === "agent" ? status === "pending" : children.some(waitsForStart);
}

export async function openRig(options: RigOptions): Promise<Rig> {
  const { folder, children, limits, swarm, wrapStore = (store) => store } = options;
  const path = fileURLToPath(new URL("./agents/probe.ts", import.meta.url));
  const bundle = await (probe ??= bundleAgent(path));
  const file = join(folder, "dreamos.db");
  const store = wrapStore(await openLibsqlStore({ file, clock: systemClock }));
  const hosts = new InProcessHosts();
  const described = await hosts.describe(bundle);
  if (!described.ok) throw new Error(described.error.message);
  const ended: number[] = [];
  const fast = { backoffMs: 1, backoffMaxMs: 5 };
  const data = { kinds: { probe: "./probe.ts" }, ...fast, ...swarm, children };
  const system = new System({
    clock: systemClock,
    ids: systemIds(systemClock),
    limits: { ...defaultLimits, ...limits },
    store,
    hosts,
    tools: noTools,
    log: options.log ?? (() => {}),
    swarm: parseSwarm(data, "test"),
    kinds: [{ name: "probe", bundle, manifest: described.manifest }],
    about: { home: folder, version: "test", pid: 0 },
    onFatal: (code) => ended.push(code),
    onShutdown: () => {},
  });
  await system.start();
  if (!options.atOnce) {
    await eventually(async () => !waitsForStart(await system.tree()), { everyMs: 2 });
  }
  const stop = async () => {
    await system.stop(0);
    await hosts.stop();
    await store.close();
  };
  const rig: Rig = {
    system,
    store,
    hosts,
    ended,
    send: async (to, type, payload) => void await system.send(caller, [{ to, type, payload }]),
    ask: async (to, type = "read") => {
      const { reply } = await system.ask(caller, { to, type, payload: {}, timeoutMs: 5_000 });
      return reply;
    },
    notes: async (address) => (await rig.ask(address) as { notes: number[] }).notes,
    crash: async () => {
      await hosts.stop();
      await stop();
      return await openRig(options);
    },
    close: stop,
  };
  return rig;
}
