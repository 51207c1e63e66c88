/** `Idempotency-Key`: the same request again is answered again, not done again. */
import { createHash } from "node:crypto";
import { DreamError } from "../errors.ts";
import type { Idempotency } from "../supervisor/control.ts";

/** Visible ASCII, as header values travel unchanged only so. */
const keyForm = /^[\x21-\x7e]{1,255}$/;

/**
 * The key of the request with a hash over method, path and the raw body; undefined without a key.
 *
 * @throws {DreamError} `bad_request` for a key of another form
 */
export function readIdempotency(request: Request, body: Uint8Array): Idempotency | undefined {
  const key = request.headers.get("idempotency-key");
  if (key === null) return undefined;
  if (!keyForm.test(key)) {
    throw new DreamError(
      "bad_request",
      `Cannot use an Idempotency-Key of ${key.length} characters: wanted 1 to 255 visible ` +
        "ASCII characters without spaces",
    );
  }
  const bodyHash = createHash("sha256")
    .update(`${request.method} ${new URL(request.url).pathname}\n`)
    .update(body)
    .digest("hex");
  return { key, bodyHash };
}
