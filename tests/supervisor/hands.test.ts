import { expect, test } from "vitest";
import type { Cell, Residence } from "../../src/supervisor/cell.ts";
import { Hands } from "../../src/supervisor/hands.ts";
import { HandClock } from "../support/hand-clock.ts";

function open(most: number) {
  const clock = new HandClock(0);
  const gone: string[] = [];
  const cells = new Map<Cell, string>();
  const hands = new Hands({ clock, most, sliceMs: 25, go: (cell) => gone.push(cells.get(cell)!) });
  const cell = (name: string) => {
    const made = { name } as unknown as Cell;
    cells.set(made, name);
    return made;
  };
  return { clock, gone, hands, cell };
}

const residence = () => ({}) as unknown as Residence;

test("agents under load go on in the order in which they asked, as turns end", () => {
  const { gone, hands, cell } = open(1);
  const first = residence();
  expect(hands.admits(cell("a"))).toBe(true);
  hands.take(first);
  const [b, c] = [cell("b"), cell("c")];
  expect([hands.admits(b), hands.admits(c)]).toEqual([false, false]);
  expect([hands.holds(b), hands.holds(c)]).toEqual([true, true]);
  hands.free(first);
  // As `go` handed nothing over here, there was room for both.
  expect(gone).toEqual(["b", "c"]);
  expect(hands.holds(b)).toBe(false);
});

test("a turn that does not end holds nobody back for longer than a slice", async () => {
  const { clock, gone, hands, cell } = open(1);
  hands.take(residence());
  expect(hands.admits(cell("b"))).toBe(false);
  await clock.pass(24);
  expect(gone).toEqual([]);
  await clock.pass(1);
  expect(gone).toEqual(["b"]);
  expect(hands.admits(cell("c"))).toBe(true);
});

test("turns of those who never wait hold nobody back for longer, either", async () => {
  const { clock, gone, hands, cell } = open(1);
  let last = residence();
  hands.take(last);
  for (const name of ["b", "c"]) expect(hands.admits(cell(name))).toBe(false);
  const went: number[] = [];
  for (let ms = 0; ms < 80; ms += 10) {
    const next = residence();
    hands.take(next);
    hands.free(last);
    last = next;
    went.push(gone.length);
    await clock.pass(10);
  }
  // One in each slice, so that they are never many.
  expect(went).toEqual([0, 0, 0, 1, 1, 2, 2, 2]);
});

test("who loses its thread neither waits nor is waited for", () => {
  const { gone, hands, cell } = open(1);
  const [first, second] = [residence(), residence()];
  const [a, b, c] = [cell("a"), cell("b"), cell("c")];
  hands.take(first);
  expect([hands.admits(b), hands.admits(c)]).toEqual([false, false]);
  hands.leave(b, second);
  expect([hands.holds(b), hands.holds(c)]).toEqual([false, true]);
  hands.leave(a, first);
  expect(gone).toEqual(["c"]);
});
