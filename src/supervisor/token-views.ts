/** Tokens as people and programs handle them, and what can be done with them. */
import type { Address } from "../address.ts";
import type { Role } from "../roles.ts";
import type { Page } from "../storage/store.ts";
import type { Caller, TokenCaller } from "./control.ts";

export const tokenStatuses = ["valid", "expired", "revoked"] as const;
export type TokenStatus = typeof tokenStatuses[number];

/** All about a token but the token itself. */
export interface TokenView {
  name: string;
  role: Role;
  scope: Address | null;
  status: TokenStatus;
  /** `@name` of the token that made it. */
  createdBy: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  rotatedAtMs: number | null;
  /** Until when the token from before the last rotation is taken, too; null when it is not. */
  previousUntilMs: number | null;
  revokedAtMs: number | null;
  /** To the minute. */
  lastUsedAtMs: number | null;
}

/** At most one of them; without, it does not expire. */
export interface Expiry {
  expiresInMs?: number;
  expiresAtMs?: number;
}

export interface NewToken extends Expiry {
  name: string;
  role: Role;
  /** The subtree of a token of role `agent`, and only of that. */
  scope?: Address;
}

/** Without an expiry that of the token stays as it is. */
export interface Rotation extends Expiry {
  /** How long the old token is taken as well; default 0. */
  graceMs?: number;
}

/** The one time that a token is shown. */
export interface IssuedToken extends TokenView {
  token: string;
}

export interface TokenQuery {
  status?: TokenStatus;
  limit: number;
  cursor?: string;
}

export interface TokenControl {
  /**
   * Who has this token.
   * @throws {DreamError} `unauthorized`, with `details.reason`: `unknown`, or, to who had it,
   * `expired`, `revoked` or `rotated`
   */
  authenticate(token: string): TokenCaller;
  /** The same, to be asked again and again for as long as something goes on. */
  authenticator(token: string): () => TokenCaller;
  /** @throws {DreamError} `bad_request`, `token_taken`, `too_many_tokens` */
  create(caller: Caller, token: NewToken): Promise<IssuedToken>;
  /** By name. */
  list(query: TokenQuery): Page<TokenView>;
  /** @throws {DreamError} `token_not_found` */
  find(name: string): TokenView;
  /** @throws {DreamError} `token_not_found`, `token_revoked`, `bad_request` */
  rotate(caller: Caller, name: string, rotation: Rotation): Promise<IssuedToken>;
  /** Once more changes nothing. @throws {DreamError} `token_not_found`, `owner_token` */
  revoke(caller: Caller, name: string): Promise<TokenView>;
}
