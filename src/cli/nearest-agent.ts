/** "Did you mean" for addresses: the service is asked for what is there, with the same rights. */
import { systemClock } from "../clock.ts";
import { DreamError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Run } from "./command.ts";
import { findService } from "./service.ts";

/** Nobody waits longer for a hint. */
const mostMs = 500;
const mostAgents = 1_000;

/** The same error, with the address that was probably meant, where one is near. */
export async function withNearest(error: DreamError, run: Run): Promise<DreamError> {
  const seen = run.args.find((arg) => error.message.includes(arg));
  if (seen === undefined) return error;
  const wanted = seen.startsWith("/") ? seen : `/${seen}`;
  const late = Promise.withResolvers<null>();
  const cancel = systemClock.after(mostMs, () => late.resolve(null));
  try {
    const page = await Promise.race([
      findService(run).client.agents({ limit: mostAgents }),
      late.promise,
    ]);
    const meant = page && nearest(wanted, page.items.map(({ address }) => address));
    if (!meant) return error;
    const { code, details } = error;
    return new DreamError(code, `${error.message}; did you mean ${meant}?`, { details });
  } catch {
    return error;
  } finally {
    cancel();
  }
}
