/** A fixed third of the corpus in the real system, with a passivation after every turn. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allCases } from "./corpus/index.ts";
import { runLive } from "./live.ts";
import type { Seen } from "./look.ts";
import { SystemRun, type SystemSeen } from "./system.ts";

const chosen = allCases.filter(({ system }) => system);
let folder: string;
let run: SystemRun | undefined;
let all: SystemSeen[];

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "dreamos-conformance-" });
  run = await SystemRun.open(folder, chosen);
  all = await run.run();
}, 120_000);

afterAll(async () => {
  await run?.close();
  await Deno.remove(folder, { recursive: true });
});

const ofKind = (live: readonly Seen[], kind: string) =>
  live.flatMap(({ sent }) => sent as unknown[][]).filter(([first]) => first === kind);
/** The clock of the system says when a delay is due, not how long it was. */
const untimed = (timers: string[]) => timers.map((text) => text.replace(/ after \S+$/, "")).sort();

describe("in the real system, passivated after every turn", () => {
  it.each(chosen.map((one, i) => ({ ...one, i })))("$name", async ({ i, make, steps, ...rest }) => {
    const live = await runLive(make(), steps, rest);
    const { seen, said } = all[i]!;
    for (const [at, { tree, timers }] of live.entries()) {
      const next = steps[at];
      // A promise may be done before anyone could look.
      if (next && "settle" in next) continue;
      const where = `step ${at}: ${JSON.stringify(steps[at - 1] ?? "start")}`;
      expect(seen[at]!.tree, `tree ${where}`).toEqual(tree);
      expect(untimed(seen[at]!.timers), `delays ${where}`).toEqual(untimed(timers));
    }
    const emits = live.flatMap(({ said }) => said as unknown[][])
      .filter(([kind]) => kind === "emit").map(([, event]) => event);
    expect(said.emitted).toEqual(emits);
    expect(said.told).toEqual(ofKind(live, "send"));
    expect(said.answers).toEqual(ofKind(live, "reply").map(([, , outcome]) => answer(outcome)));
  });
});

/** An error comes back as an error, of which its code is looked at. */
function answer(outcome: unknown): unknown {
  const { ok, error } = outcome as { ok: boolean; error?: { code: string } };
  return ok ? outcome : error!.code;
}
