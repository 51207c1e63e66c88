/** Idempotency: a request that comes again, because its answer was lost, is answered again. */
import { DreamError } from "../errors.ts";
import type { Idempotency } from "./control.ts";
import type { Core } from "./core.ts";
import type { Draft } from "./draft.ts";

/** Puts the answer into the same commit as what the request does. */
export type Remember = (draft: Draft, answer: unknown) => void;

export class Keys {
  #core: Core;
  #underWay = new Map<string, { bodyHash: string; answer: Promise<unknown> }>();

  #checkOpen: () => void;

  constructor(core: Core, checkOpen: () => void) {
    this.#core = core;
    this.#checkOpen = checkOpen;
  }

  /**
   * Does `act` once for the key within the scope; later callers get the first answer, those that
   * come while it runs wait for it.
   *
   * @throws {DreamError} `idempotency_conflict` when the key was used for another body
   */
  async once<T>(
    scope: string,
    idempotency: Idempotency | undefined,
    act: (remember: Remember) => Promise<T>,
  ): Promise<T> {
    if (!idempotency) return await act(() => {});
    const { key, bodyHash } = idempotency;
    const name = `${scope}\n${key}`;
    const running = this.#underWay.get(name);
    if (running) {
      checkSame(key, running.bodyHash, bodyHash);
      return await running.answer as T;
    }
    const answer = this.#answer(scope, idempotency, act);
    this.#underWay.set(name, { bodyHash, answer });
    try {
      return await answer;
    } finally {
      this.#underWay.delete(name);
    }
  }

  async #answer<T>(
    scope: string,
    { key, bodyHash }: Idempotency,
    act: (remember: Remember) => Promise<T>,
  ): Promise<T> {
    const row = await this.#core.store.idempotency(scope, key);
    if (row) {
      checkSame(key, row.bodyHash, bodyHash);
      return JSON.parse(row.answer);
    }
    // Memory may have been thrown away while the store was asked.
    this.#checkOpen();
    return await act((draft, answer) => {
      const atMs = this.#core.clock.wallMs();
      const text = JSON.stringify(answer);
      draft.change({ op: "idempotency", row: { scope, key, bodyHash, answer: text, atMs } });
    });
  }
}

function checkSame(key: string, first: string, now: string): void {
  if (first === now) return;
  throw new DreamError(
    "idempotency_conflict",
    `The Idempotency-Key "${key.slice(0, 80)}" was used for another request`,
  );
}
