import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { MAX_ORDERS_A_TURN, StartTurns } from "../../core/controller/start-turns.ts";
import type { JobId } from "../../core/model/ids.ts";

const idsOf = (from: number, count: number): JobId[] =>
  Array.from({ length: count }, (_, i) => (from + i) as JobId);

test("a single start is ordered at once", () => {
  const ordered: number[] = [];
  new StartTurns((id) => ordered.push(id)).add(idsOf(7, 1));
  expect(ordered).toEqual([7]);
});

test("many starts are ordered first in, first out, and no turn orders more than its bound", async () => {
  const ordered: number[] = [];
  const turns = new StartTurns((id) => ordered.push(id));
  const sizes: number[] = [];
  let before = 0;
  turns.add(idsOf(0, 40));
  turns.add(idsOf(40, 30));
  for (let turn = 0; turn < 8; turn++) {
    sizes.push(ordered.length - before);
    before = ordered.length;
    if (turn === 2) turns.add(idsOf(70, 5));
    await nextTurn();
  }
  expect(ordered).toEqual(idsOf(0, 75));
  expect(Math.max(...sizes)).toBe(MAX_ORDERS_A_TURN);
});

test("after it has run dry it begins again", async () => {
  const ordered: number[] = [];
  const turns = new StartTurns((id) => ordered.push(id));
  turns.add(idsOf(0, 2));
  await nextTurn();
  await nextTurn();
  turns.add(idsOf(2, 2));
  expect(ordered).toEqual([0, 1, 2, 3]);
});
