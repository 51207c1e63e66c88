/** Frames between control process and tool host: a length (u32, big endian), then JSON in UTF-8. */
import { DreamError } from "../errors.ts";
import { isDeeperThan } from "../json.ts";

export const mostFrameBytes = 8 * 1024 * 1024;
const headBytes = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

export function encodeFrame(message: unknown): Uint8Array {
  const body = encoder.encode(JSON.stringify(message));
  const frame = new Uint8Array(headBytes + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, headBytes);
  return frame;
}

/** Puts frames together from whatever pieces arrive. */
export class FrameReader {
  #pieces: Uint8Array[] = [];
  #size = 0;

  /** @throws {DreamError} `bad_frame` for a frame too long, too deep, or no JSON */
  *push(piece: Uint8Array): Generator<unknown> {
    this.#pieces.push(piece);
    this.#size += piece.length;
    while (this.#size >= headBytes) {
      const head = this.#take(headBytes, false);
      const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
      if (length > mostFrameBytes) {
        throw bad(`a frame of ${length} bytes, at most ${mostFrameBytes} are read`);
      }
      if (this.#size < headBytes + length) return;
      this.#take(headBytes, true);
      yield parse(this.#take(length, true));
    }
  }

  /** The first `length` bytes, joined; removed when `consume`. */
  #take(length: number, consume: boolean): Uint8Array {
    if (this.#pieces.length > 1 && this.#pieces[0]!.length < length) {
      const joined = new Uint8Array(this.#size);
      let at = 0;
      for (const piece of this.#pieces) {
        joined.set(piece, at);
        at += piece.length;
      }
      this.#pieces = [joined];
    }
    const first = this.#pieces[0] ?? new Uint8Array();
    if (consume) {
      this.#pieces[0] = first.subarray(length);
      if (this.#pieces[0].length === 0) this.#pieces.shift();
      this.#size -= length;
    }
    return first.subarray(0, length);
  }
}

function parse(body: Uint8Array): unknown {
  try {
    const text = decoder.decode(body);
    if (isDeeperThan(text)) throw bad("JSON nested too deeply");
    return JSON.parse(text);
  } catch (error) {
    throw error instanceof DreamError ? error : bad("what is no JSON");
  }
}

function bad(what: string): DreamError {
  return new DreamError("bad_frame", `Cannot read a frame of the tool host: ${what}`);
}
