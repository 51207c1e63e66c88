/** Messages of a host, where every byte may have been chosen by an enemy (R5). */
import { z } from "zod";
import { readDescribed } from "../actors/read-described.ts";
import { DreamError } from "../errors.ts";
import { isDeeperThan } from "../json.ts";
import type { FromHost } from "./host-protocol.ts";

const text = z.string().max(65_536);
const count = z.number().int().min(0).max(0xffff_ffff);
const error = z.strictObject({ name: text, message: text, stack: text.nullable() });
const pool = z.strictObject({
  starts: count,
  threads: count,
  blank: z.array(z.string().max(64)).max(1024),
});
const slotted = { slot: count, pool };

const fromHost = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("placed"), ...slotted }),
  z.strictObject({ op: z.literal("unfit"), ...slotted, error }),
  z.strictObject({ op: z.literal("described"), ...slotted, described: z.unknown() }),
  z.strictObject({ op: z.literal("ended"), ...slotted, message: text }),
  z.strictObject({ op: z.literal("gone"), ...slotted }),
  z.strictObject({ op: z.literal("probed"), id: count, pool }),
]);

const decoder = new TextDecoder("utf-8", { fatal: true });

/** @throws {DreamError} `bad_frame` for anything but a message of the protocol */
export function readFromHost(body: Uint8Array): FromHost {
  let data: unknown;
  try {
    const json = decoder.decode(body);
    if (isDeeperThan(json)) throw new Error("too deep");
    data = JSON.parse(json);
  } catch {
    throw new DreamError("bad_frame", `Cannot read ${body.length} bytes of a host as JSON`);
  }
  const read = fromHost.safeParse(data);
  if (!read.success) {
    const issue = read.error.issues[0]!;
    const where = issue.path.join(".") || "message";
    throw new DreamError("bad_frame", `Cannot read a host's message: ${where}: ${issue.message}`);
  }
  const message = read.data;
  if (message.op !== "described") return message;
  return { ...message, described: readDescribed(message.described) };
}
