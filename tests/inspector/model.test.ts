/** The inspector without a terminal: what keys do, and what is drawn. */
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { chartLines } from "../../src/cli/inspector/chart-lines.ts";
import { notice } from "../../src/cli/inspector/notice.ts";
import { noFacts } from "../../src/cli/inspector/state.ts";
import { takeFacts } from "../../src/cli/inspector/take-facts.ts";
import { offerTypes } from "../../src/cli/inspector/write.ts";
import { systemClock } from "../../src/clock.ts";
import { agent, draw, keys, nowMs, pool, scene, tree } from "./scene.ts";

const exit = { reason: "crashed" as const, count: 3, lastAtMs: nowMs, message: "Error: no" };

function small() {
  return scene(tree(
    agent("/captain", { kind: "captain" }),
    pool("/workers", [
      agent("/workers/a"),
      agent("/workers/b", {
        status: "parked",
        lastError: { code: "bad_state", message: "Its state is bad", details: {} },
      }),
      agent("/workers/c", { mailboxDepth: 12, status: "paused", exits: [exit] }),
    ]),
  ));
}

describe("colours", () => {
  it("can be read on black and white: none is white, black or bright; yellow is for marks", () => {
    const statuses = ["blocked", "paused", "restarting", "parked", "failed", "passive"] as const;
    const state = scene(tree(
      ...statuses.map((status) => agent(`/${status}`, { status, exits: [exit], mailboxDepth: 9 })),
    ));
    let screens = "";
    const look = () => screens += draw(state, true).join("\n");
    for (const _ of statuses) keys(state, "j"), look();
    for (const key of ["escape", "/", "escape", "r", "escape", "m", "escape", "s", "n", "f", "?"]) {
      keys(state, key);
      look();
    }
    // `31mtext`, up to the next sequence.
    const parts = screens.split("\x1b[").slice(1);
    const allowed = ["1", "22", "2", "7", "27", "31", "32", "33", "36", "39"];
    const used = new Set(parts.map((part) => part.slice(0, part.indexOf("m"))));
    expect([...used].filter((code) => !allowed.includes(code))).toEqual([]);
    const yellow = parts.filter((part) => part.startsWith("33m")).map((part) => part.slice(3));
    expect(new Set(yellow.map((text) => text.trim()))).toEqual(new Set(["◐", "◌", "↻"]));
  });
});

describe("words of others", () => {
  it("never reach the terminal as anything but text, wherever they stand", () => {
    const odd = "\x1b[2J\x9b5n\u202e\x07\u2028";
    const exits = [{ ...exit, message: odd }];
    const state = scene(
      tree(
        agent("/a", {
          kind: odd,
          exits,
          lastError: { code: "internal", message: odd, details: {} },
        }),
      ),
      140,
    );
    state.search = odd;
    state.notice = { text: odd, isBad: true, untilMs: nowMs + 1 };
    const screens = [draw(state, true)];
    state.mode = { name: "text", title: odd, lines: [odd], top: 0 };
    screens.push(draw(state, true));
    // Colours and marks alone are ours.
    const [first, ...parts] = screens.flat().join("").split("\x1b[");
    expect(parts.filter((part) => !/^\d+m/.test(part))).toEqual([]);
    const text = first + parts.map((part) => part.slice(part.indexOf("m") + 1)).join("");
    expect(text).toContain("\ufffd[2J\ufffd5n\ufffd");
    expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028]/u);
  });
});

describe("the tree", () => {
  it("has a row for each place, with what is wrong below", () => {
    const state = small();
    const screen = draw(state);
    expect(screen[0]).toMatch(/^Dream\.OS up/);
    expect(screen[1]).toMatch(/^ {2}AGENT +STATUS +MAIL +OLDEST +TURN\/S +MEM +EXITS$/);
    expect(screen.slice(2, 8)).toEqual([
      expect.stringMatching(/^● \/ +running/),
      expect.stringMatching(/^ {2}● captain +running/),
      expect.stringMatching(/^ {2}● workers +running/),
      expect.stringMatching(/^ {4}● a +running/),
      expect.stringMatching(/^ {4}■ b +parked/),
      expect.stringMatching(/^ {4}◌ c +paused +12 +crashed 3×$/),
    ]);
    keys(state, "n");
    expect(draw(state).slice(-3)).toEqual([
      "parked: bad_state: Its state is bad",
      "→ r f restart afresh, r c from a checkpoint, r r as it is",
      expect.stringContaining("? help"),
    ]);
  });

  it("moves, closes and opens branches, and keeps what is chosen in sight", () => {
    const many = Array.from({ length: 500 }, (_, i) => agent(`/workers/w-${i}`));
    const state = scene(tree(pool("/workers", many)));
    keys(state, "G");
    expect(state.chosen).toBe("/workers/w-499");
    expect(draw(state).join("\n")).toContain("w-499");
    keys(state, "left", "left");
    expect([state.chosen, draw(state)[3]]).toEqual(["/workers", expect.stringContaining("(500)")]);
    keys(state, "enter", "down");
    expect(state.chosen).toBe("/workers/w-0");
  });

  it("finds by search and filter, and chooses what was found", () => {
    const state = small();
    keys(state, "/", "w", "o", "r", "k", "e", "r", "s", "/", "c", "enter");
    expect([state.chosen, draw(state).filter((line) => /[●■◌] /.test(line)).length]).toEqual([
      "/workers/c",
      3,
    ]);
    keys(state, "escape", "f");
    expect([state.filter, draw(state).filter((line) => /[■◌] [bc]/.test(line)).length])
      .toEqual(["trouble", 2]);
    keys(state, "f");
    expect(draw(state).join()).not.toContain("■ b");
    keys(state, "/", "x", "y", "z");
    expect(draw(state).join()).toContain("Nothing like that");
    keys(state, "escape");
    expect(state.search).toBe("");
  });

  it("stays where it was when agents come and go", () => {
    const state = small();
    keys(state, "n");
    expect(state.chosen).toBe("/workers/b");
    state.swarm.take(tree(pool("/workers", [agent("/workers/a")])), nowMs);
    draw(state);
    expect(state.chosen).toBe("/workers");
  });
});

describe("acts", () => {
  it("are wanted for the agent that is chosen; dangerous ones after a yes", () => {
    const state = small();
    keys(state, "n");
    expect(keys(state, "p", "u", "s", "t")).toEqual(
      ["pause", "resume", "stop", "drain"].map((verb) => (
        { do: "verb", verb, address: "/workers/b" }
      )),
    );
    expect(keys(state, "r", "f", "n")).toEqual([]);
    const afresh = { do: "verb", verb: "restart", address: "/workers/b", fresh: true };
    expect(keys(state, "r", "f", "y", ".")).toEqual([afresh, afresh]);
    expect(keys(state, "x", "enter")).toEqual([]);
    expect(keys(state, "x", "y")).toEqual([
      { do: "verb", verb: "delete", address: "/workers/b" },
    ]);
    keys(state, "g");
    expect([keys(state, "p"), keys(state, "y")]).toEqual([[], [
      { do: "verb", verb: "pause", address: "/" },
    ]]);
  });

  it("writes a message of a type that the agent accepts", () => {
    const state = small();
    keys(state, "down");
    expect(keys(state, "m")).toEqual([{ do: "types", address: "/captain" }]);
    offerTypes(state, "/captain", {
      status: { type: "object" },
      command: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    });
    expect(draw(state).at(-2)).toBe("send /captain: status {}");
    keys(state, "tab");
    expect(draw(state).at(-2)).toBe('send /captain: command {"text":""}');
    keys(state, "left", "left", "日本", "é", "backspace", "enter");
    expect(state.last).toEqual({
      do: "send",
      to: "/captain",
      type: "command",
      payload: { text: "日本" },
    });
    keys(state, "end", "x", "enter");
    expect(draw(state).join("\n")).toContain("is no JSON");
    keys(state, "escape");
    expect(state.mode.name).toBe("browse");
  });

  it("says that a supervisor takes no messages", () => {
    const state = small();
    expect([keys(state, "m"), state.mode.name]).toEqual([[], "browse"]);
    expect(draw(state).join("\n")).toContain("/ is no agent");
  });

  it("replays and drops the dead letter that is chosen", () => {
    const state = small();
    expect(keys(state, "d")).toEqual([{ do: "look", address: "/", page: "letters" }]);
    const letter = (id: number) => ({
      id,
      reason: "poison",
      message: "It crashed",
      state: null,
      deadAtMs: nowMs,
      envelope: { type: "work.add", kind: "message", from: "@owner", to: "/workers/c" },
    });
    state.look!.facts = { ...noFacts(), letters: [letter(9), letter(8)] as never };
    expect(keys(state, "down", "R", "up", "X")).toEqual([
      { do: "replay", letter: 8 },
      { do: "drop", letter: 9 },
    ]);
    // Another one dies at the moment at which the key is pressed.
    takeFacts(state.look!, { letters: [letter(10), letter(9), letter(8)] as never });
    expect(keys(state, "X", "down", "R")).toEqual([
      { do: "drop", letter: 9 },
      { do: "replay", letter: 8 },
    ]);
    expect(keys(state, "enter")).toEqual([]);
    takeFacts(state.look!, { letters: [letter(11), letter(10), letter(8)] as never });
    expect(draw(state).join("\n")).toContain('"id": 8');
    expect(keys(state, "escape", "escape")).toEqual([{ do: "leave" }]);
  });
});

describe("messages", () => {
  it("who stands on the newest watches, who has gone down stays", () => {
    const state = small();
    keys(state, "/", "c", "enter", "enter", "3");
    const look = state.look!;
    const ids = (...all: string[]) => all.map((id) => ({ id, type: "t", from: "/x" })) as never;
    takeFacts(look, { messages: ids("b", "a") });
    takeFacts(look, { messages: ids("c", "b", "a") });
    expect(look.row).toBe(0);
    look.row = 1;
    takeFacts(look, { messages: ids("d", "c", "b", "a") });
    expect(look.row).toBe(2);
    takeFacts(look, { messages: ids("d", "c", "a") });
    expect(look.row).toBe(2);
  });
});

describe("bad input", () => {
  it("shows what is said beside an address of 301 characters", () => {
    const far = `/${"a".repeat(128)}/${"b".repeat(128)}/${"c".repeat(42)}`;
    const state = scene(tree(pool(`/${"a".repeat(128)}`, [agent(far)])));
    keys(state, "d");
    const envelope = { type: "work.add", kind: "message", from: far, to: far };
    const letters = [{ id: 7, reason: "poison", message: "planted", deadAtMs: nowMs, envelope }];
    state.look!.facts = { ...noFacts(), letters: letters as never };
    expect(draw({ ...state, columns: 120 }).join("\n")).toMatch(/#7 poison.*…\S*c → …\S*c planted/);
    notice(state, `${far}: running → paused`, false);
    expect(draw(state).join("\n")).toMatch(/^…\S*c: running → paused$/m);
    const time = new Date(nowMs).toISOString();
    const log = [{ time, level: "warn", seq: 1, message: "it was said", address: far }];
    keys(state, "8");
    state.look!.facts = { ...noFacts(), log: log as never };
    expect(draw(state).join("\n")).toMatch(/warn +…\S*c it was said/);
  });

  it("fits every size, whatever is shown", () => {
    const far = `/${"a".repeat(128)}/${"b".repeat(128)}/${"c".repeat(42)}`;
    const root = () =>
      tree(
        pool(`/${"a".repeat(128)}`, [agent(far)]),
        pool("/日本語", [
          agent("/日本語/作家".repeat(1)),
          agent("/日本語/עברית"),
          agent("/日本語/العربية"),
        ]),
        agent("/x", { lastError: { code: "internal", message: "\x1b[2J\u202e日本", details: {} } }),
      );
    const size = fc.integer({ min: 1, max: 200 });
    const pressed = fc.array(fc.constantFrom(..."jkGgnNfd?r/mb123456780qx日".split(""), "escape"));
    fc.assert(
      fc.property(size, size, pressed, (columns, rows, some) => {
        const state = scene(root(), columns, rows);
        draw(state);
        keys(state, ...some);
        state.columns = Math.max(1, Math.floor(columns / 2));
        draw(state, true);
      }),
      { numRuns: 150 },
    );
  });

  it("shows what matters on 20×5", () => {
    const state = scene(tree(agent("/captain"), agent("/日本語の作家")), 20, 5);
    expect(draw(state)).toEqual([
      "Dream.OS up  http:/…",
      "● /",
      "  ● captain",
      "  ● 日本語の作家",
      "? help  Enter look",
    ].map((text) => expect.stringContaining(text)));
  });

  it("draws ten thousand agents in little time", () => {
    const many = Array.from({ length: 10_000 }, (_, i) => agent(`/workers/w-${i}`));
    const state = scene(tree(pool("/workers", many)));
    draw(state);
    const begunMs = systemClock.monotonicMs();
    for (let i = 0; i < 20; i++) draw(state);
    expect((systemClock.monotonicMs() - begunMs) / 20).toBeLessThan(50);
  });

  it("shows what a cut list left out when it is looked for, or does something", () => {
    const state = scene(tree(pool("/workers", [agent("/workers/a")], 5_000)));
    expect(draw(state).join("\n")).toContain("and 5000 more");
    expect(keys(state, "/", "z", "9", "enter")).toEqual([{ do: "find", search: "z9" }]);
    const z9 = { kind: "worker", status: "passive" as const, restarts: 0, mailboxDepth: 0 };
    expect(state.swarm.addHidden({ ...z9, address: "/workers/z9" })).not.toBeNull();
    expect(draw(state).join("\n")).toContain("○ z9");
    state.swarm.take(tree(pool("/workers", [agent("/workers/a")], 5_000)), nowMs);
    expect([draw(state).join("\n"), state.swarm.find("/workers")!.hidden]).toEqual([
      expect.stringContaining("○ z9"),
      4_999,
    ]);
    state.swarm.take(tree(pool("/workers", [agent("/workers/z9")])), nowMs);
    expect(state.swarm.find("/workers")!.children).toHaveLength(1);
  });

  it("says when the service is lost, and how long", () => {
    const state = small();
    state.link = { status: "lost", why: "it has ended", sinceMs: nowMs - 4_000 };
    expect(draw(state)[1]).toBe(
      "SERVICE LOST for 4s: it has ended; what is shown is old; trying again",
    );
  });
});

describe("chartLines()", () => {
  const chart = {
    id: "reader",
    initial: "idle",
    states: {
      idle: { on: { summarize: "reading" } },
      reading: {
        tags: "busy",
        entry: { type: "begin" },
        invoke: { src: "file.read", onDone: "writing", onError: { target: "idle" } },
        after: { 5000: { target: "idle", guard: { type: "isLate" } } },
      },
      writing: { type: "parallel", states: { a: {}, b: { type: "final" } } },
    },
  };

  it("marks active states and lists what each does", () => {
    const lines = chartLines(chart, "reading", true).map(({ parts }) =>
      parts.map(({ text }) => text).join("")
    );
    expect(lines).toEqual([
      "● reader  active  initial idle",
      "  ○ idle",
      "      on summarize → reading",
      "  ● reading  active  #busy",
      "      entry begin",
      "      invoke file.read",
      "        done → writing",
      "        error → idle",
      "      after 5000 ms → idle if isLate",
      "  ○ writing  parallel",
      "    ○ a",
      "    ◎ b  final",
    ]);
  });

  it("marks both regions of a parallel state, in ASCII too", () => {
    const lines = chartLines(chart, { writing: { a: {}, b: {} } }, false).map(({ parts }) =>
      parts.map(({ text }) => text).join("")
    );
    expect(lines.filter((line) => line.includes("active"))).toEqual([
      "* reader  active  initial idle",
      "  * writing  active  parallel",
      "    * a  active",
      "    * b  active  final",
    ]);
  });

  it("takes any JSON", () => {
    fc.assert(fc.property(fc.json(), fc.json(), (some, value) => {
      chartLines(JSON.parse(some), JSON.parse(value), true);
    }));
  });
});
