/** A token of the API as it is stored: without the token. */
import type { Address } from "../address.ts";
import type { Role } from "../roles.ts";

export interface TokenRow {
  name: string;
  /** SHA-256 of the token, hex. Tokens are 256 random bits: there is nothing to guess or salt. */
  hash: string;
  /** Hash of the token before the last rotation, and until when that one is taken too. */
  previousHash: string | null;
  previousUntilMs: number | null;
  role: Role;
  /** The subtree of a token of role `agent`; null for all others. */
  scope: Address | null;
  /** `@name` of the token that made it. */
  createdBy: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  rotatedAtMs: number | null;
  revokedAtMs: number | null;
  /** Written a while after the use. */
  lastUsedAtMs: number | null;
}

/** A hash that another token has is refused. */
export type TokenChange = { op: "token"; row: TokenRow } | { op: "tokenGone"; name: string };
