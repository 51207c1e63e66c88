/**
 * How long a command waits for an answer: as long as the service lives. What is asked may rightly
 * take minutes, so there is no bound for the answer itself; but a service that does not even say
 * that it is there (stopped, or its machine cut off) will not answer what was asked either.
 */
import type { Clock } from "../clock.ts";
import { DreamError } from "../errors.ts";

export interface PatienceOptions {
  url: string;
  clock: Clock;
  fetch(target: string, init: RequestInit): Promise<Response>;
  /** Between questions whether it is there. */
  everyMs?: number;
  /** It is silent when it takes longer to say so. */
  silentMs?: number;
}

/**
 * A `fetch` that asks `/healthz` beside what takes long.
 *
 * @throws {DreamError} `not_ready` when there is no answer to either
 */
export function patientFetch(options: PatienceOptions): typeof options.fetch {
  return async (target, init) => {
    const given = new AbortController();
    const signal = init.signal ? AbortSignal.any([init.signal, given.signal]) : given.signal;
    let silent: DreamError | null = null;
    const unwatch = watch(options, (error) => {
      silent = error;
      given.abort();
    });
    try {
      return await options.fetch(target, { ...init, signal });
    } catch (error) {
      throw silent ?? error;
    } finally {
      unwatch();
    }
  };
}

function watch(options: PatienceOptions, onSilent: (error: DreamError) => void): () => void {
  const { url, clock, fetch, everyMs = 5_000, silentMs = 20_000 } = options;
  let cancel = () => {};
  let isOver = false;
  const look = async () => {
    const asking = new AbortController();
    cancel = clock.after(silentMs, () => asking.abort());
    try {
      const { body } = await fetch(`${url}/healthz`, { signal: asking.signal });
      await body?.cancel();
    } catch {
      if (isOver) return;
      // Gone is not silent: what was asked fails by itself, and says how.
      if (asking.signal.aborted) return onSilent(silence(url, silentMs));
    }
    cancel();
    if (!isOver) cancel = clock.after(everyMs, look);
  };
  cancel = clock.after(everyMs, look);
  return () => {
    isOver = true;
    cancel();
  };
}

function silence(url: string, ms: number): DreamError {
  return new DreamError(
    "not_ready",
    `Cannot get an answer from ${url}: it takes connections, but has said nothing for ` +
      `${ms / 1_000} s; its process may be stopped, or what was asked may still be done`,
    { details: { url } },
  );
}
