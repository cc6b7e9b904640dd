/** The built-in placement modules, through the host, against the same choice made by sorting. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { PolicyJob, PolicyNodeColumns } from "../../core/model/policy.ts";
import { instantiatePlacement, type SeededPlacement } from "../../core/wasm/placement.ts";
import { builtIn } from "../wasm/builds.ts";
import { freeNodes, makeJob, unwrap } from "../wasm/nodes.ts";
import { bestRows, fits, type NodeState, nodeState } from "./node-states.ts";

type Score = (nodes: PolicyNodeColumns, row: number, job: PolicyJob) => number;

const left = (free: number, taken: number): number => (taken < 0 ? 0 : free - taken);
const share = (free: number, total: number): number => (total > 0 ? Math.fround(free / total) : 0);
const PACK: Score = ({ freeGpus, freeCpus }, row, job) =>
  -(left(freeGpus[row]!, job.gpus) * 4096 + left(freeCpus[row]!, job.cpus));
const SPREAD: Score = ({ freeGpus, totalGpus, freeCpus, totalCpus }, row) =>
  Math.fround(share(freeGpus[row]!, totalGpus[row]!) + share(freeCpus[row]!, totalCpus[row]!));

describe.each([
  ["pack", PACK],
  ["spread", SPREAD],
] as const)("%s", (name, score) => {
  let policy: SeededPlacement;
  beforeAll(async () => {
    const module = await builtIn(`policies/placement/${name}`, "placement");
    policy = unwrap(instantiatePlacement(module, {}, { number: 1, seed: 1 }));
  });

  /** Nodes that fit by the columns first; where these are too few, every node of the mask. */
  function expected({ nodes, mask, job, want }: NodeState): readonly number[] {
    const feasible = [...mask.keys()].filter((row) => mask[row] !== 0);
    const fitting = feasible.filter((row) => fits(nodes, row, job));
    return bestRows(fitting.length >= want ? fitting : feasible, (row) => score(nodes, row, job), want);
  }

  test("places as many nodes as wanted, the best first, lower rows first among equals", () => {
    fc.assert(
      fc.property(nodeState, (state) => {
        const out = new Int32Array(state.want).fill(-1);
        expect(policy.begin(state.nodes)).toBeUndefined();
        expect(policy.place(state.job, state.mask, state.want, out)).toBeUndefined();
        expect([...out]).toEqual(expected(state));
      }),
      { numRuns: 300 },
    );
  });

  test("scores every feasible node", () => {
    fc.assert(
      fc.property(nodeState, ({ nodes, mask, job }) => {
        const scores = new Float32Array(nodes.count);
        expect(policy.begin(nodes)).toBeUndefined();
        expect(policy.score(job, mask, scores)).toBeUndefined();
        const feasible = [...mask.keys()].filter((row) => mask[row] !== 0);
        // Adding 0 takes the sign off a zero, which no order depends on.
        expect(feasible.map((row) => scores[row]! + 0)).toEqual(
          feasible.map((row) => score(nodes, row, job) + 0),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("takes the columns longer than the nodes are, and fewer nodes after more", () => {
    const job = makeJob({ gpus: 1 });
    for (const count of [200, 3, 1, 130]) {
      const nodes = { ...freeNodes(256), count };
      const out = new Int32Array(count);
      expect(policy.begin(nodes)).toBeUndefined();
      expect(policy.place(job, new Uint8Array(256).fill(1), count, out)).toBeUndefined();
      expect([...out]).toEqual(Array.from({ length: count }, (_, row) => row));
    }
  });
});

describe("an update", () => {
  let policy: SeededPlacement;
  beforeAll(async () => {
    policy = unwrap(
      instantiatePlacement(await builtIn("policies/placement/pack", "placement"), {}, { number: 1, seed: 1 }),
    );
  });

  test("is seen by the next call", () => {
    const mask = new Uint8Array(50).fill(1);
    const out = new Int32Array(1);
    policy.begin(freeNodes(50));
    policy.update(30, 10, 10_000, 2);
    policy.place(makeJob({ gpus: 2 }), mask, 1, out);
    expect(out[0]).toBe(30);
    policy.update(30, 10, 10_000, 1);
    policy.place(makeJob({ gpus: 2 }), mask, 1, out);
    expect(out[0]).toBe(0);
  });
});

test("pack counts a GPU left over by the parameter", async () => {
  const module = await builtIn("policies/placement/pack", "placement");
  const nodes = freeNodes(2);
  nodes.freeGpus.set([4, 3]);
  nodes.freeCpus.set([8, 20]);
  const choice = (gpuWeight: number): number | undefined => {
    const policy = unwrap(instantiatePlacement(module, { gpuWeight }, { number: 1, seed: 1 }));
    const out = new Int32Array(1);
    expect(policy.begin(nodes) ?? policy.place(makeJob(), new Uint8Array([1, 1]), 1, out)).toBeUndefined();
    return out[0];
  };
  expect([choice(4096), choice(0)]).toEqual([1, 0]);
});
