/** The client's part that lists open work, mailboxes, hosts, bundles and limits. */
import type { Config } from "../config.ts";
import type { HostInfo } from "../host/hosts.ts";
import type { Limits } from "../limits.ts";
import type { Page } from "../storage/store.ts";
import type {
  BundleDetail,
  BundleView,
  CallView,
  OpenAskView,
  TimerView,
} from "../supervisor/listing-views.ts";
import { type PageQuery, queryOf } from "./call-client.ts";
import type { EnvelopeView } from "./views.ts";

interface Subtree extends PageQuery {
  under?: string;
}

export interface ListingClient {
  /** Open timers, the next due first. */
  timers(query?: Subtree): Promise<Page<TimerView>>;
  /** Open calls of tools; those `in_doubt` want a person. */
  calls(query?: Subtree & { status?: CallView["status"] }): Promise<Page<CallView>>;
  /** Newest first. `since`: `10m`, ISO 8601 or epoch milliseconds. */
  asks(
    query?: Subtree & { status?: "open" | "settled"; since?: string | number },
  ): Promise<Page<OpenAskView>>;
  /** What waits in the mailbox of an agent, the most urgent lane first. */
  mailbox(address: string, query?: PageQuery & { lane?: string }): Promise<Page<EnvelopeView>>;
  hosts(query?: PageQuery & { group?: string }): Promise<Page<HostInfo>>;
  /** Code that agents are made of, by kind, newest first. */
  bundles(query?: PageQuery & { kind?: string }): Promise<Page<BundleView>>;
  /** @throws {DreamError} `bundle_not_found` */
  bundle(hash: string): Promise<BundleDetail>;
  /** The bounds of this system. */
  limits(): Promise<{ limits: Limits; defaults: Limits }>;
  /** What the service was started with; for admins. */
  config(): Promise<{
    config: Partial<Omit<Config, "home" | "limits">> & { home?: string };
    limits: Limits;
  }>;
}

type Call = <T>(method: string, path: string) => Promise<T>;

export function listingClient(call: Call): ListingClient {
  const list = (path: string) => <T>(query: object = {}) =>
    call<Page<T>>("GET", `/api/v1/${path}${queryOf({ ...query })}`);
  return {
    timers: list("timers"),
    calls: list("calls"),
    asks: list("asks"),
    mailbox: (address, query) => list(`agents/${encodeURIComponent(address)}/mailbox`)(query),
    hosts: list("hosts"),
    bundles: list("bundles"),
    bundle: (hash) => call("GET", `/api/v1/bundles/${encodeURIComponent(hash)}`),
    limits: () => call("GET", "/api/v1/limits"),
    config: () => call("GET", "/api/v1/config"),
  };
}
