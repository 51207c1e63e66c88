/** What a bundle says about itself: read in a thread without permissions, kept as data (R13). */
import type { JsonSchema } from "../json.ts";

export interface Manifest {
  /** The kind's name, such as `summarizer`. */
  kind: string;
  /** Whole number from 1; a higher one may migrate states of lower ones. */
  version: number;
  /** Accepted message types → schema of the payload (an object). */
  accepts: Record<string, JsonSchema>;
  /** Message types that are answered → schema of the reply. */
  replies: Record<string, JsonSchema>;
  /** Schema of the input a fresh start is given, or null for none. */
  input: JsonSchema | null;
  /** What it asks for; the swarm's grants decide. */
  needs: { calls: string[]; read: string[] };
  /** `system.*` types its machine names; only those are delivered to it. */
  system: string[];
  /** The machine's configuration as JSON, to be drawn; null or missing when it is too large. */
  chart?: string | null;
}
