/**
 * Streams that are open: bounded, for each costs a part of every round in which followers are told,
 * and counted for `/metrics`.
 */
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { cutStream } from "./cut-stream.ts";
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
  clock: Clock;
  meter: Pick<RequestMeter, "streamOpened" | "streamEnded">;
}

export interface StreamRequest {
  route: string;
  /** Its name. */
  token: string;
  /** What throws when the token is good no more. */
  check(): () => unknown;
  handle(): Promise<Response>;
}

export class Streams {
  readonly #options: StreamsOptions;
  readonly #byToken = new Map<string, number>();
  #count = 0;

  constructor(options: StreamsOptions) {
    this.#options = options;
  }

  /** Its place is free again when it has ended, or was never begun. */
  async answer(
    { route, token, check, handle }: StreamRequest,
    { method }: Request,
  ): Promise<Response> {
    const over = this.#open(route, token);
    try {
      const stream = cutStream(await handle(), {
        check: check(),
        over,
        clock: this.#options.clock,
      });
      // Nobody would ever read it, nor end it.
      if (method === "HEAD") await stream.body?.cancel();
      return stream;
    } catch (error) {
      over();
      throw error;
    }
  }

  /**
   * Takes a place for a stream of this token.
   *
   * @returns what gives the place back, once
   * @throws {DreamError} `too_many_streams`
   */
  #open(route: string, token: string): () => void {
    const { most, meter } = this.#options;
    const own = this.#byToken.get(token) ?? 0;
    const share = Math.ceil(most / 2);
    if (this.#count >= most || own >= share) {
      throw new DreamError(
        "too_many_streams",
        `Cannot open a stream: ${this.#count} of ${most} are open, ${own} of them with this ` +
          `token, which may have ${share}`,
        { details: { open: this.#count, most, own, share, retryAfterMs: 5_000 } },
      );
    }
    this.#count++;
    this.#byToken.set(token, own + 1);
    meter.streamOpened(route);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#count--;
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
