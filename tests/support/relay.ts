/** A port that stays while what is behind it moves: bytes are handed on as they come. */
export class Relay {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  #target: Deno.ConnectOptions | null = null;

  constructor() {
    this.#accept();
  }

  /** Host and port. */
  get address(): string {
    const { hostname, port } = this.#listener.addr;
    return `${hostname}:${port}`;
  }

  /** From now on it leads to this URL's port and to no other. */
  leadTo(url: string): void {
    const { hostname, port } = new URL(url);
    this.#target = { hostname, port: Number(port) };
    for (const conn of this.#open) close(conn);
  }

  stop(): void {
    this.#listener.close();
    for (const conn of this.#open) close(conn);
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) this.#pass(conn);
  }

  async #pass(caller: Deno.Conn): Promise<void> {
    const both = [caller];
    this.#open.add(caller);
    try {
      if (this.#target === null) return;
      const service = await Deno.connect(this.#target);
      both.push(service);
      this.#open.add(service);
      // Either end may go: then so does the other.
      await Promise.race([
        caller.readable.pipeTo(service.writable),
        service.readable.pipeTo(caller.writable),
      ]);
    } catch {
      // Nobody is there at the moment: the caller sees a line that is cut.
    } finally {
      for (const conn of both) {
        this.#open.delete(conn);
        close(conn);
      }
    }
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
