/** Output of a process as log lines: bounded in length and rate, for its code is not trusted. */
import type { Clock } from "../clock.ts";

const longestLine = 4_096;
const windowMs = 1_000;

export interface LogBounds {
  /** Characters handed on per second; what is above is counted, not kept. */
  perSecond: number;
}

/** Cuts chunks into lines; says how many lines were left out once the flood is over. */
export class LogLines {
  readonly #decoder = new TextDecoder();
  readonly #clock: Clock;
  readonly #onLine: (line: string) => void;
  readonly #bounds: LogBounds;
  #rest = "";
  #restIsCut = false;
  #windowStartMs = 0;
  #said = 0;
  #cut = 0;

  constructor(
    clock: Clock,
    onLine: (line: string) => void,
    bounds: LogBounds = { perSecond: 65_536 },
  ) {
    this.#clock = clock;
    this.#onLine = onLine;
    this.#bounds = bounds;
  }

  push(chunk: Uint8Array): void {
    const lines = this.#decoder.decode(chunk, { stream: true }).split("\n");
    for (let i = 0; i < lines.length - 1; i++) {
      this.#append(lines[i]!);
      this.#endLine();
    }
    this.#append(lines.at(-1)!);
  }

  /** The stream is over: says what is left. */
  end(): void {
    if (this.#rest) this.#endLine();
    this.#sayCut();
  }

  #append(text: string): void {
    const room = longestLine - this.#rest.length;
    this.#rest += text.slice(0, room);
    if (text.length > room) this.#restIsCut = true;
  }

  #endLine(): void {
    const line = this.#restIsCut ? this.#rest + "…" : this.#rest;
    this.#rest = "";
    this.#restIsCut = false;
    const now = this.#clock.monotonicMs();
    if (now - this.#windowStartMs >= windowMs) {
      this.#windowStartMs = now;
      this.#said = 0;
      this.#sayCut();
    }
    this.#said += line.length + 1;
    if (this.#said > this.#bounds.perSecond) this.#cut++;
    else this.#onLine(line);
  }

  #sayCut(): void {
    if (this.#cut > 0) this.#onLine(`(${this.#cut} lines left out)`);
    this.#cut = 0;
  }
}
