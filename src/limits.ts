/** The bounds of design R9 with their defaults; configuration may change each (config.ts). */

export interface Limits {
  /** Payload, reply or call result, bytes of JSON text. */
  payloadBytes: number;
  /** Stored state of one agent, bytes of JSON text. */
  stateBytes: number;
  frameBytes: number;
  bodyBytes: number;
  /** Messages in one HTTP request. */
  bodyMessages: number;
  /** Open envelopes of one mailbox, control, replies, results and timers not counted. */
  mailbox: number;
  effectsPerTurn: number;
  /** Open timers, calls and asks of one agent, each. */
  openPerAgent: number;
  turnDeadlineMs: number;
  turnSliceMs: number;
  turnEnvelopes: number;
  /** Turns worked on at one time before agents under load take turns; two a core. */
  turnsInHand: number;
  killGraceMs: number;
  askTimeoutMs: number;
  drainMs: number;
  idleAfterMs: number;
  resumeAfterMs: number;
  /** Crashes an envelope may cause before it is a dead letter. */
  maxAttempts: number;
  threadsPerHost: number;
  maxThreads: number;
  /** Heap of one thread, MiB. Above it the thread's host ends: V8 gives no other choice. */
  heapMb: number;
  /** Memory of one host with all its threads, MiB: buffers are not in the heap that V8 bounds. */
  hostMb: number;
  /** A host is retired after this many thread starts (threads leak a little). */
  startsPerHost: number;
  /** Streams of the API that are open at one time; one token may have half of them. */
  streams: number;
  /** New requests are refused below this free space of HOME's disk. */
  minFreeBytes: number;
  keepConsumedMs: number;
  keepConsumedCount: number;
  keepDeadLettersMs: number;
  keepDeadLettersCount: number;
  keepEndedMs: number;
  keepIdempotencyMs: number;
  /** The log goes on in a new file when one is so large, or so old. */
  logFileBytes: number;
  logFileMs: number;
  /** Older files of the log are forgotten, and the oldest of more than this together. */
  keepLogsMs: number;
  keepLogsBytes: number;
}

const MiB = 1024 * 1024;
const day = 24 * 3600 * 1000;

export const defaultLimits: Limits = {
  payloadBytes: 1 * MiB,
  stateBytes: 1 * MiB,
  frameBytes: 8 * MiB,
  bodyBytes: 10 * MiB,
  bodyMessages: 1_000,
  mailbox: 10_000,
  effectsPerTurn: 1_000,
  openPerAgent: 1_000,
  turnDeadlineMs: 10_000,
  turnSliceMs: 25,
  turnEnvelopes: 256,
  turnsInHand: 4,
  killGraceMs: 1_000,
  askTimeoutMs: 30_000,
  drainMs: 10_000,
  idleAfterMs: 60_000,
  resumeAfterMs: 300_000,
  maxAttempts: 3,
  threadsPerHost: 32,
  maxThreads: 256,
  heapMb: 512,
  hostMb: 4_096,
  startsPerHost: 500,
  streams: 1_000,
  minFreeBytes: 64 * MiB,
  keepConsumedMs: 7 * day,
  keepConsumedCount: 1_000_000,
  keepDeadLettersMs: 30 * day,
  keepDeadLettersCount: 10_000,
  keepEndedMs: 1 * day,
  keepIdempotencyMs: 1 * day,
  logFileBytes: 10 * MiB,
  logFileMs: 1 * day,
  keepLogsMs: 30 * day,
  keepLogsBytes: 256 * MiB,
};
