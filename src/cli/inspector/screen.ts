/**
 * The screen itself: a thin view in Ink over frames that were drawn before. It redraws only when a
 * frame differs from the last one, at most ten times a second, and at once after a key.
 */
import { Box, render, Text, useApp, useCursor, useInput, usePaste, useWindowSize } from "ink";
import { createElement, memo, useEffect, useState } from "react";
import process from "node:process";
import type { Clock } from "../../clock.ts";
import { frameOf } from "./frame.ts";
import { paint } from "./line.ts";
import type { Key } from "./key.ts";
import { press } from "./model.ts";
import { settle } from "./move.ts";
import { readKeys } from "./read-key.ts";
import type { State, Want } from "./state.ts";

const frameMs = 100;

export interface ScreenOptions {
  state: State;
  clock: Clock;
  hasColour: boolean;
  /** What a key wants; quitting, suspending and redrawing are the screen's own. */
  want(want: Want): void;
}

interface Drawn {
  lines: string[];
  cursor: { x: number; y: number } | undefined;
}

export class Screen {
  #options: ScreenOptions;
  #isDue = false;
  #drawnMs = -Infinity;
  #cancel = () => {};
  #shown = "";
  #redraw: () => void = () => {};
  #exit: () => void = () => {};
  /** What ended it, if it was nobody's wish. */
  #failure: { error: unknown } | null = null;
  /** Frames that were drawn since the start. */
  frames = 0;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** Shows it until somebody quits. @throws what ended it otherwise */
  async run(): Promise<void> {
    const app = render(createElement(View, { screen: this }), {
      alternateScreen: true,
      exitOnCtrlC: false,
      incrementalRendering: true,
      // Who runs this has checked that there is a terminal; Ink would ask whether it is CI, too.
      interactive: true,
      maxFps: 30,
    });
    this.#exit = () => app.unmount();
    try {
      await app.waitUntilExit();
    } finally {
      this.#cancel();
    }
    if (this.#failure) throw this.#failure.error;
  }

  /** Ends it and restores the terminal. */
  end(): void {
    this.#exit();
  }

  /** The same, and `run` throws the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#exit();
  }

  /** Something may be different: draws within a tenth of a second. */
  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    const { clock } = this.#options;
    const waitMs = Math.max(0, this.#drawnMs + frameMs - clock.monotonicMs());
    this.#cancel = clock.after(waitMs, () => this.#look());
  }

  #look(): void {
    this.#isDue = false;
    this.#drawnMs = this.#options.clock.monotonicMs();
    const { columns, rows } = this.#options.state;
    const { lines, cursor } = this.draw(columns, rows);
    if (`${lines.join("\n")}${cursor?.x}` !== this.#shown) this.#redraw();
  }

  /** The lines of the screen as of now. */
  draw(columns: number, rows: number): Drawn {
    const { state, clock, hasColour } = this.#options;
    state.columns = Math.max(1, columns);
    state.rows = Math.max(1, rows);
    state.nowMs = clock.wallMs();
    const { lines, cursor } = frameOf(state, settle(state));
    return {
      lines: lines.map((line) => paint(line, state.columns, hasColour)),
      cursor: cursor ?? undefined,
    };
  }

  /** For the view: what it has shown. */
  shows({ lines, cursor }: Drawn): void {
    this.#shown = `${lines.join("\n")}${cursor?.x}`;
    this.frames++;
  }

  /** For the view: how it is told to draw, and what it can do. */
  attach(redraw: () => void): void {
    this.#redraw = redraw;
  }

  /** For the view: keys. @returns what the view itself has to do */
  press(keys: readonly Key[]): "suspend" | "redraw" | null {
    let own: "suspend" | "redraw" | null = null;
    for (const key of keys) {
      const want = press(this.#options.state, key);
      if (want?.do === "quit") this.end();
      else if (want?.do === "suspend" || want?.do === "redraw") own = want.do;
      else if (want) this.#options.want(want);
    }
    this.#look();
    return own;
  }

  /** For the view: a paste is text where something is written; elsewhere it is no keys. */
  paste(input: string): void {
    const { name } = this.#options.state.mode;
    if (name !== "write" && name !== "search") return;
    this.press([{ input, name: null, isCtrl: false, isShift: false }]);
  }
}

const Row = memo(({ text }: { text: string }) =>
  createElement(Text, { wrap: "truncate-end" }, text === "" ? " " : text)
);

function View({ screen }: { screen: Screen }) {
  const [, count] = useState(0);
  const { suspendTerminal } = useApp();
  const { columns, rows } = useWindowSize();
  const { setCursorPosition } = useCursor();
  useEffect(() => screen.attach(() => count((n) => n + 1)), [screen]);
  const act = (own: "suspend" | "redraw" | null) => {
    if (own !== null) suspendTerminal(own === "suspend" ? untilContinued : () => {});
  };
  useInput((input, key) => act(screen.press(readKeys(input, key))));
  usePaste((text) => screen.paste(text));
  const drawn = screen.draw(columns, rows);
  screen.shows(drawn);
  setCursorPosition(drawn.cursor);
  return createElement(
    Box,
    { flexDirection: "column", width: columns, height: rows },
    drawn.lines.map((text, key) => createElement(Row, { text, key })),
  );
}

/** Stops like any program on Ctrl-Z, with all of its process group, until the shell's `fg`. */
async function untilContinued(): Promise<void> {
  const continued = Promise.withResolvers<void>();
  const go = () => continued.resolve();
  Deno.addSignalListener("SIGCONT", go);
  process.kill(0, "SIGTSTP");
  await continued.promise;
  Deno.removeSignalListener("SIGCONT", go);
}
