/** How a person or a supervisor ends the service. */
import type { Clock } from "../clock.ts";

/** A terminal, npm and a launcher can each pass on the same Ctrl-C: these are one. */
const sameSignalMs = 1_000;

/**
 * Ctrl-C, SIGTERM and the end of the terminal drain; a second one ends at once, agents being safe
 * in the store.
 */
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
  // Asked first: with the first listener Deno takes SIGHUP too, and would end by it.
  const outlives = ignoresHangup();
  const listen = (signal: Deno.Signal, act: () => void) => {
    Deno.addSignalListener(signal, act);
    undo.push(() => Deno.removeSignalListener(signal, act));
  };
  listen("SIGINT", onSignal);
  listen("SIGTERM", onSignal);
  listen("SIGHUP", outlives ? () => {} : onSignal);
}

/** Whether whoever started it wants it to outlive the terminal, as nohup does. */
function ignoresHangup(): boolean {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const ignored = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1] ?? "0";
    return (Number.parseInt(ignored, 16) & 1) === 1;
  } catch {
    // No /proc, as on macOS: it cannot be told.
    return false;
  }
}
