/**
 * Connections to the API, each served by itself so that it can be counted and cut. `Deno.serve`
 * (2.9.6) waits for a request without end and for any number of callers: measured, nothing that
 * sent no request, half of one, or one byte a second was closed within 100 s.
 *
 * Invariants:
 * - I1 A connection without a request in hand is cut after `requestMs` at first, `idleMs` later.
 * - I2 A connection whose answer makes no progress for `idleMs` is cut.
 * - I3 At most `most` are open: for one more, the one that is idle for longest is cut; when none is
 *   idle, the new one.
 */
import type { CancelTimer, Clock } from "../clock.ts";

export interface ConnectionBounds {
  most: number;
  /** For the first whole request header. */
  requestMs: number;
  /** Between requests, and for each part of an answer to be taken. */
  idleMs: number;
}

export const defaultBounds: ConnectionBounds = { most: 5_000, requestMs: 10_000, idleMs: 75_000 };

/** After a connection could not be taken. */
const retryMs = 50;

type Handler = (request: Request) => Promise<Response>;
type ServeConnection = (
  connection: Deno.Conn,
  signal: { addEventListener(type: string, listener: () => void): void },
  handler: Handler,
  onError: (error: unknown) => Response,
  onListen: () => void,
) => { finished: Promise<void>; shutdown(): Promise<void> };

/** What `Deno.serve` itself is made of: nothing public hands a connection to its HTTP. */
const { serveHttpOnConnection } = Reflect.get(Deno, Reflect.get(Deno, "internal")) as {
  serveHttpOnConnection: ServeConnection;
};

export interface Connections {
  /**
   * Takes new ones from another listener on the same port, with another certificate; those that
   * are open go on. For a moment, well below a millisecond, nobody listens.
   */
  move(open: () => Deno.Listener): Promise<void>;
  /** Takes no new ones, lets those that are open end what they do, and resolves when all ended. */
  shutdown(): Promise<void>;
  /** Ends all at once. */
  cut(): void;
}

export function serveConnections(
  first: Deno.Listener,
  handler: Handler,
  clock: Clock,
  bounds: ConnectionBounds,
): Connections {
  /** Idle for longest first. */
  const idle = new Set<Connection>();
  const open = new Set<Connection>();
  const take = (raw: Deno.Conn) => {
    if (open.size >= bounds.most) {
      const [oldest] = idle;
      if (!oldest) return raw.close();
      oldest.cut();
      open.delete(oldest);
    }
    const connection = new Connection(raw, handler, clock, bounds, idle);
    open.add(connection);
    connection.ended.finally(() => open.delete(connection));
  };
  const acceptor = acceptFrom(first, clock, take, () => {
    const [oldest] = idle;
    oldest?.cut();
  });
  return {
    move: acceptor.move,
    async shutdown() {
      acceptor.close();
      await acceptor.ended;
      await Promise.all([...open].map((connection) => connection.shutdown()));
    },
    cut() {
      acceptor.close();
      for (const connection of open) connection.cut();
    },
  };
}

/** @param makeRoom when nothing can be accepted */
function acceptFrom(
  first: Deno.Listener,
  clock: Clock,
  take: (raw: Deno.Conn) => void,
  makeRoom: () => void,
) {
  let listener = first;
  let next: { open: () => Deno.Listener; done: () => void } | null = null;
  let isOpen = true;
  const pause = () => new Promise<void>((resolve) => clock.after(retryMs, resolve));
  /** Should another have taken the port meanwhile, it may leave again. */
  const goOver = async ({ open, done }: NonNullable<typeof next>) => {
    try {
      listener = open();
      next = null;
      done();
    } catch {
      await pause();
    }
  };
  const accept = async () => {
    while (isOpen) {
      try {
        take(await listener.accept());
      } catch {
        if (!isOpen) return;
        if (next) await goOver(next);
        else {
          // No more files can be opened, or a caller has left already: the next one may come.
          makeRoom();
          await pause();
        }
      }
    }
  };
  const ended = accept();
  return {
    ended,
    move(open: () => Deno.Listener): Promise<void> {
      return new Promise((done) => {
        if (!isOpen || next) return done();
        next = { open, done };
        // Its port is free once the pending accept has heard of it.
        listener.close();
      });
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      // Between two listeners there is none to close.
      if (!next) listener.close();
    },
  };
}

class Connection {
  /** Never rejects. */
  readonly ended: Promise<void>;
  #abort = () => {};
  #server: ReturnType<ServeConnection>;
  #clock: Clock;
  #bounds: ConnectionBounds;
  #idle: Set<Connection>;
  #inHand = 0;
  #cancel: CancelTimer = () => {};

  constructor(
    raw: Deno.Conn,
    handler: Handler,
    clock: Clock,
    bounds: ConnectionBounds,
    idle: Set<Connection>,
  ) {
    this.#clock = clock;
    this.#bounds = bounds;
    this.#idle = idle;
    this.#rest(bounds.requestMs);
    const handle = (request: Request) => this.#handle(request, handler);
    const onError = () => new Response(null, { status: 500 });
    // No `AbortSignal`: what its listener throws, for a line that has ended, nobody could catch.
    const signal = {
      addEventListener: (_: string, listener: () => void) => void (this.#abort = listener),
    };
    this.#server = serveHttpOnConnection(raw, signal, handle, onError, () => {});
    // Whoever goes away in the middle makes it reject: that is the caller's right.
    this.ended = this.#server.finished.catch(() => {}).finally(() => {
      this.#cancel();
      idle.delete(this);
    });
  }

  cut(): void {
    this.#idle.delete(this);
    this.#cancel();
    try {
      this.#abort();
    } catch {
      // It has ended by itself.
    }
  }

  async shutdown(): Promise<void> {
    if (this.#inHand === 0) this.cut();
    else await this.#server.shutdown().catch(() => {});
  }

  async #handle(request: Request, handler: Handler): Promise<Response> {
    this.#inHand++;
    this.#cancel();
    this.#idle.delete(this);
    try {
      const response = await handler(request);
      if (!isLong(response)) return response;
      this.#inHand++;
      return new Response(this.#watch(response.body!), response);
    } finally {
      this.#done();
    }
  }

  #done(): void {
    if (--this.#inHand === 0) this.#rest(this.#bounds.idleMs);
  }

  #rest(afterMs: number): void {
    this.#idle.add(this);
    this.#cancel = this.#clock.after(afterMs, () => this.cut());
  }

  /** The same stream; each part must be taken in time. */
  #watch(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    let stop: CancelTimer = () => {};
    let isOver = false;
    const end = () => {
      stop();
      // Whoever leaves while a part is awaited ends that read, too.
      if (!isOver) this.#done();
      isOver = true;
    };
    const wait = () => stop = this.#clock.after(this.#bounds.idleMs, () => this.cut());
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        stop();
        try {
          const part = await reader.read();
          if (part.done) {
            end();
            return controller.close();
          }
          controller.enqueue(part.value);
          wait();
        } catch (error) {
          end();
          controller.error(error);
        }
      },
      cancel(reason) {
        end();
        return reader.cancel(reason);
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: 0 }));
  }
}

/**
 * Streams and files; the others are in memory, whole. Decided by the header: to look at `body`
 * makes a stream of it, which costs, and is sent in chunks.
 */
function isLong(response: Response): boolean {
  const media = response.headers.get("content-type") ?? "";
  return /event-stream|gzip|octet-stream/.test(media) && response.body !== null;
}
