/// <reference lib="deno.worker" />
/** One look at a database, in a thread: it may take long, and nobody has to wait for it. */
import { examineDatabase, type ExamineOptions } from "./examine.ts";

self.onmessage = ({ data }: MessageEvent<ExamineOptions>) => {
  self.postMessage(examineDatabase(data));
};
