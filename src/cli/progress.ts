/** One line that shows how far long work has come, for eyes alone. */
import { systemClock } from "../clock.ts";
import { formatBytes } from "../backup-manifest.ts";
import type { Terminal } from "./terminal.ts";

const drawEveryMs = 100;
const barWidth = 24;

export interface Progress {
  step(text: string): void;
  bytes(done: number, total: number): void;
  /** Takes the line away. */
  end(): void;
}

/** Nothing is drawn where nobody looks. */
export function openProgress({ status }: Terminal): Progress {
  let step = "";
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    step(text) {
      step = text;
      status(text);
    },
    bytes(done, total) {
      const now = systemClock.monotonicMs();
      if (now - drawnMs < drawEveryMs && done < total) return;
      drawnMs = now;
      status(`${step}  ${barOf(done, total)}  ${formatBytes(done)} of ${formatBytes(total)}`);
    },
    end: () => status(""),
  };
}

/** `████████░░░░░░░░  50 %` */
function barOf(done: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(part * barWidth);
  return `${"█".repeat(full)}${"░".repeat(barWidth - full)} ${
    String(Math.floor(part * 100)).padStart(3)
  } %`;
}
