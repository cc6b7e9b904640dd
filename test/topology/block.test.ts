/** The built-in block topology, against every set of blocks of small clusters. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { SeededTopology } from "../../core/wasm/topology.ts";
import { freeNodes } from "../wasm/nodes.ts";
import { casesAt, feasibleBy, openTopology, rowsOf, type SetCase, subsetsOf } from "./set-cases.ts";

let policy: SeededTopology;
let inSegments: SeededTopology;
beforeAll(async () => {
  policy = await openTopology("block");
  inSegments = await openTopology("block", { segment: 2 });
});

const BLOCKS = 6;
const cases = casesAt(
  fc
    .array(fc.nat(BLOCKS - 1), { minLength: 1, maxLength: 24 })
    .map((blocks) => [...blocks].sort((a, b) => a - b).map((block) => [block])),
);
const blockOf =
  ({ nodes }: Pick<SetCase, "nodes">) =>
  (row: number): number =>
    nodes.level0[row]!;

/** Blocks of a case in the order of their numbers, those without nodes left out: the site listed no such block. */
function blocksOf(one: SetCase): { feasible: number; isFresh: boolean; number: number }[] {
  const feasible = feasibleBy(one, blockOf(one), BLOCKS);
  return feasible
    .map((count, number) => {
      const rows = one.idle.filter((_, row) => one.nodes.level0[row] === number);
      return { feasible: count, isFresh: rows.every((idle) => idle), number, size: rows.length };
    })
    .filter(({ size }) => size > 0);
}

/** The smallest aligned group with room for the job, and the fewest blocks of any such group. */
function leastOf(one: SetCase, room: (feasible: number) => number): { size: number; blocks: number } {
  const blocks = blocksOf(one);
  for (let size = 1; ; size *= 2) {
    let fewest = Number.POSITIVE_INFINITY;
    for (let from = 0; from < blocks.length; from += size) {
      const group = blocks.slice(from, from + size);
      for (const subset of subsetsOf(group.length)) {
        const nodes = subset.reduce((sum, i) => sum + room(group[i]!.feasible), 0);
        if (nodes >= one.want) fewest = Math.min(fewest, subset.length);
      }
    }
    if (fewest < Number.POSITIVE_INFINITY || size >= blocks.length) return { size, blocks: fewest };
  }
}

function groupSize(one: SetCase, rows: readonly number[]): number {
  const order = blocksOf(one).map(({ number }) => number);
  const places = rows.map((row) => order.indexOf(one.nodes.level0[row]!));
  let size = 1;
  while (Math.floor(Math.min(...places) / size) !== Math.floor(Math.max(...places) / size)) size *= 2;
  return size;
}

test("a job lies in the smallest group of neighbouring blocks that holds it, on the fewest blocks there", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const rows = rowsOf(policy, one);
      const least = leastOf(one, (feasible) => feasible);
      expect(groupSize(one, rows)).toBe(least.size);
      expect(new Set(rows.map(blockOf(one))).size).toBe(least.blocks);
    }),
    { numRuns: 500 },
  );
});

test("a job that one block holds opens a fresh block only where no used one holds it, and takes the tightest", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const holders = blocksOf(one).filter(({ feasible }) => feasible >= one.want);
      fc.pre(holders.length > 0);
      const used = holders.filter(({ isFresh }) => !isFresh);
      const among = used.length > 0 ? used : holders;
      const [row] = rowsOf(policy, one);
      const taken = among.find(({ number }) => number === one.nodes.level0[row!]);
      expect(taken?.feasible).toBe(Math.min(...among.map(({ feasible }) => feasible)));
    }),
    { numRuns: 500 },
  );
});

test("segments lie whole in a block where there is room for that, and are given up where there is none", () => {
  fc.assert(
    fc.property(cases, (one) => {
      const whole = (feasible: number): number => feasible - (feasible % 2);
      const isHeld = blocksOf(one).some(({ feasible }) => feasible >= one.want);
      const room = blocksOf(one).reduce((sum, { feasible }) => sum + whole(feasible), 0);
      const rows = rowsOf(inSegments, one);
      if (isHeld || room < one.want) return;
      expect(groupSize(one, rows)).toBe(leastOf(one, whole).size);
      const taken = feasibleBy(
        { mask: one.mask.map((_, row) => Number(rows.includes(row))) },
        blockOf(one),
        BLOCKS,
      );
      const odd = taken.filter((count) => count % 2 === 1);
      expect(odd.length).toBeLessThanOrEqual(one.want % 2);
    }),
    { numRuns: 500 },
  );
});

test("it takes jobs of one node", () => {
  expect(policy.takesSingles).toBe(true);
});

test("of twelve blocks of eighteen, one job of four CPUs after another opens no second block", () => {
  const nodes = freeNodes(12 * 18);
  nodes.level0.forEach((_, row) => {
    nodes.level0[row] = Math.floor(row / 18);
  });
  const mask = new Uint8Array(nodes.count).fill(1);
  for (let started = 0; started < 18; started++) {
    const [row] = rowsOf(policy, { nodes, mask, want: 1 });
    expect(nodes.level0[row!]).toBe(0);
    nodes.freeCpus[row!] = 0;
    mask[row!] = 0;
  }
  expect(nodes.level0[rowsOf(policy, { nodes, mask, want: 1 })[0]!]).toBe(1);
});
