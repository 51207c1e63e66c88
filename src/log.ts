/** The log as every part sees it; where the lines go is decided by whoever starts the process. */

/** From the least to the most urgent. */
export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Small facts beside a message. No payloads, no secrets: lines are read by more people than may see
 * what agents tell each other.
 */
export interface LogFields {
  /** The agent that it is about. */
  address?: string | null;
  /** Number of its turn. */
  turn?: number;
  /** The 32 hex digits of the trace that it happened in. */
  traceId?: string | null;
  /** Of `src/errors.ts`, or an exit code. */
  code?: string | number | null | undefined;
  [name: string]: unknown;
}

/** One line for the log. */
export interface Log {
  (level: LogLevel, message: string, fields?: LogFields): void;
  /** Whether a line would be kept: lines per turn are made only when somebody wants them. */
  wants?(level: LogLevel, address: string): boolean;
}

/** A line as it is read. */
export interface LogEntry extends LogFields {
  /** ISO 8601. */
  time: string;
  level: LogLevel;
  /** Its place in the log, from 1, without gaps. */
  seq: number;
  message: string;
}

/** Which lines are wanted. */
export interface LogFilter {
  /** Epoch ms, the first and the last. */
  sinceMs?: number;
  untilMs?: number;
  /** This level and those above. */
  level?: LogLevel;
  /** An address, with all below it; every line without. */
  under?: string;
  traceId?: string;
}

/** What a line says of an error: its code or name. A message may hold what an agent was told. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  return String(code ?? name ?? typeof error).slice(0, 100);
}
