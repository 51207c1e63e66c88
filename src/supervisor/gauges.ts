/** What a scrape of `/metrics` finds by looking: depths, hosts, memory, restarts. */
import { statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { databaseName } from "../backup-manifest.ts";
import { processCpuSeconds, processRssBytes } from "../processes.ts";
import { AgentGauges } from "./agent-gauges.ts";
import type { Core } from "./core.ts";
import type { Meters } from "./meters.ts";
import type { Tree } from "./tree.ts";

export class Gauges {
  #core: Core;
  #tally: Tree["tally"];
  #meters: Meters;
  #all: ReturnType<typeof gaugesOf>;
  /** CPU seconds of each process as of the last look, by pid. */
  #cpu = new Map<number, number>();
  #agents: AgentGauges;
  #home: string;

  constructor(core: Core, tally: Tree["tally"], home: string) {
    this.#home = home;
    this.#agents = new AgentGauges(core);
    this.#core = core;
    this.#tally = tally;
    this.#meters = core.meters;
    this.#all = gaugesOf(core.meters);
  }

  /** Looks from now on how late the event loop is. @returns how to end it */
  watchLoop(): () => void {
    return this.#meters.watchLoop(this.#core.clock);
  }

  /** Everything as of now, in Prometheus' text format. */
  async text(): Promise<string> {
    this.#lookAtAgents();
    this.#agents.look();
    this.#lookAtDisk();
    this.#lookAtTally();
    this.#lookAtHosts();
    const { store } = this.#core;
    this.#all.available.set(store.available ? 1 : 0);
    if (store.available) this.#all.deadLetters.set(await store.deadLetterCount());
    return await this.#meters.registry.metrics();
  }

  #lookAtAgents(): void {
    const { registry, clock } = this.#core;
    const nowMs = clock.wallMs();
    let depth = 0;
    let deepest = 0;
    let oldestAtMs = nowMs;
    // Passive agents have no open envelope.
    for (const { mailbox, residence } of registry.awake()) {
      depth += mailbox.depth;
      deepest = Math.max(deepest, mailbox.depth);
      oldestAtMs = Math.min(oldestAtMs, mailbox.oldestAtMs ?? nowMs);
      for (const { sentAtMs } of residence?.hand ?? []) oldestAtMs = Math.min(oldestAtMs, sentAtMs);
    }
    this.#all.mailboxDepth.set(depth);
    this.#all.mailboxDeepest.set(deepest);
    this.#all.oldest.set((nowMs - oldestAtMs) / 1_000);
    for (const [status, count] of Object.entries(registry.counts())) {
      this.#all.agents.set({ status }, count);
    }
  }

  #lookAtDisk(): void {
    const sizeOf = (name: string) =>
      statSync(join(this.#home, name), { throwIfNoEntry: false })?.size ?? 0;
    this.#all.database.set(sizeOf(databaseName));
    this.#all.wal.set(sizeOf(`${databaseName}-wal`));
    this.#all.diskFree.set(freeBytes(this.#home));
  }

  #lookAtTally(): void {
    const { exits, restarts } = this.#all;
    exits.reset();
    restarts.reset();
    for (const [reason, count] of Object.entries(this.#tally.exits)) exits.inc({ reason }, count);
    for (const [reason, count] of Object.entries(this.#tally.restarts)) {
      restarts.inc({ reason }, count);
    }
  }

  #lookAtHosts(): void {
    const { hosts, threads, hostRss, hostCpu, toolRss, toolCpu, ownRss, ownCpu } = this.#all;
    const list = this.#core.hosts.list();
    const seen = new Set<number>();
    const cpuSince = (pid: number) => {
      seen.add(pid);
      return this.#cpuSince(pid);
    };
    hosts.set(list.length);
    threads.set(list.reduce((sum, host) => sum + host.threads, 0));
    hostRss.reset();
    for (const { pid, group, rssBytes } of list) {
      hostRss.inc({ group }, rssBytes ?? 0);
      hostCpu.inc({ group }, cpuSince(pid));
    }
    const { pid } = this.#core.tools;
    toolRss.set((pid === null ? null : processRssBytes(pid)) ?? 0);
    if (pid !== null) toolCpu.inc(cpuSince(pid));
    ownRss.set(Deno.memoryUsage().rss);
    ownCpu.inc(cpuSince(Deno.pid));
    for (const known of [...this.#cpu.keys()]) if (!seen.has(known)) this.#cpu.delete(known);
  }

  #cpuSince(pid: number): number {
    const before = this.#cpu.get(pid) ?? 0;
    const now = processCpuSeconds(pid) ?? before;
    this.#cpu.set(pid, now);
    return Math.max(0, now - before);
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return NaN;
  }
}

function gaugesOf(meters: Meters) {
  const gauge = meters.gauge.bind(meters);
  return {
    agents: meters.gauge("dreamos_agents", "Agents by status", ["status"]),
    mailboxDepth: gauge("dreamos_mailbox_depth", "Open envelopes of all mailboxes"),
    mailboxDeepest: gauge("dreamos_mailbox_depth_highest", "Open envelopes of the fullest mailbox"),
    oldest: gauge(
      "dreamos_mailbox_oldest_age_seconds",
      "Age of the oldest open envelope in memory; 0 when there is none",
    ),
    deadLetters: gauge("dreamos_dead_letters", "Dead letters that are kept"),
    available: gauge("dreamos_storage_available", "1 while the store takes new things, else 0"),
    database: gauge("dreamos_database_size_bytes", "Size of the database file"),
    wal: gauge("dreamos_database_wal_size_bytes", "Size of the write-ahead log beside it"),
    diskFree: gauge("dreamos_disk_free_bytes", "Free space of the disk that HOME is on"),
    exits: meters.counter("dreamos_exits_total", "Ends of agents by reason", ["reason"]),
    restarts: meters.counter(
      "dreamos_restarts_total",
      "Ends of agents that were followed by a restart, by reason",
      ["reason"],
    ),
    hosts: gauge("dreamos_hosts", "Host processes"),
    threads: gauge("dreamos_threads", "Threads of all hosts"),
    hostRss: meters.gauge(
      "dreamos_host_resident_memory_bytes",
      "Resident memory of the hosts of a group",
      ["group"],
    ),
    hostCpu: meters.counter(
      "dreamos_host_cpu_seconds_total",
      "CPU time of the hosts of a group, as far as they lived at a scrape",
      ["group"],
    ),
    toolRss: gauge("dreamos_tool_host_resident_memory_bytes", "Resident memory of the tool host"),
    toolCpu: meters.counter("dreamos_tool_host_cpu_seconds_total", "CPU time of the tool host"),
    ownRss: gauge(
      "dreamos_control_resident_memory_bytes",
      "Resident memory of the control process",
    ),
    ownCpu: meters.counter("dreamos_control_cpu_seconds_total", "CPU time of the control process"),
  };
}
