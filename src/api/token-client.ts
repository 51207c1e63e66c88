/** The client's part that is about tokens. */
import type { Page } from "../storage/store.ts";
import type {
  IssuedToken,
  NewToken,
  Rotation,
  TokenQuery,
  TokenView,
} from "../supervisor/token-views.ts";
import { queryOf } from "./call-client.ts";

/** For tokens of role `admin`; `self` for all. */
export interface TokenClient {
  /** The token of this client. */
  self(): Promise<TokenView>;
  list(query?: Partial<TokenQuery>): Promise<Page<TokenView>>;
  find(name: string): Promise<TokenView>;
  /** The answer shows the token, once. */
  create(token: NewToken): Promise<IssuedToken>;
  /** A new secret; the old one goes on for `graceMs`. */
  rotate(name: string, rotation?: Rotation): Promise<IssuedToken>;
  revoke(name: string): Promise<TokenView>;
}

type Call = <T>(method: string, path: string, options?: { body?: unknown }) => Promise<T>;

export function tokenClient(call: Call): TokenClient {
  const path = (name: string) => `/api/v1/tokens/${encodeURIComponent(name)}`;
  return {
    self: () => call("GET", "/api/v1/tokens/self"),
    list: (query = {}) => call("GET", `/api/v1/tokens${queryOf({ ...query })}`),
    find: (name) => call("GET", path(name)),
    create: (token) => call("POST", "/api/v1/tokens", { body: token }),
    rotate: (name, rotation = {}) => call("POST", `${path(name)}/rotate`, { body: rotation }),
    revoke: (name) => call("POST", `${path(name)}/revoke`),
  };
}
