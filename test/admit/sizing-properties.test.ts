/** What holds for every request that is admitted, whatever was asked of whatever cluster. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import { ALL } from "../../core/model/request.ts";
import { CALLER, four } from "./asking.ts";
import { clusterOf, device, NOW_S, node, partition, spec } from "./cluster.ts";

const nodeArbitrary: fc.Arbitrary<NodeSpec> = fc
  .record({
    cpus: fc.integer({ min: 1, max: 16 }),
    threadsPerCore: fc.constantFrom(1, 2),
    memoryMib: fc.integer({ min: 100, max: 4000 }),
    gpus: fc.array(fc.constantFrom("tesla", "a100"), { maxLength: 4 }),
    features: fc.subarray(["ib", "big"]),
  })
  .map(({ gpus, ...over }) => node("x", { ...over, devices: gpus.map((type, i) => device(type, "gpu", i)) }));

const specArbitrary: fc.Arbitrary<Partial<JobSpec>> = fc
  .record(
    {
      minNodes: fc.integer({ min: 1, max: 6 }),
      ntasks: fc.integer({ min: 1, max: 40 }),
      ntasksPerNode: fc.integer({ min: 1, max: 8 }),
      cpusPerTask: fc.integer({ min: 1, max: 8 }),
      memory: fc.record({
        kind: fc.constantFrom("memPerNodeMib", "memPerCpuMib"),
        mib: fc.integer({ min: 0, max: 2000 }),
      }),
      gpus: fc.record({
        kind: fc.constantFrom("gpus", "gpusPerNode", "gpusPerTask", "gres"),
        type: fc.constantFrom("", "tesla:"),
        count: fc.integer({ min: 1, max: 8 }),
      }),
      exclusive: fc.boolean(),
      hint: fc.constantFrom("nomultithread", "multithread"),
      constraint: fc.constantFrom("ib", "ib&big"),
      exclude: fc.constantFrom("n0", "n[0-1]"),
      nodelist: fc.constantFrom("n2", "n[2-3]"),
    },
    { requiredKeys: [] },
  )
  .map(({ memory, gpus, minNodes, ...over }) => ({
    ...over,
    ...(minNodes === undefined ? {} : { minNodes, maxNodes: minNodes }),
    ...(memory === undefined ? {} : { [memory.kind]: memory.mib }),
    ...(gpus === undefined
      ? {}
      : {
          [gpus.kind]: gpus.kind === "gres" ? `gpu:${gpus.type}${gpus.count}` : `${gpus.type}${gpus.count}`,
        }),
  }));

describe("whatever is asked", () => {
  test("is refused, or needs more nodes than there are, or is held by enough nodes when they are empty", () => {
    fc.assert(
      fc.property(fc.array(nodeArbitrary, { minLength: 4, maxLength: 8 }), specArbitrary, (nodes, over) => {
        const state = clusterOf(
          nodes.map((n, i) => ({ ...n, name: `n${i}` })),
          [partition("a", { isDefault: true })],
        );
        const result = admit(
          spec(over),
          admitClusterOf(state, () => 0),
          NOW_S,
          CALLER,
        );
        if (!result.ok) {
          expect(result.refusal.message).not.toBe("");
          return;
        }
        const asked = result.value.job.request;
        expect(asked.tasks).toBeGreaterThanOrEqual(asked.minNodes);
        expect(asked.maxNodes).toBeGreaterThanOrEqual(asked.minNodes);
        expect(asked.tasksPerNode).toBe(Math.ceil(asked.tasks / asked.minNodes));
        if (asked.minNodes > nodes.length) return;
        const holding = state.nodeRecords.filter((record) => {
          const { spec: has, index } = record;
          const threads = asked.oneThreadPerCore === 1 ? has.threadsPerCore : 1;
          const gres = (d: number): number =>
            state.nodes.columns.totalGres[d * state.nodes.capacity + index]!;
          return (
            !asked.excludedNodes.includes(index) &&
            asked.tasksPerNode * asked.cpusPerTask * threads <= has.cpus &&
            (asked.memMib === ALL || asked.memMib <= has.memoryMib) &&
            asked.gres.every(({ dimension, count }) => count <= gres(dimension)) &&
            asked.gres.reduce((sum, { count }) => sum + count, 0) <= gres(0) &&
            asked.features.split("&").every((f) => f === "" || has.features.includes(f))
          );
        });
        expect(holding.length).toBeGreaterThanOrEqual(asked.minNodes);
        for (const required of asked.requiredNodes) expect(holding.map((r) => r.index)).toContain(required);
      }),
      { numRuns: 400 },
    );
  });

  test("gets the fewest nodes that hold its tasks spread evenly, found by trying each number", () => {
    const tasks = fc.record({
      ntasks: fc.integer({ min: 1, max: 24 }),
      cpusPerTask: fc.integer({ min: 1, max: 6 }),
      memPerCpuMib: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(nodeArbitrary, { minLength: 1, maxLength: 6 }), tasks, (nodes, over) => {
        const holds = (count: number): number => {
          const cpus = Math.ceil(over.ntasks / count) * over.cpusPerTask;
          return nodes.filter((n) => n.cpus >= cpus && n.memoryMib >= cpus * over.memPerCpuMib).length;
        };
        const counts = nodes.map((_, i) => i + 1).filter((count) => count <= over.ntasks);
        const fewest = counts.find((count) => holds(count) >= count);
        const state = clusterOf(
          nodes.map((n, i) => ({ ...n, name: `n${i}` })),
          [partition("a", { isDefault: true })],
        );
        const result = admit(
          spec(over),
          admitClusterOf(state, () => 0),
          NOW_S,
          CALLER,
        );
        const got = result.ok ? result.value.job.request.minNodes : 0;
        if (fewest === undefined) expect(got === 0 || got > nodes.length).toBe(true);
        else expect(got).toBe(fewest);
      }),
      { numRuns: 300 },
    );
  });

  test("is answered the same twice", () => {
    fc.assert(
      fc.property(specArbitrary, (over) => {
        expect(admit(spec(over), four, NOW_S, CALLER)).toEqual(admit(spec(over), four, NOW_S, CALLER));
      }),
    );
  });
});
