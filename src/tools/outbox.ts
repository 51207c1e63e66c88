/**
 * Events of one adapter on their way out: few at a time, each until it is acknowledged, and those
 * of one path one after the other, as the other side may take long for one and not for the next.
 */
import type { Json } from "../json.ts";
import { mostOpenEvents } from "./tool-protocol.ts";

export interface AdapterEvent {
  /** The outside's own id of the event. */
  key: string;
  type: string;
  payload: Json;
  /** Events of the same path keep their order. */
  path: string;
}

/** Above this the adapter waits before it finds more. */
const mostWaiting = 1_000;

export class Outbox {
  #send: (event: Omit<AdapterEvent, "path">) => void;
  #waiting: AdapterEvent[] = [];
  #open = new Map<string, string>();
  #openPaths = new Set<string>();
  /** Events whose path has an open one, in their order. */
  #behind = new Map<string, AdapterEvent[]>();
  #behindCount = 0;
  #room: PromiseWithResolvers<void> | null = null;

  constructor(send: (event: Omit<AdapterEvent, "path">) => void) {
    this.#send = send;
  }

  push(event: AdapterEvent): void {
    this.#waiting.push(event);
    this.#pump();
  }

  ack(key: string): void {
    const path = this.#open.get(key);
    if (path === undefined) return;
    this.#open.delete(key);
    this.#openPaths.delete(path);
    const next = this.#behind.get(path);
    if (next) {
      this.#behindCount--;
      this.#out(next.shift()!);
      if (next.length === 0) this.#behind.delete(path);
    }
    this.#pump();
  }

  /** Whether an event of `path` has not been acknowledged. */
  holds(path: string): boolean {
    return this.#openPaths.has(path) || this.#waiting.some((event) => event.path === path);
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    if (this.#waiting.length + this.#behindCount < mostWaiting) return;
    this.#room ??= Promise.withResolvers();
    await this.#room.promise;
  }

  /** Nothing is sent any more; who waits for room goes on. */
  close(): void {
    this.#waiting = [];
    this.#behind.clear();
    this.#behindCount = 0;
    this.#send = () => {};
    this.#room?.resolve();
  }

  #pump(): void {
    while (this.#open.size < mostOpenEvents && this.#waiting.length > 0) {
      const event = this.#waiting.shift()!;
      if (this.#openPaths.has(event.path)) {
        const behind = this.#behind.get(event.path) ?? [];
        this.#behind.set(event.path, [...behind, event]);
        this.#behindCount++;
      } else this.#out(event);
    }
    if (this.#waiting.length + this.#behindCount < mostWaiting) {
      this.#room?.resolve();
      this.#room = null;
    }
  }

  #out({ path, ...event }: AdapterEvent): void {
    this.#open.set(event.key, path);
    this.#openPaths.add(path);
    this.#send(event);
  }
}
