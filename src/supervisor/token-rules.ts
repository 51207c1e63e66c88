/** What holds for tokens: names, roles, times, and what each state refuses. */
import { DreamError } from "../errors.ts";
import type { TokenRow } from "../storage/token-row.ts";
import type { Expiry, NewToken, Rotation, TokenView } from "./token-views.ts";

/** The token of HOME: always there, always admin. */
export const ownerName = "owner";
/** Tells a token from other secrets, to people and to scanners. */
export const tokenPrefix = "dreamos_";
const nameForm = /^[a-z0-9][a-z0-9._-]{0,62}$/;
/** `owner` is always there; the others stand in paths, or for what the runtime itself does. */
const reserved = new Set(["self", "system", "watch"]);
/** Beyond it, those that have ended make room. */
export const mostTokens = 10_000;
const day = 24 * 3_600_000;
/** Revoked and expired tokens are listed for so long; until then nobody else gets the name. */
const keepEndedMs = 30 * day;
const longestGraceMs = 30 * day;
const latestMs = 8.64e15;

const reasons = {
  unknown: "the bearer token is not one of this service",
  expired: "the token has expired",
  revoked: "the token was revoked",
  rotated: "the token was rotated, there is a newer one",
} as const;

/** The refusal of a token; only who has had it learns what became of it. */
export function unauthorized(reason: keyof typeof reasons): DreamError {
  return new DreamError("unauthorized", `Cannot answer: ${reasons[reason]}`, {
    details: { reason },
  });
}

function bad(field: string, message: string): DreamError {
  return new DreamError("bad_request", message, { details: { field } });
}

/** @throws {DreamError} `bad_request` */
export function checkName(name: string): void {
  if (nameForm.test(name) && !reserved.has(name)) return;
  const seen = JSON.stringify(name.slice(0, 80));
  const why = reserved.has(name) ? "is kept for the runtime" : "is no name for a token";
  throw bad("name", `${seen} ${why}: wanted 1 to 63 of a-z, 0-9, '.', '_' and '-'`);
}

/** @throws {DreamError} `bad_request` unless an agent's token, and only that, has a scope */
export function checkScope({ role, scope }: NewToken): void {
  if (role === "agent" && scope === undefined) {
    throw bad("scope", "A token of role agent wants a scope: the address of its subtree");
  }
  if (role !== "agent" && scope !== undefined) {
    throw bad("scope", `A token of role ${role} takes no scope: only those of role agent do`);
  }
}

/** When it ends; null for never. @throws {DreamError} `bad_request` */
export function expiryOf({ expiresInMs, expiresAtMs }: Expiry, now: number): number | null {
  if (expiresInMs !== undefined && expiresAtMs !== undefined) {
    throw bad("expiresAtMs", "Wanted one of expiresInMs and expiresAtMs, not both");
  }
  const atMs = expiresAtMs ?? (expiresInMs === undefined ? null : now + expiresInMs);
  if (atMs === null || (atMs > now && atMs <= latestMs)) return atMs;
  const field = expiresAtMs === undefined ? "expiresInMs" : "expiresAtMs";
  throw bad(field, `Cannot let a token expire at ${atMs}: it is ${now} now (epoch ms)`);
}

/** Whether its time is over. */
export function hasExpired({ expiresAtMs }: TokenRow, now: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= now;
}

/** Whether this is the owner's token as it must be, with this hash. */
export function isOwners({ hash, role, revokedAtMs, expiresAtMs }: TokenRow, wanted: string) {
  return hash === wanted && role === "admin" && revokedAtMs === null && expiresAtMs === null;
}

/** Of HOME's token, new or with another hash. */
export function ownerRow(hash: string, before: TokenRow | undefined, now: number): TokenRow {
  return {
    ...{ name: ownerName, hash, role: "admin", scope: null, createdBy: "HOME/token" },
    ...{ createdAtMs: before?.createdAtMs ?? now, expiresAtMs: null, revokedAtMs: null },
    ...{ previousHash: before?.hash ?? null, previousUntilMs: before ? now : null },
    ...{ rotatedAtMs: before ? now : null, lastUsedAtMs: before?.lastUsedAtMs ?? null },
  };
}

/**
 * The token with a new hash; the old one is taken for `graceMs`, but never longer than it was.
 *
 * @throws {DreamError} `token_revoked`, `bad_request`
 */
export function rotated(
  before: TokenRow,
  { graceMs = 0, ...expiry }: Rotation,
  hash: string,
  now: number,
): TokenRow {
  const { name, expiresAtMs } = before;
  if (before.revokedAtMs !== null) {
    throw new DreamError("token_revoked", `Cannot rotate the token ${name}: it was revoked`);
  }
  if (graceMs > longestGraceMs) {
    throw bad("graceMs", `Cannot take the old token for ${graceMs} ms: at most ${longestGraceMs}`);
  }
  const asked = expiryOf(expiry, now);
  if (asked !== null && name === ownerName) {
    throw bad("expiresAtMs", `The token ${ownerName} does not expire: it lets HOME in`);
  }
  if (asked === null && hasExpired(before, now)) {
    throw bad(
      "expiresAtMs",
      `Cannot rotate the token ${name} as it is: it has expired; say when ` +
        "the new one does",
    );
  }
  return {
    ...before,
    hash,
    previousHash: before.hash,
    previousUntilMs: Math.min(now + graceMs, expiresAtMs ?? latestMs),
    expiresAtMs: asked ?? expiresAtMs,
    rotatedAtMs: now,
  };
}

/** @throws {DreamError} `owner_token` */
export function checkRevocable({ name }: TokenRow): void {
  if (name !== ownerName) return;
  throw new DreamError(
    "owner_token",
    `Cannot revoke ${ownerName}: it is the token of HOME, and the last that can make others`,
  );
}

/**
 * Which of the ended tokens are forgotten when one more comes: those that ended long ago, and of
 * too many the oldest.
 *
 * @throws {DreamError} `too_many_tokens`
 */
export function tooMany(rows: TokenRow[], now: number): string[] {
  const endOf = (row: TokenRow) =>
    Math.min(row.revokedAtMs ?? latestMs, row.expiresAtMs ?? latestMs);
  const ended = rows.filter((row) => endOf(row) <= now).sort((a, b) => endOf(a) - endOf(b));
  const over = rows.length + 1 - mostTokens;
  if (over > ended.length) {
    throw new DreamError(
      "too_many_tokens",
      `Cannot make a token: there are ${rows.length} valid ` +
        `ones, at most ${mostTokens}`,
      { details: { limit: mostTokens } },
    );
  }
  return ended.filter((row, i) => i < over || endOf(row) <= now - keepEndedMs)
    .map(({ name }) => name);
}

/** Without hashes. */
export function viewToken(row: TokenRow, now: number): TokenView {
  const { hash: _hash, previousHash: _previous, previousUntilMs, ...shown } = row;
  const isPreviousTaken = previousUntilMs !== null && previousUntilMs > now;
  const ended = hasExpired(row, now) ? "expired" : "valid";
  return {
    ...shown,
    status: row.revokedAtMs === null ? ended : "revoked",
    previousUntilMs: isPreviousTaken ? previousUntilMs : null,
  };
}
