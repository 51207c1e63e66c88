/** Output of a process as log lines: bounded in length and rate, for its code is not trusted. */
import type { Clock } from "./clock.ts";
import { RateBound } from "./rate-bound.ts";

const longestLine = 4_096;

export interface LogBounds {
  /** Characters handed on per second; what is above is counted, not kept. */
  perSecond: number;
}

/** Cuts chunks into lines; says how many lines were left out once a second is over. */
export class LogLines {
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: string) => void;
  readonly #bound: RateBound;
  #rest = "";
  #restIsCut = false;

  constructor(
    clock: Clock,
    onLine: (line: string) => void,
    { perSecond }: LogBounds = { perSecond: 65_536 },
  ) {
    this.#onLine = onLine;
    this.#bound = new RateBound(clock, perSecond, (count) => onLine(`(${count} lines left out)`));
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
    this.#bound.end();
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
    if (this.#bound.takes(line.length + 1)) this.#onLine(line);
  }
}
