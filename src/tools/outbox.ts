/** Events of one adapter on their way out: few at a time, each until it is acknowledged. */
import type { Json } from "../json.ts";

export interface AdapterEvent {
  /** The outside's own id of the event. */
  key: string;
  type: string;
  payload: Json;
}

/** Events that the control process is given before it has acknowledged earlier ones. */
const mostOpen = 64;

export class Outbox {
  #send: (event: AdapterEvent) => void;
  #waiting: AdapterEvent[] = [];
  #open = new Set<string>();

  constructor(send: (event: AdapterEvent) => void) {
    this.#send = send;
  }

  push(event: AdapterEvent): void {
    this.#waiting.push(event);
    this.#pump();
  }

  ack(key: string): void {
    if (this.#open.delete(key)) this.#pump();
  }

  #pump(): void {
    while (this.#open.size < mostOpen && this.#waiting.length > 0) {
      const event = this.#waiting.shift()!;
      this.#open.add(event.key);
      this.#send(event);
    }
  }
}
