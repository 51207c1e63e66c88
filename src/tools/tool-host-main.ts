/**
 * The process that holds tools and adapters. It has the rights named on its command line and
 * nothing else, hears frames on descriptor 3, and ends when that closes.
 */
import { Socket } from "node:net";
import { systemClock } from "../clock.ts";
import { DreamError, toErrorData } from "../errors.ts";
import { systemIds } from "../ids.ts";
import type { KnownFile } from "./file-memory.ts";
import { FileWatch } from "./file-watch.ts";
import { Outbox } from "./outbox.ts";
import { ToolCalls } from "./tool-calls.ts";
import type { FromToolHost, ToToolHost } from "./tool-protocol.ts";
import { readWatchOptions } from "./watch-options.ts";
import { encodeFrame, FrameReader } from "./wire.ts";

type Known = Extract<ToToolHost, { t: "adapter.known" }>;
type Start = Extract<ToToolHost, { t: "adapter.start" }>;

const clock = systemClock;
const ids = systemIds(clock);
const socket = new Socket({ fd: 3, readable: true, writable: true });
const frames = new FrameReader();
const calls = new ToolCalls(send);
const adapters = new Map<string, { watch: FileWatch; outbox: Outbox }>();
/** What was said of an adapter before its start. */
const early = new Map<string, Known[]>();

function send(message: FromToolHost): void {
  socket.write(encodeFrame(message));
}

function startAdapter({ address, adapter, options }: Start): void {
  const state = (state: "up" | "failed", message: string | null) =>
    send({ t: "adapter.state", address, state, message });
  stopAdapter(address);
  try {
    if (adapter !== "file.watch") {
      throw new DreamError("unknown_call", `There is no adapter ${adapter.slice(0, 80)}`);
    }
    const outbox = new Outbox((event) => send({ t: "adapter.event", address, ...event }));
    const onState = (message: string | null) => state("up", message);
    const watch = new FileWatch(readWatchOptions(options), { clock, ids, outbox, onState });
    adapters.set(address, { watch, outbox });
    for (const known of early.get(address) ?? []) know(known);
    watch.run();
  } catch (thrown) {
    state("failed", toErrorData(thrown, "call_failed").message);
  }
  early.delete(address);
}

function know(message: Known): void {
  const { address, known, isLast } = message;
  const running = adapters.get(address);
  // The control process is the one that holds rights: its frames are believed.
  if (running) running.watch.know(known as unknown as KnownFile[], isLast);
  else early.set(address, [...early.get(address) ?? [], message]);
}

function stopAdapter(address: string): void {
  const running = adapters.get(address);
  running?.watch.stop();
  running?.outbox.close();
  adapters.delete(address);
}

function hear(message: ToToolHost): void {
  switch (message.t) {
    case "call":
      return calls.call(message);
    case "cancel":
      return calls.cancel(message.key);
    case "ping":
      return send({ t: "pong" });
    case "adapter.known":
      return know(message);
    case "adapter.start":
      return startAdapter(message);
    case "adapter.stop":
      return stopAdapter(message.address);
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
