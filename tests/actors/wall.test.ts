/** Bytes from a hostile thread, hostile manifests, and payloads at the door. */
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { readDescribed } from "../../src/actors/read-described.ts";
import { readFromThread } from "../../src/actors/read-from-thread.ts";
import { compileManifest } from "../../src/actors/validate.ts";
import { DreamError } from "../../src/errors.ts";
import { defaultLimits } from "../../src/limits.ts";

const turned = () => ({
  t: "turned",
  turn: 3,
  consumed: 2,
  stale: [0],
  unhandled: [1],
  state: { bundle: "a".repeat(64), version: 1, text: "{}" },
  effects: [
    {
      kind: "send",
      at: 0,
      to: "/b",
      type: "note.made",
      payload: "{}",
      lane: "normal",
      expiresInMs: null,
      ask: "a1.x",
    },
    {
      kind: "reply",
      at: 1,
      replyTo: { to: "@cli", ask: "q", expiresAtMs: 5 },
      payload: '{"ok":true}',
    },
    { kind: "publish", at: 1, type: "seen", payload: "{}" },
    { kind: "schedule", at: -1, id: "t2.x", delayMs: 5 },
    { kind: "cancel", at: 1, what: "call", id: "c3.x" },
    { kind: "call", at: 1, id: "c4.x", name: "file.read", input: '{"path":"/x"}' },
    { kind: "run", at: 1, id: "r5.x" },
    {
      kind: "spawn",
      at: 1,
      under: "/readers",
      name: "r-1",
      agent: "reader",
      input: "{}",
      restart: null,
    },
    { kind: "stop", at: 1, address: "/readers/r-1" },
    { kind: "log", at: 1, level: "info", text: "hello" },
  ] as Record<string, unknown>[],
  summary: {
    status: "active",
    value: { a: "b" } as unknown,
    tags: ["busy"],
    runs: 1,
    owes: 0,
    output: null as unknown,
    error: null,
  },
});

type Turned = ReturnType<typeof turned>;
const read = (frame: unknown) => readFromThread(JSON.stringify(frame), defaultLimits);

describe("frames", () => {
  it("what is right passes, as text and as bytes", () => {
    expect(read(turned())).toEqual(turned());
    const bytes = new TextEncoder().encode(JSON.stringify(turned()));
    expect(readFromThread(bytes, defaultLimits)).toEqual(turned());
    expect(read({ t: "started", extra: 1 })).toEqual({ t: "started" });
    const failed = {
      t: "failed",
      turn: null,
      at: null,
      reason: "crashed",
      error: { name: "E", message: "m", stack: null },
    };
    expect(read(failed)).toEqual(failed);
    for (const payload of ['{"event":1}', '{"ok":true,"value":2}']) {
      expect(read({ t: "ran", id: "r1.x", payload })).toEqual({ t: "ran", id: "r1.x", payload });
    }
  });

  const effect = (index: number, change: Record<string, unknown>) => (frame: Turned) =>
    void Object.assign(frame.effects[index]!, change);
  it.each<[string, (frame: Turned) => void]>([
    ["another turn's index", effect(0, { at: 2 })],
    ["no address", effect(0, { to: "b//c" })],
    ["an address in another spelling", effect(0, { to: "/b/" })],
    ["a reserved type", effect(0, { type: "system.stop" })],
    ["a payload that is no JSON", effect(0, { payload: "{" })],
    ["a payload that is no object", effect(0, { payload: "[]" })],
    ["a payload that is too deep", effect(0, { payload: "[".repeat(99) + "]".repeat(99) })],
    ["a payload that is too large", effect(0, { payload: `{"a":"${"x".repeat(2 ** 20)}"}` })],
    ["an unknown lane", effect(0, { lane: "urgent" })],
    ["another letter's id", effect(0, { ask: "c1.x" })],
    ["a reply that is no outcome", effect(1, { payload: '{"ok":"yes"}' })],
    ["a delay for ever", effect(3, { delayMs: 1e15 })],
    ["a negative delay", effect(3, { delayMs: -1 })],
    ["an unknown effect", effect(9, { kind: "exec" })],
    ["a name that is a path", effect(7, { name: "../x" })],
    ["an unknown restart", effect(7, { restart: "always" })],
    ["a long log line", effect(9, { text: "x".repeat(20_000) })],
    ["too many effects", (f) => void (f.effects = Array(1_001).fill(f.effects[9]))],
    ["indexes that fall", (f) => void (f.stale = [1, 0])],
    ["indexes beyond the batch", (f) => void (f.unhandled = [2])],
    ["a state of a bundle without hash", (f) => void (f.state.bundle = "latest")],
    ["a state that is too large", (f) => void (f.state.text = "é".repeat(2 ** 19 + 1))],
    ["a state value of numbers", (f) => void (f.summary.value = { a: 1 })],
    ["an output that is no JSON", (f) => void (f.summary.output = "nope")],
    ["a batch of minus one", (f) => void (f.consumed = -1)],
  ])("%s is refused", (_, spoil) => {
    const frame = turned();
    spoil(frame);
    expect(() => read(frame)).toThrow(expect.objectContaining({ code: "bad_frame" }));
  });

  it("any bytes end in a frame or in bad_frame", () => {
    const good = JSON.stringify(turned());
    const cut = fc.tuple(fc.nat(good.length), fc.nat(good.length), fc.string()).map(
      ([from, to, put]) => good.slice(0, from) + put + good.slice(to),
    );
    const bytes = fc.oneof(cut, fc.json(), fc.string(), fc.uint8Array());
    fc.assert(
      fc.property(bytes, (bytes) => {
        try {
          readFromThread(bytes, defaultLimits);
        } catch (error) {
          expect((error as DreamError).code).toBe("bad_frame");
        }
      }),
      { seed: 11, numRuns: 2_000 },
    );
  });

  it("a frame that is too large or too deep is not even parsed", () => {
    const large = new Uint8Array(defaultLimits.frameBytes + 1);
    expect(() => readFromThread(large, defaultLimits)).toThrow("a frame of 8388609 bytes");
    expect(() => readFromThread("[".repeat(1e6), defaultLimits)).toThrow("nested too deep");
    expect(() => readFromThread(new Uint8Array([0xff]), defaultLimits)).toThrow("no UTF-8");
  });
});

const manifest = () => ({
  kind: "reader",
  version: 1,
  accepts: {
    read: {
      type: "object",
      properties: {
        path: { type: "string", minLength: 1 },
        how: { enum: ["fast", "well"] },
        link: { type: "string", format: "uri" },
      },
      required: ["path"],
    },
    strict: { type: "object", properties: {}, additionalProperties: false },
    broken: { type: "object", properties: { a: { type: "nonsense" } } },
  },
  replies: { read: { type: "boolean" } },
  input: { type: "object", required: ["folder"] } as unknown,
  needs: { calls: ["file.read"], read: [] as string[] },
  system: ["system.stop"],
  chart: null,
});

describe("manifests", () => {
  it("what is right passes", () => {
    const described = { ok: true, manifest: manifest() };
    expect(readDescribed(described)).toEqual(described);
  });

  it.each<[string, (m: ReturnType<typeof manifest>) => unknown]>([
    ["no kind", (m) => m.kind = "../x"],
    ["version 0", (m) => m.version = 0],
    ["a reserved type", (m) => Object.assign(m.accepts, { "system.stop": {} })],
    ["a schema that is none", (m) => Object.assign(m.accepts, { x: 5 })],
    ["needs that are none", (m) => m.needs.calls = [5 as never]],
    ["half a megabyte", (m) => Object.assign(m.accepts, { x: { title: "x".repeat(6e5) } })],
  ])("%s is refused", (_, spoil) => {
    const spoilt = manifest();
    spoil(spoilt);
    expect(() => readDescribed({ ok: true, manifest: spoilt })).toThrow(
      expect.objectContaining({ code: "bad_frame" }),
    );
  });
});

describe("payloads at the door", () => {
  const read = readDescribed({ ok: true, manifest: manifest() });
  if (!read.ok) throw new Error("unreachable");
  const validators = compileManifest(read.manifest);

  it("fit or are told why not, without their content", () => {
    expect(validators.accepts("read", { path: "/x", more: 1 })).toBeNull();
    expect(validators.accepts("read", { path: "" })).toBe(
      "payload.path must NOT have fewer than 1 characters",
    );
    expect(validators.accepts("read", {})).toBe("payload must have required property 'path'");
    expect(validators.accepts("read", { path: "x", how: "badly" })).toBe(
      'payload.how must be one of ["fast","well"]',
    );
    expect(validators.accepts("read", { path: "x", link: "nowhere" })).toContain("payload.link");
    expect(validators.accepts("strict", { extra: 1 })).toBe('payload must not have "extra"');
    expect(validators.accepts("nothing", {})).toBe('there is no message "nothing"');
    expect(validators.accepts("toString", {})).toBe('there is no message "toString"');
    expect(validators.replies("read", 5)).toBe("reply must be boolean");
    expect(validators.replies("strict", 5)).toBeNull();
    expect(validators.input({})).toContain("folder");
    expect([validators.has("read"), validators.answers("strict")]).toEqual([true, false]);
  });

  it("a schema that cannot be compiled is the bundle's fault", () => {
    expect(() => validators.accepts("broken", {})).toThrow(
      expect.objectContaining({ code: "bad_bundle" }),
    );
  });
});
