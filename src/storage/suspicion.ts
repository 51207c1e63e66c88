/** What counts against an agent since its last committed turn (R7). */
import type { Envelope } from "../actors/envelope.ts";

/** An envelope that crashed its agent. */
export interface CrashedOn extends Pick<Envelope, "id" | "lane" | "seq" | "kind"> {
  /** It is a dead letter by now. */
  buried: boolean;
}

export interface Suspicion {
  /** Was in hand when a host died: runs alone until a turn commits. */
  suspect: boolean;
  /** Different envelopes in a row that crashed it, oldest first. */
  streak: CrashedOn[];
}
