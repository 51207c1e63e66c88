/** Lists of what agents wait for and what they are made of, as the API shows them. */
import type { Address } from "../address.ts";
import type { Envelope, Lane, Outcome } from "../actors/envelope.ts";
import type { Manifest } from "../actors/manifest.ts";
import type { Json } from "../json.ts";
import type { CallRow, Page } from "../storage/store.ts";

interface PageOf {
  limit: number;
  cursor?: string | undefined;
}

/** Of an address and all below it; `/` is all. */
interface Subtree extends PageOf {
  under: Address;
}

export interface TimerView {
  /** Of the agent that set it. */
  address: Address;
  /** Id per start. */
  id: string;
  dueAtMs: number;
  delayMs: number;
  /** Envelope whose turn set it. */
  cause: string | null;
}

export interface CallView {
  address: Address;
  id: string;
  /** Such as `file.read`. */
  name: string;
  status: CallRow["status"];
  input: Json;
  cause: string | null;
  requestedAtMs: number;
}

/** An ask as others than its asker see it: with its ends, without the value of its reply. */
export interface OpenAskView {
  id: string;
  from: string;
  /** Who was asked; null when nothing knows it any more. */
  to: Address | null;
  status: "open" | "replied" | "failed";
  /** Why it failed. */
  code: string | null;
  expiresAtMs: number;
  settledAtMs: number | null;
}

/** Code that agents are made of. */
export interface BundleView {
  hash: string;
  kind: string;
  version: number;
  deployedAtMs: number;
  /** New agents of its kind are made of it. */
  isNewest: boolean;
}

export type BundleDetail = BundleView & Pick<Manifest, "accepts" | "replies" | "input" | "needs">;

export interface Listing {
  timers(query: Subtree): Promise<Page<TimerView>>;
  calls(query: Subtree & { status?: CallRow["status"] | undefined }): Promise<Page<CallView>>;
  /** Newest first. */
  asks(
    query: Subtree & { isOpen?: boolean | undefined; sinceMs?: number | undefined },
  ): Promise<Page<OpenAskView>>;
  /** What waits in a mailbox, lane by lane, the most urgent first. @throws `agent_not_found` */
  mailbox(
    address: Address,
    query: PageOf & { lane?: Lane | undefined },
  ): Promise<Page<Envelope>>;
  /** By kind, newest first. */
  bundles(query: PageOf & { kind?: string | undefined }): Promise<Page<BundleView>>;
  /** @throws {DreamError} `bundle_not_found` */
  bundle(hash: string): Promise<BundleDetail>;
}

/** How an ask ended, in one word. */
export function endOf(outcome: Outcome | null): Pick<OpenAskView, "status" | "code"> {
  if (outcome === null || !("ok" in outcome)) return { status: "open", code: null };
  return outcome.ok
    ? { status: "replied", code: null }
    : { status: "failed", code: outcome.error.code };
}
