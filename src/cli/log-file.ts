/** The central log: one JSON line per entry, in HOME/logs, with one older file kept. */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import type { Log, LogLevel } from "../log.ts";

const mostBytes = 10 * 1024 * 1024;
const longestLine = 8_192;

export interface LogFile {
  log: Log;
  close(): void;
}

/**
 * Opens the log for appending.
 *
 * @param onEntry hears of every entry too: what people at the terminal should see
 */
export function openLog(
  home: string,
  clock: Clock,
  onEntry: (level: LogLevel, message: string) => void,
): LogFile {
  const folder = join(home, "logs");
  const path = join(folder, "dreamos.log");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  let file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;
  const roll = () => {
    closeSync(file);
    if (existsSync(path)) renameSync(path, `${path}.1`);
    file = openSync(path, "a", 0o600);
    size = 0;
  };
  return {
    log(level, message, fields = {}) {
      const entry = { time: new Date(clock.wallMs()).toISOString(), level, message, ...fields };
      const line = JSON.stringify(entry).slice(0, longestLine) + "\n";
      try {
        size += writeSync(file, line);
        if (size > mostBytes) roll();
      } catch {
        // A full disk must not end the process: the entry still reaches the terminal.
      }
      onEntry(level, message);
    },
    close: () => closeSync(file),
  };
}
