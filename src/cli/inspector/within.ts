/** Waiting no longer than is sensible for a person who looks at a screen. */
import type { Clock } from "../../clock.ts";
import { DreamError } from "../../errors.ts";

/**
 * The outcome of `act`, which is given a signal that ends it when it takes longer than `ms`.
 *
 * @throws {DreamError} `not_running` when it does
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => {
    controller.abort();
    late.reject(new DreamError("not_running", `The service has not answered for ${ms / 1_000} s`));
  });
  const acting = act(controller.signal);
  // It may fail long after anybody waits for it.
  acting.catch(() => {});
  try {
    return await Promise.race([acting, late.promise]);
  } finally {
    cancel();
  }
}
