/** What the tool host says, checked before it is believed: it works on files of strangers. */
import { z } from "zod";
import { DreamError, isErrorCode } from "../errors.ts";
import type { Json } from "../json.ts";
import type { FromToolHost } from "./tool-protocol.ts";

const name = z.string().max(10_000);
/** JSON it is already, as it was parsed from text; only that it is there has to be seen. */
const json = z.custom<Json>((value) => value !== undefined);
const error = z.object({
  code: z.string().transform((code) => isErrorCode(code) ? code : "call_failed"),
  message: z.string().transform((text) => text.slice(0, 2_000)),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional(),
});

const frame = z.union([
  z.strictObject({ t: z.enum(["ready", "pong"]) }),
  z.strictObject({ t: z.literal("result"), key: name, ok: z.literal(true), value: json }),
  z.strictObject({ t: z.literal("result"), key: name, ok: z.literal(false), error }),
  z.strictObject({
    t: z.literal("adapter.event"),
    address: name,
    key: name.min(1),
    type: z.string().min(1).max(200),
    payload: json,
  }),
  z.strictObject({
    t: z.literal("adapter.state"),
    address: name,
    state: z.enum(["up", "failed"]),
    message: z.string().transform((text) => text.slice(0, 500)).nullable(),
  }),
]);

/** @throws {DreamError} `bad_frame` */
export function readFromToolHost(data: unknown): FromToolHost {
  const { success, data: read } = frame.safeParse(data);
  if (success) return read;
  const t = (data as { t?: unknown } | null)?.t;
  const what = typeof t === "string" ? `"${t.slice(0, 40)}"` : typeof data;
  throw new DreamError("bad_frame", `Cannot understand the tool host: ${what} is no frame of it`);
}
