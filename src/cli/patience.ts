/**
 * How long a command waits for an answer: as long as the service lives. What is asked may rightly
 * take minutes, so there is no bound for the answer itself; but a service that does not even say
 * that it is there (stopped, or its machine cut off) will not answer what was asked either.
 */
import { DreamError } from "../errors.ts";

export interface PatienceOptions {
  url: string;
  fetch(target: string, init: RequestInit): Promise<Response>;
  /** Between questions whether it is there. */
  everyMs?: number;
  /** It is silent when it takes longer to say so. */
  silentMs?: number;
}

/**
 * A `fetch` that asks `/healthz` beside what takes long. What got no answer is left, not aborted:
 * who is told of silence ends soon.
 *
 * @throws {DreamError} `not_ready` when there is no answer to either
 */
export function patientFetch(options: PatienceOptions): typeof options.fetch {
  return async (target, init) => {
    const silent = Promise.withResolvers<never>();
    const asking = options.fetch(target, init);
    // It may fail when nobody waits for it any more.
    asking.catch(() => {});
    const unwatch = watch(options, silent.reject);
    try {
      return await Promise.race([asking, silent.promise]);
    } finally {
      unwatch();
    }
  };
}

function watch(options: PatienceOptions, onSilent: (error: DreamError) => void): () => void {
  const { url, fetch, everyMs = 5_000, silentMs = 20_000 } = options;
  let isOver = false;
  let cancel = () => {};
  const look = async () => {
    const signal = AbortSignal.timeout(silentMs);
    try {
      const { body } = await fetch(`${url}/healthz`, { signal });
      await body?.cancel();
    } catch {
      // Gone is not silent: what was asked fails by itself, and says how.
      if (signal.aborted && !isOver) return onSilent(silence(url, silentMs));
    }
    if (!isOver) cancel = afterwards(everyMs, look);
  };
  cancel = afterwards(everyMs, look);
  return () => {
    isOver = true;
    cancel();
  };
}

/** Not by the clock: the first `setTimeout` takes a third of what Deno itself takes to start. */
function afterwards(ms: number, act: () => void): () => void {
  const signal = AbortSignal.timeout(ms);
  signal.addEventListener("abort", act);
  return () => signal.removeEventListener("abort", act);
}

function silence(url: string, ms: number): DreamError {
  return new DreamError(
    "not_ready",
    `Cannot get an answer from ${url}: it takes connections, but has said nothing for ` +
      `${ms / 1_000} s; its process may be stopped, or what was asked may still be done`,
    { details: { url } },
  );
}
