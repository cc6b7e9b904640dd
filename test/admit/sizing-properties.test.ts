/** What holds for every request that is admitted, whatever was asked of whatever cluster. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { nodeIndex } from "../../core/model/ids.ts";
import { ALL } from "../../core/model/request.ts";
import { nodeArbitrary, specArbitrary } from "./arbitrary.ts";
import { CALLER, four } from "./asking.ts";
import { clusterOf, NOW_S, partition, spec } from "./cluster.ts";

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
        if (asked.uneven) expect(asked.maxNodes * asked.tasksPerNode).toBeGreaterThanOrEqual(asked.tasks);
        else expect(asked.tasksPerNode).toBe(Math.ceil(asked.tasks / asked.minNodes));
        if (asked.minNodes > nodes.length) return;
        /** Tasks of the job that an empty node holds, going by the request alone. */
        const tasksOn = (index: number): number => {
          const { spec: has } = state.nodeRecords[index]!;
          const threads = asked.oneThreadPerCore === 1 ? has.threadsPerCore : 1;
          const gres = (d: number): number =>
            state.nodes.columns.totalGres[d * state.nodes.capacity + index]!;
          const isHeldWith = (tasks: number): boolean => {
            const share = (whole: number): number => (whole * tasks) / asked.tasksPerNode;
            const isFlat = asked.memPer === "node" || asked.overcommit === true;
            const memMib = isFlat ? asked.memMib : share(asked.memMib);
            const sharers = asked.overcommit === true ? 1 : tasks;
            const counts = asked.gres.map(({ count, perTask }) => (perTask ? share(count) : count));
            return (
              sharers * asked.cpusPerTask * threads <= has.cpus &&
              (asked.memMib === ALL || memMib <= has.memoryMib) &&
              asked.gres.every(({ dimension }, i) => counts[i]! <= gres(dimension)) &&
              counts.reduce((sum, count) => sum + count, 0) <= gres(0)
            );
          };
          const isFit =
            !asked.excludedNodes.includes(nodeIndex(index)) &&
            (asked.features.includes("|")
              ? has.features.length > 0
              : asked.features.split("&").every((f) => f === "" || has.features.includes(f)));
          const counts = isFit ? Array.from({ length: asked.tasksPerNode }, (_, i) => i + 1) : [];
          return Math.max(0, ...counts.filter(isHeldWith));
        };
        const room = nodes.map((_, i) =>
          asked.uneven ? tasksOn(i) : Math.floor(tasksOn(i) / asked.tasksPerNode),
        );
        const holding = room.filter((tasks) => tasks > 0).sort((a, b) => b - a);
        expect(holding.length).toBeGreaterThanOrEqual(asked.minNodes);
        for (const required of asked.requiredNodes) expect(room[required]).toBeGreaterThan(0);
        if (!asked.uneven) return;
        const most = holding.slice(0, asked.maxNodes).reduce((sum, tasks) => sum + tasks, 0);
        expect(most).toBeGreaterThanOrEqual(asked.tasks);
      }),
      { numRuns: 400 },
    );
  });

  test("needs the fewest nodes that hold its tasks, found by filling the largest", () => {
    const tasks = fc.record({
      ntasks: fc.integer({ min: 1, max: 24 }),
      cpusPerTask: fc.integer({ min: 1, max: 6 }),
      memPerCpuMib: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(nodeArbitrary, { minLength: 1, maxLength: 6 }), tasks, (nodes, over) => {
        const room = nodes
          .map((n) => Math.min(n.cpus, Math.floor(n.memoryMib / over.memPerCpuMib)))
          .map((cpus) => Math.floor(cpus / over.cpusPerTask))
          .sort((a, b) => b - a);
        const held = room.map((_, i) => room.slice(0, i + 1).reduce((sum, tasks) => sum + tasks, 0));
        const fewest = held.findIndex((tasks) => tasks >= over.ntasks) + 1;
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
        if (fewest === 0) expect(got === 0 || got > nodes.length).toBe(true);
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
