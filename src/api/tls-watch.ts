/**
 * Certificates are renewed while the service runs: their files are looked at now and then, and what
 * they hold is served from then on. What cannot be used is told once; the old one stays.
 */
import type { CancelTimer, Clock } from "../clock.ts";
import { toErrorData } from "../errors.ts";
import { readTls, type Tls } from "./tls-files.ts";

/** Certificates are put down days before they are needed. */
const lookEveryMs = 10_000;

export interface TlsWatch {
  certFile: string;
  keyFile: string;
  clock: Clock;
  /** What is served now. */
  first: Pick<Tls, "cert" | "key">;
  /** Serves it. Rejects when it cannot be served. */
  renew(tls: Pick<Tls, "cert" | "key">): Promise<void>;
  tell(level: "info" | "warn", message: string): void;
}

/** @returns how to end it */
export function watchTls(watch: TlsWatch): CancelTimer {
  const { certFile, keyFile, clock, renew, tell } = watch;
  let served = textOf(watch.first);
  /** Why not, at the last look, and as it was told. */
  let refused = "";
  let told = "";
  let hasEnded = false;
  let stop: CancelTimer = () => {};
  const look = async () => {
    try {
      const { warnings, ...tls } = readTls(certFile, keyFile, clock.wallMs());
      if (textOf(tls) !== served) {
        await renew(tls);
        served = textOf(tls);
        tell("info", `The API serves the certificate that ${certFile} holds now`);
        for (const warning of warnings) tell("warn", warning);
      }
      refused = told = "";
    } catch (error) {
      const { message } = toErrorData(error);
      // The two files are written one after the other: what is wrong once may be right soon.
      if (message === refused && message !== told) {
        tell("warn", `${message}; the certificate before it is served`);
        told = message;
      }
      refused = message;
    }
    if (!hasEnded) stop = clock.after(lookEveryMs, look);
  };
  stop = clock.after(lookEveryMs, look);
  return () => {
    hasEnded = true;
    stop();
  };
}

const textOf = ({ cert, key }: Pick<Tls, "cert" | "key">) => `${cert}\n${key}`;
