/**
 * Streams that are open: bounded, for each costs a part of every round in which followers are told,
 * and counted for `/metrics`.
 */
import { DreamError } from "../errors.ts";
import type { RequestMeter } from "./request-meter.ts";
import type { Route } from "./route.ts";

/**
 * A comment so often in a stream that has nothing to say: it keeps the line open, and the second
 * one after a reader has gone finds that out.
 */
export const beatMs = 5_000;

export interface StreamsOptions {
  /** Open at one time, of all kinds together. One token may have half of them. */
  most: number;
  meter: Pick<RequestMeter, "streamOpened" | "streamEnded">;
}

export class Streams {
  readonly #options: StreamsOptions;
  readonly #byToken = new Map<string, number>();
  #open = 0;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /**
   * Takes a place for a stream of this token.
   *
   * @returns what gives the place back, once
   * @throws {DreamError} `too_many_streams`
   */
  open(route: string, token: string): () => void {
    const { most, meter } = this.#options;
    const own = this.#byToken.get(token) ?? 0;
    const share = Math.ceil(most / 2);
    if (this.#open >= most || own >= share) {
      throw new DreamError(
        "too_many_streams",
        `Cannot open a stream: ${this.#open} of ${most} are open, ${own} of them with this ` +
          `token, which may have ${share}`,
        { details: { open: this.#open, most, own, share, retryAfterMs: 5_000 } },
      );
    }
    this.#open++;
    this.#byToken.set(token, own + 1);
    meter.streamOpened(route);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#open--;
      const left = this.#byToken.get(token)! - 1;
      if (left > 0) this.#byToken.set(token, left);
      else this.#byToken.delete(token);
      meter.streamEnded(route);
    };
  }
}

/** Whether it answers with server-sent events. */
export function isStream({ about }: Route): boolean {
  return "media" in about && about.media === "text/event-stream";
}
