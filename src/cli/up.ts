/**
 * Starts the whole system and waits for its end. The only module that sees every part: it picks the
 * store, the hosts, the tool host, and mounts the API on the system (design, The picture).
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createApp } from "../api/app.ts";
import { namesOf } from "../api/host-names.ts";
import { type Listeners, openListeners } from "../api/listeners.ts";
import { systemClock } from "../clock.ts";
import type { Config } from "../config.ts";
import { DreamError, toErrorData } from "../errors.ts";
import { openHosts } from "../host/host-pool.ts";
import type { Hosts } from "../host/hosts.ts";
import { KeptBuilds } from "../host/kept-builds.ts";
import { systemIds } from "../ids.ts";
import { endNotedProcesses } from "../processes.ts";
import { openLibsqlStore } from "../storage/libsql-store.ts";
import type { Store } from "../storage/store.ts";
import type { Log } from "../log.ts";
import { portableConfig } from "../portable-config.ts";
import { Backups, type BackupStream } from "../storage/backups.ts";
import type { LogBook } from "../logs/book.ts";
import { failureLog, openLog } from "../logs/open.ts";
import { Builder } from "../supervisor/builder.ts";
import { CodeWatch } from "../supervisor/code-watch.ts";
import type { Build, BuiltKind } from "../supervisor/deployments.ts";
import { System } from "../supervisor/system.ts";
import type { SwarmSpec } from "../swarm.ts";
import { openToolHost, type ToolHost } from "../tools/tool-host.ts";
import { version } from "../version.ts";
import { openTraces } from "../traces/open.ts";
import { type HomeLock, lockHome, refuseHalfRestored } from "./home-lock.ts";
import { listenToSignals } from "./signals.ts";
import { readOwnerToken, replaceOwnerToken } from "./owner-token.ts";
import { foldersOf } from "../swarm-folders.ts";

/** What a person or script is told when everything is up. */
export interface Ready {
  url: string;
  /** For other machines; null when the API listens on loopback only. */
  publicUrl: string | null;
  tokenFile: string;
  pid: number;
  inbox: string;
  system: System;
}

export interface UpOptions {
  config: Config;
  /** Starts with agents paused. */
  safe?: boolean;
  /** Deploys code when it is saved. */
  watch?: boolean;
  /** Long steps, for a person who waits. */
  onStep(text: string): void;
  onReady(ready: Ready): Promise<void> | void;
  /** It ends: turns drain from now on. */
  onStopping(): void;
  /** Warnings and errors, for a person who watches. */
  onTrouble(message: string): void;
}

const clock = systemClock;
const ids = systemIds(clock);

/**
 * Runs until somebody ends it.
 *
 * @returns the exit code: 0 after a drain, 70 when the root gave up, 1 when storage was lost
 * @throws {DreamError} when it cannot start; everything that was started has been ended then
 */
export async function up(options: UpOptions): Promise<number> {
  const { config, safe = false, onStep, onTrouble } = options;
  const home = config.home.path;
  const undo: (() => Promise<void> | void)[] = [];
  const ending = Promise.withResolvers<number>();
  try {
    const lock: HomeLock = lockHome(home, Deno.pid);
    undo.push(() => lock.release());
    refuseHalfRestored(config.home);
    // Left behind by a kill: nobody must take it for this start.
    rmSync(config.home.serviceFile, { force: true });
    const book = openLog(config, clock, onTrouble);
    undo.push(() => book.close());
    const { log } = book;
    log("info", "starting", { pid: Deno.pid, version });
    listenToSignals(clock, ending.resolve, undo);
    const folder = join(home, "processes");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    await endNotedProcesses(folder, clock);
    const store = await openStore(config, log, undo);
    const hosts = await openHosts({
      limits: config.limits,
      clock,
      execPath: Deno.execPath(),
      folder,
      onLog: (line, { pid }) => log("info", line, { from: "host", pid }),
    });
    undo.push(() => hosts.stop());
    onStep("Reading the swarm");
    const builder = new Builder(config, hosts, clock, new KeptBuilds(folder));
    const swarm = await builder.readSwarm();
    mkdirSync(config.inbox, { recursive: true });
    onStep("Building the agents");
    const kinds = await builder.buildKinds(swarm);
    const build = (path: string) => builder.build(path);
    const { system, tools } = await openSystem(
      { ...{ config, store, hosts, log, swarm, kinds, build, folder }, safe, end: ending.resolve },
      undo,
    );
    const server = await openApi(options, system, book);
    undo.push(() => server.shutdown(), () => book.endFollowing());
    await system.start();
    writeService(config, server.url, undo);
    const { url, publicUrl } = server;
    log("info", "ready", { url, publicUrl, toolHostPid: tools.pid });
    const { tokenFile } = config.home;
    await options.onReady({
      ...{ url, publicUrl, tokenFile },
      pid: Deno.pid,
      inbox: config.inbox,
      system,
    });
    if (options.watch) undo.push(watch(options, builder, system, swarm, log));
    const code = await ending.promise;
    options.onStopping();
    server.refuse();
    await system.stop(config.limits.drainMs);
    if (code === 0) system.endedWell();
    log("info", "ended", { code });
    return code;
  } catch (error) {
    throw isDiskFull(error) ? diskFull(home) : error;
  } finally {
    for (const act of undo.reverse()) await act();
  }
}

function isDiskFull(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ENOSPC";
}

function diskFull(home: string): DreamError {
  return new DreamError("storage_unavailable", `Cannot start: the disk of ${home} is full`);
}

async function openStore(config: Config, log: Log, undo: (() => unknown)[]): Promise<Store> {
  const store = await openLibsqlStore({
    file: config.home.databaseFile,
    clock,
    minFreeBytes: config.limits.minFreeBytes,
  });
  undo.push(() => store.close());
  log("info", "storage is open");
  return store;
}

/** @returns how to end it */
function watch(
  options: UpOptions,
  builder: Builder,
  system: System,
  { children }: SwarmSpec,
  log: Log,
): () => void {
  const { config: { swarm }, onStep, onTrouble } = options;
  const { deployments } = system;
  const watching = new CodeWatch({
    ...{ clock, builder, deployments, swarm, children },
    onDone: onStep,
    onFault(message) {
      log("warn", "what was saved cannot be deployed", { fault: message });
      onTrouble(message);
    },
  });
  return () => watching.stop();
}

interface Assembly {
  config: Config;
  store: Store;
  hosts: Hosts;
  log: Log;
  swarm: SwarmSpec;
  kinds: BuiltKind[];
  build: Build;
  /** Where processes are noted. */
  folder: string;
  safe: boolean;
  end(code: number): void;
}

async function openSystem(
  { config, store, hosts, log, swarm, kinds, build, folder, safe, end }: Assembly,
  undo: (() => unknown)[],
): Promise<{ system: System; tools: ToolHost }> {
  const late: { system?: System } = {};
  const tools = await openToolHost({
    clock,
    ids,
    execPath: Deno.execPath(),
    folder,
    read: foldersOf(swarm),
    onReady: () => late.system?.adapters.start(),
    onEvent: (...event) => late.system?.adapters.onEvent(...event),
    onAdapterState: (...state) => late.system?.adapters.onState(...state),
    onLog: (line) => log("info", line, { from: "tool host" }),
  });
  undo.push(() => tools.stop());
  const tracing = openTraces(config, { clock, ids, log });
  undo.push(() => tracing.close());
  const system = new System({
    clock,
    ids,
    limits: config.limits,
    store,
    hosts,
    tools,
    log,
    swarm,
    kinds,
    build,
    safe,
    traces: tracing.traces,
    backup: backupsOf(config),
    about: { home: config.home.path, version, pid: Deno.pid },
    keepOwner: (token) => replaceOwnerToken(config.home.tokenFile, token),
    onShutdown: () => end(0),
    onFatal(code, error) {
      const { message } = toErrorData(error, "storage_unavailable");
      log("error", `ending with exit code ${code}: ${message}`, { code });
      // Storage that cannot be trusted must not be written once more by an orderly end.
      if (code === 1) Deno.exit(1);
      end(code);
    },
  });
  late.system = system;
  undo.push(system.gauges.watchLoop());
  return { system, tools };
}

/** @returns how one backup is made */
function backupsOf(config: Config): () => Promise<BackupStream> {
  const { home, limits: { minFreeBytes }, swarm } = config;
  const backups = new Backups({
    ...{ clock, minFreeBytes, version, swarm, home: home.path },
    database: home.databaseFile,
    folder: home.backupFolder,
    readConfig: () => portableConfig(home),
  });
  return () => backups.make();
}

/** The API; `refuse` makes new requests fail while turns drain. */
async function openApi(
  { config, onTrouble }: UpOptions,
  system: System,
  book: LogBook,
): Promise<Listeners> {
  await system.tokens.load();
  const ownerToken = readOwnerToken(config.home.tokenFile, ids);
  book.hide(ownerToken);
  system.tokens.adopt(ownerToken);
  const app = createApp({
    control: system,
    config,
    clock,
    ids,
    limits: config.limits,
    names: namesOf(config.host, config.allowHosts),
    logs: book,
    log: book.log,
    traces: system.traces,
    logError: failureLog(book.log),
  });
  const { drainMs } = config.limits;
  const fetch = (request: Request) => app.fetch(request);
  const tell = (level: "info" | "warn", message: string) => book.log(level, message);
  const listeners = openListeners({ fetch, listening: config, drainMs, clock, tell });
  for (const warning of listeners.warnings) {
    book.log("warn", warning);
    onTrouble(warning);
  }
  return { ...listeners, refuse: () => system.close() };
}

/** Tells clients on this machine where the service is; written whole or not at all. */
function writeService(config: Config, url: string, undo: (() => void)[]): void {
  const { serviceFile } = config.home;
  writeFileSync(`${serviceFile}.new`, JSON.stringify({ url, pid: Deno.pid }), { mode: 0o600 });
  renameSync(`${serviceFile}.new`, serviceFile);
  undo.push(() => rmSync(serviceFile, { force: true }));
}
