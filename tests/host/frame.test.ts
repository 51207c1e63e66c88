import fc from "fast-check";
import { Duplex } from "node:stream";
import { describe, expect, it } from "vitest";
import { type Frame, FrameDecoder, FrameWriter } from "../../src/host/frame.ts";

/** A socket that takes what it is given only when told to. */
class SlowSocket extends Duplex {
  readonly writes: Uint8Array[] = [];
  accept: () => void = () => {};

  constructor() {
    super({ highWaterMark: 64 });
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.writes.push(chunk);
    this.accept = done;
  }
}

async function bytesOf(frames: readonly Frame[]): Promise<Uint8Array> {
  const socket = new SlowSocket();
  const writer = new FrameWriter(socket);
  for (const { kind, slot, body } of frames) writer.write(kind, slot, body);
  await Promise.resolve();
  return socket.writes[0] ?? new Uint8Array();
}

describe("frames", () => {
  const frame = fc.record({
    kind: fc.nat(255),
    slot: fc.nat(0xffff_ffff),
    body: fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  });

  it("come out as they went in, however the stream is cut", async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 64 })),
      async (frames, sizes) => {
        const bytes = await bytesOf(frames);
        const decoder = new FrameDecoder(300);
        const read: Frame[] = [];
        for (let at = 0; at < bytes.length;) {
          const size = sizes.next().value!;
          read.push(...decoder.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(read).toEqual(frames);
        expect(read.every(({ body }) => body.byteLength === body.buffer.byteLength)).toBe(true);
      },
    ));
  });

  it("above the limit are refused before their bytes arrive", async () => {
    const whole = await bytesOf([{ kind: 1, slot: 1, body: new Uint8Array(101) }]);
    expect(() => new FrameDecoder(100).push(whole.subarray(0, 9)))
      .toThrowError(/101 bytes: at most 100/);
    expect(() => new FrameDecoder(100).push(new Uint8Array(9))).toThrowError(/-5 bytes/);
  });

  it("of one tick go out in one write, and wait while the socket is full", async () => {
    const socket = new SlowSocket();
    const writer = new FrameWriter(socket);
    for (let i = 0; i < 3; i++) writer.write(1, i, new Uint8Array(40));
    await Promise.resolve();
    expect(socket.writes.map((bytes) => bytes.length)).toEqual([147]);
    for (let i = 0; i < 4; i++) {
      writer.write(1, i, new Uint8Array(40));
      await Promise.resolve();
    }
    expect(socket.writes).toHaveLength(1);
    expect(writer.waitingBytes).toBe(147 + 4 * 49);
    socket.accept();
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.writes.map((bytes) => bytes.length)).toEqual([147, 196]);
    socket.accept();
    await new Promise((resolve) => setImmediate(resolve));
    expect(writer.waitingBytes).toBe(0);
  });
});
