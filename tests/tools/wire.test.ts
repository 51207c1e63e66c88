import fc from "fast-check";
import { expect, test } from "vitest";
import { readFromToolHost } from "../../src/tools/tool-frames.ts";
import { encodeFrame, FrameReader, mostFrameBytes } from "../../src/tools/wire.ts";

const json = fc.jsonValue({ maxDepth: 4 });

test("frames come whole however the stream is cut", () => {
  fc.assert(fc.property(fc.array(json), fc.integer({ min: 1, max: 40 }), (messages, cut) => {
    const bytes = messages.flatMap((message) => [...encodeFrame(message)]);
    const reader = new FrameReader();
    const read: unknown[] = [];
    for (let at = 0; at < bytes.length; at += cut) {
      read.push(...reader.push(new Uint8Array(bytes.slice(at, at + cut))));
    }
    expect(JSON.stringify(read)).toBe(JSON.stringify(messages));
  }));
});

test("a length above the limit is refused before its bytes have come", () => {
  const head = new Uint8Array(4);
  new DataView(head.buffer).setUint32(0, mostFrameBytes + 1);
  expect(() => [...new FrameReader().push(head)]).toThrow(/at most 8388608/);
});

test("anything that is no frame is refused with bad_frame, nothing else is thrown", () => {
  fc.assert(fc.property(json, (data) => {
    expect(() => readFromToolHost(data)).toThrow(expect.objectContaining({ code: "bad_frame" }));
  }));
});

test("an honest frame is read as it is; codes that nobody knows are replaced", () => {
  const event = { t: "adapter.event", address: "/a", key: "k", type: "x", payload: null };
  expect(readFromToolHost(event)).toEqual(event);
  const error = { code: "made_up", message: "m".repeat(5_000) };
  const result = readFromToolHost({ t: "result", key: "k", ok: false, error });
  expect(result).toMatchObject({ error: { code: "call_failed", message: "m".repeat(2_000) } });
});
