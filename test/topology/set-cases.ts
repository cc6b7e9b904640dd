/** Small random clusters with places, and the rows that a topology module chooses on them. */
import fc from "fast-check";
import { expect } from "vitest";
import type { PolicyNodeColumns } from "../../core/model/policy.ts";
import { instantiateTopology, type SeededTopology } from "../../core/wasm/topology.ts";
import { builtIn } from "../wasm/builds.ts";
import { freeNodes, makeJob, unwrap } from "../wasm/nodes.ts";

export interface SetCase {
  readonly nodes: PolicyNodeColumns;
  readonly mask: Uint8Array;
  readonly want: number;
  /** Rows on which nothing runs. */
  readonly idle: readonly boolean[];
}

export const openTopology = async (
  name: string,
  parameters: Readonly<Record<string, number>> = {},
): Promise<SeededTopology> =>
  unwrap(
    instantiateTopology(await builtIn(`plugins/topology/${name}`, "topology"), parameters, {
      number: 1,
      seed: 1,
    }),
  );

/**
 * Nodes at the places, each busy or idle, feasible or not; an idle node is as often taken by nobody's job as a busy one,
 * as drained nodes are. At least one is feasible.
 */
export const casesAt = (places: fc.Arbitrary<readonly (readonly number[])[]>): fc.Arbitrary<SetCase> =>
  places
    .chain((at) =>
      fc.record({
        at: fc.constant(at),
        bits: fc.array(fc.record({ free: fc.boolean(), can: fc.integer({ min: 0, max: 3 }) }), {
          minLength: at.length,
          maxLength: at.length,
        }),
        first: fc.nat(at.length - 1),
        share: fc.nat(1000),
      }),
    )
    .map(({ at, bits, first, share }) => {
      const nodes = freeNodes(at.length);
      const mask = new Uint8Array(at.length);
      at.forEach((place, row) => {
        const { free, can } = bits[row]!;
        place.forEach((number, level) => {
          [nodes.level0, nodes.level1, nodes.level2][level]![row] = number;
        });
        if (!free) nodes.freeCpus[row] = 32;
        mask[row] = can > 0 || row === first ? 1 : 0;
      });
      const feasible = mask.reduce((sum, byte) => sum + byte, 0);
      return { nodes, mask, want: 1 + (share % feasible), idle: bits.map(({ free }) => free) };
    });

/** The chosen rows; that they are feasible, and each once, is the host's own check. */
export function rowsOf(
  policy: SeededTopology,
  { nodes, mask, want }: Omit<SetCase, "idle">,
  gpus = 0,
): readonly number[] {
  const out = new Int32Array(want);
  const scores = new Float32Array(nodes.count);
  const job = makeJob({ nodes: want, gpus });
  expect(policy.begin(nodes) ?? policy.choose(job, mask, scores, want, out)).toBeUndefined();
  return [...out];
}

/** Every subset of the numbers from 0 to count - 1, as lists. */
export const subsetsOf = (count: number): readonly (readonly number[])[] =>
  Array.from({ length: 1 << count }, (_, bits) =>
    Array.from({ length: count }, (_, i) => i).filter((i) => ((bits >> i) & 1) === 1),
  );

export const feasibleBy = (
  { mask }: Pick<SetCase, "mask">,
  unitOf: (row: number) => number,
  count: number,
): readonly number[] => {
  const feasible = new Array<number>(count).fill(0);
  mask.forEach((byte, row) => {
    if (byte !== 0) feasible[unitOf(row)]!++;
  });
  return feasible;
};

/** How few of the units hold the job together. */
export const fewest = (feasible: readonly number[], want: number): number =>
  Math.min(
    ...subsetsOf(feasible.length)
      .filter((subset) => subset.reduce((sum, i) => sum + feasible[i]!, 0) >= want)
      .map((subset) => subset.length),
  );
