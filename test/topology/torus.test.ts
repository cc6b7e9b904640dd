/** The built-in torus topology, against every sub-cube at every place of small tori. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { SeededTopology } from "../../core/wasm/topology.ts";
import { freeNodes } from "../wasm/nodes.ts";
import { casesAt, openTopology, rowsOf, type SetCase } from "./set-cases.ts";

let policy: SeededTopology;
beforeAll(async () => {
  policy = await openTopology("torus");
});

type Triple = readonly [number, number, number];

const sides = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 3 }),
);
const placesOf = ([x, y, z]: Triple): readonly Triple[] =>
  Array.from({ length: x * y * z }, (_, cell) => [
    Math.floor(cell / (y * z)),
    Math.floor(cell / z) % y,
    cell % z,
  ]);
const cases = sides.chain((torus) =>
  casesAt(fc.constant(placesOf(torus))).map((one) => ({ one, torus: torus as Triple })),
);

const hops = (n: number, side: number): number =>
  n < side ? (n * n - 1) / (3 * n) : n % 2 === 0 ? n / 4 : (n * n - 1) / (4 * n);
const costOf = (shape: Triple, torus: Triple): number =>
  shape.reduce((sum, n, d) => sum + hops(n, torus[d]!), 0);

/** Cells of the box at a corner, wrapping. */
function cellsOf(corner: Triple, shape: Triple, torus: Triple): readonly number[] {
  return placesOf(shape).map((offset) => {
    const [x, y, z] = offset.map((o, d) => (corner[d]! + o) % torus[d]!) as unknown as Triple;
    return (x * torus[1] + y) * torus[2] + z;
  });
}

/** The free sub-cubes of exactly the wanted size: what each costs and which cells it has. */
function cubesOf(
  { mask, want }: SetCase,
  torus: Triple,
): { cost: number; contact: number; cells: readonly number[] }[] {
  const cubes: { cost: number; contact: number; cells: readonly number[] }[] = [];
  for (const [a, b, c] of placesOf(torus).map(([x, y, z]): Triple => [x + 1, y + 1, z + 1])) {
    if (a * b * c !== want) continue;
    for (const corner of placesOf(torus)) {
      const cells = cellsOf(corner, [a, b, c], torus);
      if (cells.some((cell) => mask[cell] === 0)) continue;
      const from = corner.map((at, d) => (at + torus[d]! - 1) % torus[d]!) as unknown as Triple;
      const wide = [a + 2, b + 2, c + 2].map((n, d) => Math.min(n, torus[d]!)) as unknown as Triple;
      const contact = cellsOf(from, wide, torus).filter((cell) => mask[cell] !== 0).length - want;
      cubes.push({ cost: costOf([a, b, c], torus), contact, cells });
    }
  }
  return cubes;
}

test("where a sub-cube of the size is free, one of the least cost is taken, and of these one with the fewest free neighbours", () => {
  let found = 0;
  fc.assert(
    fc.property(cases, ({ one, torus }) => {
      const cubes = cubesOf(one, torus);
      fc.pre(cubes.length > 0);
      found++;
      const least = Math.min(...cubes.map(({ cost }) => cost));
      const cheapest = cubes.filter(({ cost }) => Math.abs(cost - least) < 1e-9);
      const contact = Math.min(...cheapest.map((cube) => cube.contact));
      const rows = [...rowsOf(policy, one)].sort((a, b) => a - b).join();
      const best = cheapest.filter((cube) => cube.contact === contact);
      expect(best.map(({ cells }) => [...cells].sort((a, b) => a - b).join())).toContain(rows);
    }),
    { numRuns: 500 },
  );
  expect(found).toBeGreaterThan(100);
});

test("where none is free, the nodes lie in the first box of the chain that has enough", () => {
  fc.assert(
    fc.property(cases, ({ one, torus }) => {
      fc.pre(cubesOf(one, torus).length === 0);
      const rows = rowsOf(policy, one);
      let shape: [number, number, number] = [1, 1, 1];
      const fits = (): boolean =>
        placesOf(torus).some(
          (corner) => cellsOf(corner, shape, torus).filter((cell) => one.mask[cell] !== 0).length >= one.want,
        );
      while (shape.some((n, d) => n < torus[d]!) && !fits()) {
        const larger = [0, 1, 2]
          .filter((d) => shape[d]! < torus[d]!)
          .map((d) => shape.map((n, i) => (i === d ? n + 1 : n)) as [number, number, number]);
        shape = larger.reduce((best, next) => (costOf(next, torus) < costOf(best, torus) ? next : best));
      }
      const boxes = placesOf(torus).map((corner) => new Set(cellsOf(corner, shape, torus)));
      expect(boxes.some((box) => rows.every((row) => box.has(row)))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a sub-cube wraps around every edge", () => {
  const torus: Triple = [4, 4, 4];
  const nodes = freeNodes(64);
  placesOf(torus).forEach(([x, y, z], row) => {
    nodes.level0[row] = x;
    nodes.level1[row] = y;
    nodes.level2[row] = z;
  });
  const mask = new Uint8Array(64);
  for (const cell of cellsOf([3, 3, 3], [2, 2, 2], torus)) mask[cell] = 1;
  mask[cellsOf([1, 1, 1], [1, 1, 1], torus)[0]!] = 1;
  const rows = rowsOf(policy, { nodes, mask, want: 8 });
  expect([...rows].sort((a, b) => a - b)).toEqual([0, 3, 12, 15, 48, 51, 60, 63]);
});

test("nodes without coordinates are taken last", () => {
  const nodes = freeNodes(4);
  nodes.level0.set([-1, 0, 1, -1]);
  expect(rowsOf(policy, { nodes, mask: new Uint8Array(4).fill(1), want: 3 })).toEqual([1, 2, 0]);
});
