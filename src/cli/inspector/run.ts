/** `dreamos inspect` in a terminal: puts feed, state and screen together, and ends them. */
import process from "node:process";
import { parseAddress } from "../../address.ts";
import { systemClock } from "../../clock.ts";
import { DreamError } from "../../errors.ts";
import type { Run } from "../command.ts";
import { findService } from "../service.ts";
import { carryOut } from "./acts.ts";
import { Feed } from "./feed.ts";
import { emptyState, type State, type Want } from "./state.ts";
import type { Screen } from "./screen.ts";
import { within } from "./within.ts";

const answerMs = 5_000;

/** Signals that end a program, with the exit codes that shells know. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Runs until somebody quits. @returns the exit code */
export async function runInspector(run: Run): Promise<number> {
  checkTerminal(run);
  // React looks at this when it is loaded; what it does for developers takes most of its time.
  process.env["NODE_ENV"] ??= "production";
  const clock = systemClock;
  const { url, client } = findService(run);
  // Before anything is drawn: without a service, or rights, there is nothing to look at.
  await within(clock, answerMs, (signal) => client.status({ signal }));
  const { Screen } = await import("./screen.ts");
  const state = emptyState(url, clock.wallMs(), hasSymbols(run.env));
  const [address] = run.args;
  if (address !== undefined) state.chosen = address === "/" ? address : parseAddress(address);
  const feed = new Feed({ open: () => findService(run), state, clock, changed });
  const screen = new Screen({ state, clock, hasColour: !run.env.NO_COLOR, want });
  function changed() {
    screen.changed();
  }
  function want(wanted: Want) {
    act(wanted, state, feed, changed);
  }
  let code = 0;
  const unguard = guard(screen, (signal) => code = signals[signal]);
  const feeding = feed.run().catch((error) => screen.fail(error));
  try {
    await screen.run();
  } finally {
    feed.stop();
    unguard();
  }
  await Promise.race([feeding, Promise.resolve()]);
  return code;
}

function act(wanted: Want, state: State, feed: Feed, changed: () => void): void {
  switch (wanted.do) {
    case "look":
    case "leave":
      return feed.look.refresh();
    case "quit":
    case "suspend":
    case "redraw":
      return;
    default: {
      const client = feed.service?.client ?? null;
      carryOut(wanted, { state, client, clock: systemClock }).then(() => {
        changed();
        feed.refresh();
        feed.look.refresh();
      });
    }
  }
}

function checkTerminal({ env, json }: Run): void {
  const why = json
    ? "it has no --json"
    : !Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()
    ? "input and output are not both a terminal"
    : env.TERM === "dumb" || !env.TERM
    ? `the terminal (TERM=${env.TERM ?? ""}) cannot move its cursor`
    : null;
  if (why === null) return;
  throw new DreamError("no_terminal", `Cannot draw a screen: ${why}`);
}

/** Whether the terminal can show more than ASCII. */
function hasSymbols({ LC_ALL, LC_CTYPE, LANG, TERM }: Run["env"]): boolean {
  if (TERM === "linux" || TERM?.startsWith("vt")) return false;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  return !/^(C|POSIX)$|\.(?!utf-?8)/i.test(locale);
}

type Signal = keyof typeof signals;

/** Whatever ends the process, the terminal is restored before. @returns how to end the guard */
function guard(screen: Pick<Screen, "end" | "fail">, ended: (signal: Signal) => void) {
  const listeners = (Object.keys(signals) as Signal[]).map((signal) => {
    const listen = () => {
      ended(signal);
      screen.end();
    };
    Deno.addSignalListener(signal, listen);
    return () => Deno.removeSignalListener(signal, listen);
  });
  const fail = (event: PromiseRejectionEvent | ErrorEvent) => {
    event.preventDefault();
    screen.fail("reason" in event ? event.reason : event.error);
  };
  addEventListener("unhandledrejection", fail);
  addEventListener("error", fail);
  return () => {
    for (const unlisten of listeners) unlisten();
    removeEventListener("unhandledrejection", fail);
    removeEventListener("error", fail);
  };
}
