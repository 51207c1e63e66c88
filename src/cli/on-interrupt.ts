/** Ctrl-C in the middle of work that would leave half of something behind. */

/** As a shell reports them: 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Runs `act` and ends the process when it is asked to end. @returns how to stop listening */
export function onInterrupt(act: () => void): () => void {
  const undo = Object.entries(exitCodes).map(([name, code]) => {
    const signal = name as keyof typeof exitCodes;
    const end = () => {
      act();
      Deno.exit(code);
    };
    Deno.addSignalListener(signal, end);
    return () => Deno.removeSignalListener(signal, end);
  });
  return () => undo.forEach((each) => each());
}
