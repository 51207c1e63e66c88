/** How a person or a supervisor ends the service. */
import type { Clock } from "../clock.ts";

/** A terminal, npm and a launcher can each pass on the same Ctrl-C: these are one. */
const sameSignalMs = 1_000;

/** Ctrl-C and SIGTERM drain; a second one ends at once, agents being safe in the store. */
export function listenToSignals(
  clock: Clock,
  end: (code: number) => void,
  undo: (() => void)[],
): void {
  let askedMs: number | null = null;
  const onSignal = () => {
    const now = clock.monotonicMs();
    if (askedMs !== null && now - askedMs > sameSignalMs) Deno.exit(130);
    askedMs ??= now;
    end(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, onSignal);
    undo.push(() => Deno.removeSignalListener(signal, onSignal));
  }
}
