/** What admission says fits is what the planner starts, and what commit gives, on the empty cluster. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { BACKFILL_MODES } from "../../core/model/backfill.ts";
import { buildKernel } from "../../core/place/build-kernel.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { Planner } from "../../core/place/planner.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { gresParents } from "../../core/state/node-rows.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { reduce } from "../../core/state/reduce.ts";
import { nodeArbitrary, specArbitrary } from "./arbitrary.ts";
import { CALLER } from "./asking.ts";
import { clusterOf, NOW_S, partition, spec } from "./cluster.ts";

const planner = new Planner(new PlanKernel(readFileSync((await buildKernel()).path)));

const someNodes = fc.array(nodeArbitrary, { minLength: 4, maxLength: 8 });

test("a job that is admitted, and needs no more nodes than there are, starts on the empty cluster", () => {
  fc.assert(
    fc.property(someNodes, specArbitrary, fc.constantFrom(...BACKFILL_MODES), (nodes, over, mode) => {
      const state = clusterOf(
        nodes.map((n, i) => ({ ...n, name: `n${i}` })),
        [partition("a", { isDefault: true })],
      );
      const admitted = admit(
        spec(over),
        admitClusterOf(state, () => 0),
        NOW_S,
        CALLER,
      );
      if (!admitted.ok || admitted.value.job.request.minNodes > nodes.length) return;
      const { job } = admitted.value;
      reduce(state, state.lastSeq + 1, { type: "job.submitted", atS: NOW_S, jobId: 1, scriptKey: 1, job });
      const tables = planTables(state, NOW_S);
      const fallback = firstFitPlacement();
      const plan = planner.plan(
        tables,
        prioritise(tables, fifoPriority(), fifoPriority()),
        { mode, gresParent: gresParents(state) },
        { placement: fallback, fallback },
      );
      const { starts, conflicts } = commitPlan(state, plan);
      expect(conflicts).toBe(0);
      expect(starts).toHaveLength(1);
      const shares = starts[0]!.allocation.nodes;
      expect(shares.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(job.request.tasks);
    }),
    { numRuns: 400 },
  );
});

test("a job of tasks that came before any node starts once nodes hold it, however many tasks each has room for", () => {
  const ask = fc.record(
    {
      cpusPerTask: fc.integer({ min: 1, max: 4 }),
      gpusPerTask: fc.constant("1"),
      hint: fc.constant("nomultithread"),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(someNodes, ask, fc.integer({ min: 2, max: 20 }), (nodes, more, ntasks) => {
      const over = { ...more, ntasks };
      const partitions = [partition("a", { isDefault: true })];
      const named = nodes.map((n, i) => ({ ...n, name: `n${i}` }));
      const sizedBy = (state: ReturnType<typeof clusterOf>) =>
        admit(
          spec(over),
          admitClusterOf(state, () => 0),
          NOW_S,
          CALLER,
        );
      const later = sizedBy(clusterOf(named, partitions));
      if (!later.ok || later.value.job.request.minNodes > nodes.length) return;
      const state = clusterOf([], partitions);
      const admitted = sizedBy(state);
      if (!admitted.ok) throw new Error(admitted.refusal.message);
      const { job } = admitted.value;
      reduce(state, state.lastSeq + 1, { type: "job.submitted", atS: NOW_S, jobId: 1, scriptKey: 1, job });
      for (const one of named)
        reduce(state, state.lastSeq + 1, { type: "node.registered", atS: NOW_S, spec: one });
      const tables = planTables(state, NOW_S);
      const fallback = firstFitPlacement();
      const plan = planner.plan(
        tables,
        prioritise(tables, fifoPriority(), fifoPriority()),
        { mode: "planned", gresParent: gresParents(state) },
        { placement: fallback, fallback },
      );
      expect(commitPlan(state, plan).starts).toHaveLength(1);
    }),
    { numRuns: 200 },
  );
});
