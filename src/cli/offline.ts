/** What commands do with a HOME while no service runs there; the way of the CLI to the store. */
import type { Examination, ExamineOptions } from "../storage/examine.ts";

export { restoreBackup } from "../storage/restore.ts";

/** In a thread of its own, which ends with the process: it cannot be stopped before. */
export function examine(options: ExamineOptions): Promise<Examination> {
  const thread = new URL("../storage/examine-thread.ts", import.meta.url);
  const worker = new Worker(thread, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Examination>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(options);
  });
}
