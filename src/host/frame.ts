/**
 * Frames between the control process and a host: `u32 length | u8 kind | u32 slot | body`, big
 * endian; `length` counts what follows it. Bodies are handed on as they are: only the two ends
 * (a thread and `readFromThread`) parse turn frames.
 */
import type { Duplex } from "node:stream";
import { DreamError } from "../errors.ts";

/** What a body is: JSON of the host itself (slot 0), or a turn frame of the thread in a slot. */
export const frameKinds = { host: 0, thread: 1 } as const;

export interface Frame {
  kind: number;
  slot: number;
  /** In a buffer of its own, so that it can be transferred to a thread. */
  body: Uint8Array<ArrayBuffer>;
}

const headerBytes = 9;
/** The part of the header that `length` counts. */
const countedBytes = 5;

/** Cuts a stream into frames, however it is chunked. Memory is bounded by one frame. */
export class FrameDecoder {
  readonly #header = new Uint8Array(headerBytes);
  readonly #view = new DataView(this.#header.buffer);
  readonly #maxBody: number;
  #headerHave = 0;
  #body: Uint8Array<ArrayBuffer> | null = null;
  #bodyHave = 0;

  constructor(maxBodyBytes: number) {
    this.#maxBody = maxBodyBytes;
  }

  /**
   * Frames that `chunk` completes, in order. After a throw the decoder is of no further use.
   * @throws {DreamError} `bad_frame` when a length is impossible or above the limit
   */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let at = 0;
    while (at < chunk.length || this.#isWhole()) {
      at += this.#body === null ? this.#takeHeader(chunk, at) : this.#takeBody(chunk, at);
      if (!this.#isWhole()) continue;
      frames.push({
        kind: this.#header[4]!,
        slot: this.#view.getUint32(5),
        body: this.#body!,
      });
      this.#body = null;
      this.#headerHave = 0;
    }
    return frames;
  }

  #isWhole(): boolean {
    return this.#body !== null && this.#bodyHave === this.#body.length;
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const taken = Math.min(headerBytes - this.#headerHave, chunk.length - at);
    this.#header.set(chunk.subarray(at, at + taken), this.#headerHave);
    this.#headerHave += taken;
    if (this.#headerHave === headerBytes) {
      const size = this.#view.getUint32(0) - countedBytes;
      if (size < 0 || size > this.#maxBody) {
        throw new DreamError(
          "bad_frame",
          `Cannot read a frame of ${size} bytes: at most ${this.#maxBody} are taken`,
        );
      }
      this.#body = new Uint8Array(size);
      this.#bodyHave = 0;
    }
    return taken;
  }

  #takeBody(chunk: Uint8Array, at: number): number {
    const body = this.#body!;
    const taken = Math.min(body.length - this.#bodyHave, chunk.length - at);
    body.set(chunk.subarray(at, at + taken), this.#bodyHave);
    this.#bodyHave += taken;
    return taken;
  }
}

/**
 * Writes frames to a socket: those of one tick go out in one write, and nothing is handed to the
 * socket while it has not drained. What waits here is counted, so that the owner can give up on an
 * end that does not read.
 */
export class FrameWriter {
  readonly #socket: Duplex;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #planned = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("drain", () => this.#flush());
  }

  /** Bytes that the other end has not taken. */
  get waitingBytes(): number {
    return this.#waitingBytes + this.#socket.writableLength;
  }

  write(kind: number, slot: number, body: Uint8Array): void {
    const header = new Uint8Array(headerBytes);
    const view = new DataView(header.buffer);
    view.setUint32(0, body.length + countedBytes);
    view.setUint8(4, kind);
    view.setUint32(5, slot);
    this.#waiting.push(header, body);
    this.#waitingBytes += headerBytes + body.length;
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#waitingBytes === 0 || this.#socket.destroyed || this.#socket.writableNeedDrain) {
      return;
    }
    const all = new Uint8Array(this.#waitingBytes);
    let at = 0;
    for (const part of this.#waiting) {
      all.set(part, at);
      at += part.length;
    }
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#socket.write(all);
  }
}
