/** Where the API listens, under which names, and whether the line is safe. */
import { isIP } from "node:net";
import { z } from "zod";
import { DreamError } from "./errors.ts";

export interface Listening {
  /** A name or an IP address; `0.0.0.0` and `::` are all of this machine. */
  host: string;
  /** Absolute paths of PEM files; both or none. */
  tlsCert: string | null;
  tlsKey: string | null;
  /** Somebody has said that the line beyond this machine needs no TLS. */
  insecure: boolean;
  /** Names that requests may give this machine beside its own, in lower case. */
  allowHosts: string[];
}

const nameForm = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const wanted = "wanted a name or an IP address, without port";
const name = z.string(wanted).transform((text) => text.toLowerCase().replace(/^\[(.*)\]$/, "$1"))
  .refine((text) => isIP(text) !== 0 || nameForm.test(text), wanted);
const path = z.string("wanted a path").min(1, "wanted a path");
const flag = z.union(
  [z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")],
  {
    error: "wanted true or false",
  },
);

/** Keys of the configuration. */
export const listenSettings = {
  host: name.optional(),
  tlsCert: path.optional(),
  tlsKey: path.optional(),
  insecure: flag.optional(),
  allowHosts: z.union([
    z.array(name),
    z.string().transform((text) => text.split(",").map((one) => one.trim())).pipe(z.array(name)),
  ], { error: `${wanted}; several with commas, or as a list` }).optional(),
};

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Whether it stands for every address of this machine. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || /^[0:]+$/.test(host);
}

/** @throws {DreamError} `bad_config` for half of TLS, and for a line beyond this machine without */
export function checkListening({ host, tlsCert, tlsKey, insecure }: Listening): void {
  const refuse = (key: string, message: string) => {
    throw new DreamError("bad_config", message, { details: { key } });
  };
  if ((tlsCert === null) !== (tlsKey === null)) {
    const missing = tlsCert === null ? "tlsCert" : "tlsKey";
    refuse(missing, `Cannot use TLS: ${missing} is missing; wanted --tls-cert and --tls-key`);
  }
  if (insecure && tlsCert !== null) {
    refuse("insecure", "Cannot listen with TLS and insecurely: wanted one of both");
  }
  if (isLoopback(host) || insecure || tlsCert !== null) return;
  refuse(
    "host",
    `Cannot listen on ${host}: others could read tokens and messages on the way. Wanted ` +
      "--tls-cert FILE --tls-key FILE, or --insecure where the network is known to be safe",
  );
}
