/** What a case of the conformance corpus is, and short ways to write its steps. */
import { type EventObject, setup } from "xstate";

export type Step =
  /** A message to the root. */
  | { send: EventObject }
  /** A message to the root whose sender waits for a reply. */
  | { ask: EventObject }
  /** Time passes, in units of `delayUnitMs`. */
  | { wait: number }
  /** Promises settle, callbacks and observables speak. */
  | { settle: true };

export const send = (type: string, payload: object = {}): Step => ({ send: { type, ...payload } });
export const ask = (type: string, payload: object = {}): Step => ({ ask: { type, ...payload } });
export const wait = (units: number): Step => ({ wait: units });
export const settle: Step = { settle: true };

/** So long that the real time which a test takes never fires a delay. */
export const hour = 3_600_000;

export interface ConformOptions {
  input?: unknown;
  /** Length of one unit of `wait`, ms; default 1. */
  unitMs?: number;
  /** False where outside logic answers in the same breath live and in the next turn here. */
  traces?: boolean;
  /** Its callbacks or observables say things again when restarted: these are not compared. */
  repeats?: boolean;
}

/** One machine and what happens to it. Delays are whole hours. */
export interface Case extends ConformOptions {
  name: string;
  make(): object;
  steps: Step[];
  /** Runs in the real system as well. */
  system?: boolean;
}

/** What XState hands to the functions of a machine, loosely: cases mix all kinds of machines. */
export interface Given {
  context: Record<string, unknown>;
  event: EventObject & Record<string, unknown>;
}

/** A machine without types of its own, so that one parent serves many children. */
export function machine(config: object, implementations: object = {}): object {
  return setup(implementations as never).createMachine(config as never);
}
