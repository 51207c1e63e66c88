/** A small system whose tree a test makes up, and that can stop answering. */
import type { CountersFrame } from "../../src/api/client.ts";
import type { Page } from "../../src/storage/store.ts";
import type { MessageRow } from "../../src/storage/store.ts";
import type { TreeNode } from "../../src/supervisor/control.ts";
import { SmallControl } from "../api/small-control.ts";

export class OddControl extends SmallControl {
  shown: TreeNode;
  /** Answers to status come when this resolves. */
  answers: Promise<unknown> = Promise.resolve();
  /** Rows that are no messages. */
  isDamaged = false;

  constructor(shown: TreeNode) {
    super();
    this.shown = shown;
  }

  override async status() {
    await this.answers;
    return await super.status();
  }

  override tree(): Promise<TreeNode> {
    return Promise.resolve(this.shown);
  }

  override async messages(query: Parameters<SmallControl["messages"]>[0]) {
    if (!this.isDamaged) return await super.messages(query);
    return { items: [{ envelope: {}, status: "pending" }], nextCursor: null } as unknown as Page<
      MessageRow
    >;
  }

  /** Tells all screens. */
  tell(frame: Partial<CountersFrame>): void {
    const whole: CountersFrame = {
      atMs: Date.parse("2026-01-01"),
      full: false,
      agents: [],
      gone: [],
      hosts: null,
      totals: null,
      hidden: 0,
      ...frame,
    };
    for (const screen of this.screens) screen.frame(whole);
  }
}
