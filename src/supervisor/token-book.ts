/**
 * Who may use the API: all tokens by name, in memory and, as hashes, in the store.
 *
 * Invariants:
 * - I1 A token is shown once, to who asked for it; it is neither stored nor logged.
 * - I2 What is answered is durable; a revoked or rotated token is refused from that moment on.
 * - I3 There is always a token of role `admin` that does not expire: the owner's, of HOME.
 */
import type { Clock } from "../clock.ts";
import { parseAddress } from "../address.ts";
import { DreamError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { readTokenName } from "../storage/page-cursor.ts";
import type { Change, Page, Store } from "../storage/store.ts";
import type { TokenRow } from "../storage/token-row.ts";
import type { Caller, TokenCaller } from "./control.ts";
import { hashOf, TokenIndex } from "./token-index.ts";
import * as rules from "./token-rules.ts";
import type * as views from "./token-views.ts";

export interface TokenParts {
  clock: Clock;
  ids: Ids;
  store: Pick<Store, "tokens">;
  /** Resolves once durable. */
  commit(changes: Change[]): Promise<void>;
  /** @throws {DreamError} when nothing new is taken */
  checkOpen(): void;
  /** Puts a new token of the owner where the old one was. @returns how to put that back */
  keepOwner(token: string): () => void;
}

/** Uses are noted to the minute, and written together. */
const usedEveryMs = 60_000;
const writeUsesAfterMs = 5_000;
const clearEveryMs = 3_600_000;

export class TokenBook implements views.TokenControl {
  #parts: TokenParts;
  #rows = new Map<string, TokenRow>();
  #index = new TokenIndex();
  #last: Promise<unknown> = Promise.resolve();
  /** When those that ended long ago were last forgotten. */
  #clearedMs = 0;
  #used = new Set<string>();
  #stopUses = () => {};

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /** Reads what is stored. */
  async load(): Promise<void> {
    for (const row of await this.#parts.store.tokens()) this.#keep(row);
  }

  /** The token is the owner's from now on, whatever was before. */
  adopt(token: string): void {
    const hash = hashOf(token);
    const before = this.#rows.get(rules.ownerName);
    if (before && rules.isOwners(before, hash)) return;
    const now = this.#parts.clock.wallMs();
    const row = rules.ownerRow(hash, before, now);
    this.#keep(row);
    // Not waited for: with a full disk the API still has to come up. The first one is no event:
    // nobody made it.
    this.#commit(row, before ? "rotated" : null, "HOME/token").catch(() => {});
  }

  /** No more uses are written. */
  close(): void {
    this.#stopUses();
  }

  authenticate(token: string): TokenCaller {
    return this.#admit(this.#index.find(token));
  }

  authenticator(token: string): () => TokenCaller {
    const find = this.#index.finder(token);
    return () => this.#admit(find());
  }

  #admit(entry: ReturnType<TokenIndex["find"]>): TokenCaller {
    const row = entry && this.#rows.get(entry.name);
    if (!row) throw rules.unauthorized("unknown");
    const now = this.#parts.clock.wallMs();
    if (row.revokedAtMs !== null) throw rules.unauthorized("revoked");
    if (entry.untilMs !== null && entry.untilMs <= now) throw rules.unauthorized("rotated");
    if (rules.hasExpired(row, now)) throw rules.unauthorized("expired");
    if (row.lastUsedAtMs === null || Math.abs(now - row.lastUsedAtMs) >= usedEveryMs) {
      this.#noteUse(row, now);
    }
    return { name: row.name, role: row.role, scope: row.scope };
  }

  list({ status, limit, cursor }: views.TokenQuery): Page<views.TokenView> {
    const now = this.#parts.clock.wallMs();
    const after = cursor === undefined ? "" : readTokenName(cursor);
    const found = [...this.#rows.keys()].filter((name) => name > after).sort()
      .map((name) => rules.viewToken(this.#rows.get(name)!, now))
      .filter((view) => status === undefined || view.status === status);
    const items = found.slice(0, limit);
    return { items, nextCursor: found.length > limit ? `@${items.at(-1)!.name}` : null };
  }

  find(name: string): views.TokenView {
    return rules.viewToken(this.#row(name), this.#parts.clock.wallMs());
  }

  async create(caller: Caller, token: views.NewToken): Promise<views.IssuedToken> {
    const { name, role } = token;
    rules.checkName(name);
    rules.checkScope(token);
    return await this.#inOrder(async () => {
      const now = this.#parts.clock.wallMs();
      const expiresAtMs = rules.expiryOf(token, now);
      if (this.#rows.has(name)) {
        throw new DreamError("token_taken", `Cannot make the token ${name}: there is one`, {
          details: { name },
        });
      }
      await this.#makeRoom(now);
      const { secret, hash } = this.#draw();
      const row: TokenRow = {
        ...{ name, hash, role, scope: token.scope ? parseAddress(token.scope) : null },
        ...{ createdBy: `@${caller.name}`, createdAtMs: now, expiresAtMs },
        ...{ previousHash: null, previousUntilMs: null, rotatedAtMs: null, revokedAtMs: null },
        lastUsedAtMs: null,
      };
      await this.#commit(row, "created", row.createdBy);
      return { ...rules.viewToken(row, now), token: secret };
    });
  }

  rotate(caller: Caller, name: string, rotation: views.Rotation): Promise<views.IssuedToken> {
    return this.#inOrder(async () => {
      const before = this.#row(name);
      const now = this.#parts.clock.wallMs();
      const { secret, hash } = this.#draw();
      const row = rules.rotated(before, rotation, hash, now);
      const undo = name === rules.ownerName ? this.#parts.keepOwner(secret) : null;
      try {
        await this.#commit(row, "rotated", `@${caller.name}`);
      } catch (error) {
        undo?.();
        throw error;
      }
      return { ...rules.viewToken(row, now), token: secret };
    });
  }

  revoke(caller: Caller, name: string): Promise<views.TokenView> {
    return this.#inOrder(async () => {
      const before = this.#row(name);
      const now = this.#parts.clock.wallMs();
      rules.checkRevocable(before);
      if (before.revokedAtMs !== null) return rules.viewToken(before, now);
      const row = { ...before, revokedAtMs: now };
      await this.#commit(row, "revoked", `@${caller.name}`);
      return rules.viewToken(row, now);
    });
  }

  /** One after the other: each decides by what the one before has left. */
  async #inOrder<T>(act: () => Promise<T>): Promise<T> {
    this.#parts.checkOpen();
    const done = this.#last.then(act);
    this.#last = done.catch(() => {});
    return await done;
  }

  #row(name: string): TokenRow {
    const row = this.#rows.get(name);
    if (row) return row;
    throw new DreamError(
      "token_not_found",
      `There is no token ${JSON.stringify(name.slice(0, 80))}`,
    );
  }

  #draw(): { secret: string; hash: string } {
    while (true) {
      const secret = `${rules.tokenPrefix}${this.#parts.ids.secret()}`;
      const hash = hashOf(secret);
      if (!this.#index.isTaken(hash)) return { secret, hash };
    }
  }

  /** @throws {DreamError} `too_many_tokens` */
  async #makeRoom(now: number): Promise<void> {
    if (this.#rows.size < rules.mostTokens && now - this.#clearedMs < clearEveryMs) return;
    this.#clearedMs = now;
    const gone = rules.tooMany([...this.#rows.values()], now);
    if (gone.length === 0) return;
    await this.#parts.commit(gone.map((name) => ({ op: "tokenGone", name })));
    for (const name of gone) {
      this.#index.put(this.#rows.get(name), null);
      this.#rows.delete(name);
    }
  }

  async #commit(row: TokenRow, verb: string | null, by: string): Promise<void> {
    const { name, role, scope, expiresAtMs, previousUntilMs } = row;
    const data = JSON.stringify({ name, role, scope, expiresAtMs, previousUntilMs, by });
    const changes: Change[] = [{ op: "token", row }];
    if (verb !== null) {
      const atMs = this.#parts.clock.wallMs();
      changes.push({ op: "event", row: { atMs, type: `token.${verb}`, address: null, data } });
    }
    await this.#parts.commit(changes);
    this.#keep(row);
  }

  #keep(row: TokenRow): void {
    this.#index.put(this.#rows.get(row.name), row);
    this.#rows.set(row.name, row);
  }

  #noteUse(row: TokenRow, now: number): void {
    row.lastUsedAtMs = now;
    this.#used.add(row.name);
    if (this.#used.size > 1) return;
    this.#stopUses = this.#parts.clock.after(writeUsesAfterMs, () => {
      this.#last = this.#last.then(() => this.#writeUses()).catch(() => {});
    });
  }

  async #writeUses(): Promise<void> {
    const rows = [...this.#used].flatMap((name) => this.#rows.get(name) ?? []);
    this.#used.clear();
    await this.#parts.commit(rows.map((row) => ({ op: "token", row })));
  }
}
