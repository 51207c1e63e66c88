/**
 * What a thread has by itself and an agent must not have. This is for careless authors, who get an
 * error that names the line; a hostile one finds other ways, and is held by the process (R5).
 */

/** Ways to other threads: they flood the host, or go on when the agent has ended. */
const names = ["postMessage", "Worker", "SharedWorker", "BroadcastChannel"] as const;

/** Takes them away for good. Whoever needs one keeps it first. */
export function withholdGlobals(): void {
  for (const name of names) Reflect.deleteProperty(globalThis, name);
  for (const name of names) {
    if (name in globalThis) Reflect.set(globalThis, name, undefined);
  }
}
