/** A host is only believed about what it was asked for; anything else ends it (R5). */
import { describe, expect, it } from "vitest";
import { Listener, requestFor } from "../contract/hosts.contract.ts";
import { processIdentity } from "../../src/processes.ts";
import { echo, openRig } from "./rig.ts";
import { eventually } from "../support/eventually.ts";

/** A host program that confirms the first placement, then says `words` (code that gives bytes). */
function forged(words: string): string {
  return `
    import { Socket } from "node:net";
    const socket = new Socket({ fd: 3, readable: true, writable: true });
    const frame = (kind, slot, body) => {
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
      const all = new Uint8Array(9 + bytes.length);
      const view = new DataView(all.buffer);
      view.setUint32(0, bytes.length + 5);
      view.setUint8(4, kind);
      view.setUint32(5, slot);
      all.set(bytes, 9);
      return all;
    };
    const pool = { starts: 1, threads: 1, blank: [] };
    const say = (message) => frame(0, 0, JSON.stringify({ pool, ...message }));
    let heard = "";
    const decoder = new TextDecoder();
    socket.on("data", (chunk) => {
      heard += decoder.decode(chunk);
      const place = /"op":"place","slot":(\\d+)/.exec(heard);
      if (!place) return;
      heard = "";
      const slot = Number(place[1]);
      socket.write(say({ op: "placed", slot }));
      setTimeout(() => socket.write(${words}), 50);
    });
    socket.on("close", () => Deno.exit(0));
  `;
}

const lies: [name: string, words: string][] = [
  ["noise", `new Uint8Array(64).fill(255)`],
  ["a length of nothing", `new Uint8Array(9)`],
  [
    "a frame above the limit",
    `(() => { const all = new Uint8Array(9);
    new DataView(all.buffer).setUint32(0, 9_000_000); return all; })()`,
  ],
  ["an unknown kind", `frame(7, slot, "{}")`],
  ["a frame of a slot not in use", `frame(1, slot + 1, '{"t":"started"}')`],
  ["a frame that is no JSON", `frame(1, slot, "{")`],
  ["a host message in a slot", `frame(0, slot, "{}")`],
  ["a host message that is no JSON", `frame(0, 0, "}")`],
  ["a host message too deep", `frame(0, 0, "[".repeat(100_000))`],
  ["an unknown host message", `say({ op: "obey" })`],
  ["a placement that nobody asked for", `say({ op: "placed", slot: slot + 1 })`],
  ["a second placement", `say({ op: "placed", slot })`],
  [
    "a description that nobody asked for",
    `say({ op: "described", slot,
    described: { ok: false, error: { name: "", message: "", stack: null } } })`,
  ],
  ["the leaving of one who stays", `say({ op: "gone", slot })`],
  ["fields too many", `say({ op: "placed", slot, ["__proto__"]: 1, more: 2 })`],
];

describe("what a forged host says", () => {
  for (const [name, words] of lies) {
    it(`ends it: ${name}`, async () => {
      const rig = await openRig({}, async (folder) => {
        const host = `${folder}/forged.js`;
        await Deno.writeTextFile(host, forged(words));
        return { host, thread: host };
      });
      try {
        const heard = new Listener();
        const { hostPid } = await rig.hosts.place(requestFor(echo), heard);
        expect(await heard.loss()).toMatchObject({ reason: "bad_frame", alone: true });
        await eventually(() => processIdentity(hostPid) === null, {
          everyMs: 5,
          what: "the host's end",
        });
        expect(heard.frames).toEqual([]);
      } finally {
        await rig.close();
      }
    });
  }
});
