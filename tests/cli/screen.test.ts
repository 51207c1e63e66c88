/** What people see: the start screen, tables, wide characters, hostile text. */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import stringWidth from "string-width";
import { findHome } from "../../src/home.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { type Column, table } from "../../src/cli/table.ts";
import { cut, cutMiddle, cutStart, printable, printableLines, wrap } from "../../src/cli/text.ts";
import { paintText } from "../../src/cli/tints.ts";
import { drawTree } from "../../src/cli/tree-lines.ts";
import { plainTree } from "../../src/cli/tree-plain.ts";
import { printUpScreen, readyLine } from "../../src/cli/up-screen.ts";
import { SmallControl } from "../api/small-control.ts";
import { blocksOf } from "../docs/pages.ts";

function collect(columns: number | null = null): Terminal & { lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    print: (text = "") => lines.push(text),
    note: (text) => lines.push(text),
    status: () => {},
    isClosed: false,
    tint: (_tint, text) => text,
    columns,
  };
}

describe("readyLine()", () => {
  it("is what scripts rely on", () => {
    const url = "http://127.0.0.1:7420";
    expect(readyLine({ url, tokenFile: "/h/token", pid: 12 })).toBe(
      '{"event":"ready","url":"http://127.0.0.1:7420","tokenFile":"/h/token","pid":12}',
    );
  });
});

describe("printUpScreen()", () => {
  const show = async (homeFlag: string, safeMode: string | null = null, own = false) => {
    const control = new SmallControl();
    const home = findHome({ flag: homeFlag, env: {}, cwd: "/p" });
    const terminal = collect();
    const tree = await control.tree();
    const [captain, ...rest] = tree.children;
    tree.children = own
      ? rest
      : [captain!, ...rest, { ...captain!, address: "/inbox", type: "adapter", children: [] }];
    printUpScreen({
      status: { ...await control.status(), safeMode },
      tree,
      url: "http://127.0.0.1:7420",
      publicUrl: null,
      home,
      inbox: home.inboxFolder,
      cwd: "/p",
    }, terminal);
    return terminal.lines.join("\n");
  };

  it("says what runs, where, and what to try, in at most 30 lines", async () => {
    const screen = await show("runtime");
    expect(screen).toContain("├─ ● captain");
    expect(screen).toContain("API     http://127.0.0.1:7420  (token in runtime/token)");
    expect(screen).toContain("cp docs/verbs.md runtime/inbox/");
    expect(screen).toContain('npx dreamos recall "what is a dead letter"\n');
    expect(screen.split("\n").length).toBeLessThan(30);
  });

  it("suggests nothing that a swarm of one's own has not", async () => {
    const screen = await show("runtime", null, true);
    expect(screen).not.toMatch(/inbox|recall|captain/i);
    expect(screen).toContain("npx dreamos status /full\n");
  });

  it("says why agents are paused, and what to do", async () => {
    expect(await show("runtime")).not.toContain("SAFE MODE");
    const screen = await show("runtime", "3 unclean ends in a row");
    expect(screen).toContain("SAFE MODE: 3 unclean ends in a row\n  Agents are paused");
    expect(screen).toContain("the next start is a normal one");
  });

  it("names another HOME in every command", async () => {
    const screen = await show("/else/my home");
    expect(screen).toContain("npx dreamos inspect --home '/else/my home'");
    expect(screen).toContain("cp docs/verbs.md '/else/my home/inbox'/");
  });
});

describe("drawTree()", () => {
  it("counts what it does not show", async () => {
    const tree = await new SmallControl().tree();
    expect(drawTree(tree, collect(), 1)).toEqual([
      "● /  oneForOne",
      "├─ ● captain  running",
      "└─ and 2 more",
    ]);
  });

  it("is no wider than the terminal, and says of each what it is", async () => {
    const tree = await new SmallControl().tree();
    const [first] = tree.children;
    const exits = [{
      reason: "crashed" as const,
      count: 2,
      lastAtMs: 0,
      message: "no ".repeat(90),
    }];
    const lastError = { code: "crashed" as const, message: "日本語".repeat(60) };
    tree.children = [
      { ...first!, address: `/${"x".repeat(120)}`, status: "parked", exits, lastError },
      ...tree.children,
    ];
    for (const columns of [20, 33, 40, 80, 200]) {
      const terminal = collect(columns);
      const lines = drawTree(tree, { ...terminal, tint: paintText }).map(stripVTControlCharacters);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      if (columns >= 60) expect(lines[1]).toMatch(/^├─ ■ x+…? {2}captain, parked/);
    }
  });
});

describe("drawTree() of agents that ended", () => {
  it("has a line for each reason, but for the one that the status names", async () => {
    const tree = await new SmallControl().tree();
    const exit = { count: 2, lastAtMs: 0, message: "Error: no\nmore" };
    tree.children = [{
      ...tree.children[0]!,
      status: "completed",
      exits: [
        { ...exit, reason: "crashed" },
        { ...exit, reason: "stalled", message: null },
        { ...exit, reason: "normal" },
      ],
    }];
    expect(drawTree(tree, collect()).slice(1)).toEqual([
      "└─ ✓ captain  completed",
      "      ↺ crashed 2×, last 1970-01-01T00:00:00.000Z: Error: no more",
      "      ↺ stalled 2×, last 1970-01-01T00:00:00.000Z",
    ]);
  });
});

describe("plainTree()", () => {
  it("is read by scripts as docs/inspector.md says", async () => {
    const tree = await new SmallControl().tree();
    tree.children = tree.children.map((child, i) =>
      i === 1 ? { ...child, status: "parked" } : child
    );
    const page = await Deno.readTextFile(new URL("../../docs/inspector.md", import.meta.url));
    const script = blocksOf("inspector.md", page).find(({ lang }) => lang === "sh")!.text;
    const { stdout, success } = await new Deno.Command("sh", {
      args: ["-ec", `dreamos() { printf '%s\\n' "$lines"; }\n${script}`],
      env: { lines: plainTree(tree).join("\n") },
    }).output();
    const seen = new TextDecoder().decode(stdout);
    expect({ success, seen }).toEqual({ success: true, seen: `${tree.children[1]!.address}\n` });
  });
});

describe("text", () => {
  it("printable() leaves no control character and no line end", () => {
    expect(printable("a\x1b[2Jb\r\nc\t\u202ed\x07")).toBe("a\ufffd[2Jb c \ufffdd\ufffd");
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
      for (const line of printableLines(text)) {
        expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
      }
    }));
  });

  it("cut() never passes the width", () => {
    expect(cut("日本語", 6)).toBe("日本語");
    expect(cut("日本語", 5)).toBe("日本…");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (t, w) => {
        expect(stringWidth(cut(t, w))).toBeLessThanOrEqual(Math.max(w, 1));
      }),
    );
  });

  it("table() aligns by what people see", () => {
    const lines = table([{ title: "A" }, { title: "N", right: true }, { title: "E" }], [
      ["日本", "1", "x"],
      ["a", "100", "y"],
    ], null);
    expect(lines).toEqual(["A       N  E", "日本    1  x", "a     100  y"]);
  });

  it("table() fits the terminal by its last column", () => {
    const lines = table([{ title: "A" }, { title: "LAST" }], [["abc", "x".repeat(50)]], 20);
    expect(lines[1]).toBe(`abc  ${"x".repeat(14)}…`);
  });

  it("table() fits any terminal, keeps what must be whole, and cuts nothing for programs", () => {
    const heads: Column[] = [
      { title: "AT", spare: 1 },
      { title: "ID" },
      { title: "TO", cut: "middle" },
      { title: "TYPE", cut: "end" },
      { title: "WHY" },
    ];
    const [id, to, why] = ["0199".repeat(6), `/日本/${"a".repeat(30)}/last`, "w".repeat(60)];
    const rows = [["2026-11-21T14:32:22.424Z", id, to, "some.type.that.is.long", why]];
    for (let columns = 1; columns <= 240; columns++) {
      const lines = table(heads, rows, columns);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      if (columns >= 80) {
        expect(lines[1]).toMatch(new RegExp(`${id}  /日\\S*/last +some\\S+  w{20}`));
      }
      expect(lines[1]!.includes("2026")).toBe(columns >= 106);
    }
    expect(table(heads, rows, null)[1]).toBe(rows[0]!.join("  "));
  });

  it("cutStart() and cutMiddle() keep ends, within the width", () => {
    expect(cutStart("/a/日本", 5)).toBe("…日本");
    expect(cutMiddle("/readers/0123456789ab", 18)).toBe("/readers…3456789ab");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 30 }), (t, w) => {
        expect(stringWidth(cutStart(t, w))).toBeLessThanOrEqual(w);
        expect(stringWidth(cutMiddle(t, w))).toBeLessThanOrEqual(w);
      }),
    );
  });

  it("wrap() breaks at words", () => {
    expect(wrap("one two  three\nfour", 9)).toEqual(["one two", "three", "four"]);
  });
});
