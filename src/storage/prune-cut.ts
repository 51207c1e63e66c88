/** What retention removes: everything older; a count keeps at most that many of the newest. */
export interface PruneCut {
  consumedBeforeMs: number;
  consumedCount: number;
  deadLettersBeforeMs: number;
  deadLettersCount: number;
  endedBeforeMs: number;
  idempotencyBeforeMs: number;
  /** Bundles that stay beside those that something stored names and the newest; null: all. */
  bundlesInUse: readonly string[] | null;
}
