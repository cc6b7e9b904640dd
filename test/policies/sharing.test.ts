/** The placements that choose parts of devices, as the controller asks them: jobs and devices are whole. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { POD_PLACEMENTS } from "../../core/simulate/pods/pod.ts";
import { instantiatePlacement, type SeededPlacement } from "../../core/wasm/placement.ts";
import { builtIn } from "../wasm/builds.ts";
import { freeNodes, makeJob, unwrap } from "../wasm/nodes.ts";
import { bestRows, nodeState } from "./node-states.ts";

const open = async (name: string): Promise<SeededPlacement> =>
  unwrap(
    instantiatePlacement(
      await builtIn(`policies/placement/${name}`, "placement"),
      {},
      { number: 1, seed: 1 },
    ),
  );

describe.each(POD_PLACEMENTS)("%s", (name) => {
  let policy: SeededPlacement;
  beforeAll(async () => {
    policy = await open(name);
  });

  test("scores every feasible node, and places on the best of them, lower rows first among equals", () => {
    fc.assert(
      fc.property(nodeState, ({ nodes, mask, job, want }) => {
        const scores = new Float32Array(nodes.count);
        const out = new Int32Array(want).fill(-1);
        policy.reseed(1);
        expect(policy.begin(nodes)).toBeUndefined();
        expect(policy.score(job, mask, scores)).toBeUndefined();
        policy.reseed(1);
        expect(policy.place(job, mask, want, out)).toBeUndefined();
        const feasible = [...mask.keys()].filter((row) => mask[row] !== 0);
        expect([...out]).toEqual(bestRows(feasible, (row) => scores[row]!, want));
      }),
      { numRuns: 200 },
    );
  });
});

test.each(["fgd", "foresight"])(
  "%s: a job of one GPU goes to a node in use, not to a wholly free one",
  async (name) => {
    const policy = await open(name);
    const nodes = freeNodes(4);
    nodes.totalGpus.fill(8);
    nodes.freeGpus.set([8, 8, 3, 8]);
    nodes.totalCpus.fill(64);
    nodes.freeCpus.set([64, 64, 24, 64]);
    const out = new Int32Array(1);
    expect(policy.begin(nodes)).toBeUndefined();
    expect(policy.place(makeJob({ cpus: 8, gpus: 1 }), new Uint8Array(4).fill(1), 1, out)).toBeUndefined();
    expect(out[0]).toBe(2);
  },
);
