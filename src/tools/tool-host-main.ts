/**
 * The process that holds tools and adapters. It has the rights named on its command line and nothing
 * else, hears frames on descriptor 3, and ends when that closes.
 */
import { Socket } from "node:net";
import { systemClock } from "../clock.ts";
import { DreamError, toErrorData } from "../errors.ts";
import type { Json } from "../json.ts";
import { readFile } from "./file-read.ts";
import { FileWatch, type KnownFile } from "./file-watch.ts";
import { Outbox } from "./outbox.ts";
import type { FromToolHost, ToolGrant, ToToolHost } from "./tool-protocol.ts";
import { encodeFrame, FrameReader } from "./wire.ts";

interface RunningAdapter {
  watch: FileWatch;
  outbox: Outbox;
}

type Tool = (input: Json, grant: ToolGrant) => Promise<Json>;

const tools: Readonly<Record<string, Tool>> = { "file.read": readFile };
const defaultExtensions = ["md", "markdown", "txt", "text", "html", "htm", "json", "csv"];
const defaultMostBytes = 768 * 1024;
const defaultSettleMs = 250;

const socket = new Socket({ fd: 3, readable: true, writable: true });
const frames = new FrameReader();
const adapters = new Map<string, RunningAdapter>();
const known = new Map<string, KnownFile[]>();
const cancelled = new Set<string>();

function send(message: FromToolHost): void {
  socket.write(encodeFrame(message));
}

async function call({ key, name, input, grant }: Extract<ToToolHost, { t: "call" }>) {
  try {
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
    if (!tool) throw new DreamError("unknown_call", `There is no tool ${name.slice(0, 80)}`);
    const value = await tool(input, grant);
    if (!cancelled.delete(key)) send({ t: "result", key, ok: true, value });
  } catch (thrown) {
    const error = toErrorData(thrown, "call_failed");
    if (!cancelled.delete(key)) send({ t: "result", key, ok: false, error });
  }
}

function startAdapter(address: string, adapter: string, options: Json): void {
  try {
    if (adapter !== "file.watch") {
      throw new DreamError("unknown_call", `There is no adapter ${adapter.slice(0, 80)}`);
    }
    const outbox = new Outbox((event) => send({ t: "adapter.event", address, ...event }));
    const emit = outbox.push.bind(outbox);
    const watch = new FileWatch(readWatchOptions(options), systemClock, emit);
    for (const entry of known.get(address) ?? []) watch.know(entry);
    known.delete(address);
    adapters.get(address)?.watch.stop();
    adapters.set(address, { watch, outbox });
    send({ t: "adapter.state", address, state: "up", message: null });
    watch.run().catch((thrown) => failed(address, thrown));
  } catch (thrown) {
    failed(address, thrown);
  }
}

function failed(address: string, thrown: unknown): void {
  const { message } = toErrorData(thrown, "call_failed");
  adapters.delete(address);
  send({ t: "adapter.state", address, state: "failed", message });
}

function readWatchOptions(options: Json) {
  const given = (options ?? {}) as Record<string, unknown>;
  const { folder, include, maxBytes, settleMs } = given;
  const wrong = (name: string, wanted: string) =>
    new DreamError("bad_swarm", `Cannot watch files: ${name}: wanted ${wanted}`);
  if (typeof folder !== "string") throw wrong("folder", "an absolute path");
  if (include !== undefined && !isTexts(include)) throw wrong("include", "a list of extensions");
  const number = (value: unknown, fallback: number, name: string) => {
    if (value === undefined) return fallback;
    if (typeof value === "number" && value >= 0) return value;
    throw wrong(name, "a number from 0");
  };
  return {
    folder,
    extensions: new Set(include ?? defaultExtensions),
    mostBytes: number(maxBytes, defaultMostBytes, "maxBytes"),
    settleMs: number(settleMs, defaultSettleMs, "settleMs"),
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function hear(message: ToToolHost): void {
  switch (message.t) {
    case "call":
      void call(message);
      return;
    case "cancel":
      cancelled.add(message.key);
      return;
    case "adapter.known": {
      const entries = message.known as unknown as KnownFile[];
      const running = adapters.get(message.address);
      if (running) entries.forEach((entry) => running.watch.know(entry));
      else known.set(message.address, [...known.get(message.address) ?? [], ...entries]);
      return;
    }
    case "adapter.start":
      return startAdapter(message.address, message.adapter, message.options);
    case "adapter.stop":
      adapters.get(message.address)?.watch.stop();
      adapters.delete(message.address);
      return;
    case "adapter.ack":
      adapters.get(message.address)?.outbox.ack(message.key);
  }
}

socket.on("data", (piece: Uint8Array) => {
  for (const message of frames.push(piece)) hear(message as ToToolHost);
});
// The control process is gone: nothing here has a meaning without it.
socket.on("close", () => Deno.exit(0));
socket.on("error", () => Deno.exit(1));
send({ t: "ready" });
