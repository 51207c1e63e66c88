/** The real hosts with threads that only echo: what the limits of the way there are measured on. */
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/clock.ts";
import { openHosts } from "../src/host/host-pool.ts";
import type { Hosts, Thread, ThreadEvents } from "../src/host/hosts.ts";
import { buildRuntime } from "../src/host/runtime.ts";
import type { Limits } from "../src/limits.ts";

const fileOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export async function openEchoHosts(folder: string, limits: Limits): Promise<Hosts> {
  const runtime = await buildRuntime(folder, {
    host: fileOf("../src/host/host.ts"),
    thread: fileOf("./echo-thread.ts"),
  });
  return await openHosts({
    limits,
    clock: systemClock,
    execPath: Deno.execPath(),
    folder,
    onLog: (line) => console.error(line),
    runtime,
  });
}

export async function placeEcho(hosts: Hosts, events: ThreadEvents): Promise<Thread> {
  return await hosts.place({
    address: "/echo",
    generation: 1,
    bundle: { hash: "echo", code: "" },
    group: "bench",
    read: [],
    alone: false,
  }, events);
}
