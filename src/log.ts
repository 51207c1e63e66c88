/** The log as every part sees it; where the lines go is decided by whoever starts the process. */

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line for the log. Fields are small facts: no payloads, no secrets. */
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;
