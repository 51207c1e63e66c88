/** Ctrl-C in the middle of work that would leave half of something behind. */

/** Runs `act` and ends the process when it is asked to end. @returns how to stop listening */
export function onInterrupt(act: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const end = () => {
    act();
    Deno.exit(130);
  };
  for (const signal of signals) Deno.addSignalListener(signal, end);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, end);
  };
}
