/**
 * Safe mode (R7): when the process has ended badly again and again before anything was done, what
 * is stored ends it, or what starts with it. So the next start shows everything and runs nothing:
 * the API is up, agents are paused, no call is carried out, no delay fires, no adapter brings news.
 *
 * The count is stored: a start notes an unclean end in advance, the first committed turn sets the
 * count back, a clean end takes the note away.
 */
import type { Core, SafeMode as SafeModeFace } from "./core.ts";
import type { Draft } from "./draft.ts";

/** Unclean ends in a row without a committed turn between them. */
const mostUnclean = 3;
const name = "uncleanEnds";

export class SafeMode implements SafeModeFace {
  #core: Core;
  #hasTurned = false;
  /** Why, in a sentence for people; null when it is off. */
  reason: string | null = null;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Decides, once per start. @param isWanted a person asked for it */
  async enter(isWanted: boolean): Promise<void> {
    const { log, registry, store } = this.#core;
    const unclean = Number(await store.meta(name) ?? 0);
    // Not waited for: on a full disk the API still has to come up and tell.
    store.commit([{ op: "meta", name, value: String(unclean + 1) }]).catch(() => {});
    if (isWanted) this.reason = "asked for with --safe";
    else if (unclean >= mostUnclean) {
      this.reason = `${unclean} unclean ends in a row without a committed turn between them`;
    }
    if (this.reason === null) return;
    registry.pauseAll(true);
    log("error", "safe mode: agents are paused", { reason: this.reason });
  }

  /** A turn is about to be committed: the ends before it no longer count. */
  turned(draft: Draft): void {
    if (this.#hasTurned) return;
    draft.change({ op: "meta", name, value: "1" });
    // Written again when this commit is refused and everything begins anew.
    draft.onDurable(() => this.#hasTurned = true);
  }

  /** @returns whether it was on */
  leave(): boolean {
    if (this.reason === null) return false;
    this.reason = null;
    this.#core.registry.pauseAll(false);
    this.#core.log("info", "safe mode has been left", {});
    return true;
  }

  /** The process ends as it should. Durable when the store has closed. */
  ended(): void {
    this.#core.store.commit([{ op: "meta", name, value: "0" }]).catch(() => {});
  }
}
