import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PlacementPolicy } from "../../../core/model/policy.ts";
import { firstFitPlacement } from "../../../core/place/fallback.ts";
import { Planner } from "../../../core/place/planner.ts";
import type { PlanOptions } from "../../../core/place/queue.ts";
import { kernel } from "../planning.ts";
import { runHistory } from "./history.ts";
import { CPUS, logs, planWith } from "./logs.ts";
import { Machine } from "./machine.ts";
import { type Rule, replay } from "./protocol.ts";

const OPTIONS: Readonly<Record<Rule, Omit<PlanOptions, "gresParent">>> = {
  none: { mode: "none" },
  easy: { mode: "easy" },
  "easy-shortest": { mode: "easy", backfillOrder: "shortest" },
  conservative: { mode: "conservative" },
};
const SIZES = [
  [1, 8],
  [8, 1],
  [4, 2],
] as const;

describe("a machine on which CPUs alone decide", () => {
  for (const rule of ["none", "easy", "easy-shortest", "conservative"] as const) {
    for (const [nodes, cpusPerNode] of SIZES) {
      it(`starts every job of a log when ${rule} by plain counting does: ${nodes} nodes of ${cpusPerNode}`, () => {
        const planner = new Planner(kernel);
        fc.assert(
          fc.property(logs, (log) => {
            const plan = planWith(planner, OPTIONS[rule]);
            expect(runHistory(new Machine(nodes, cpusPerNode), log, plan)).toEqual(replay(log, CPUS, rule));
          }),
          { numRuns: 60 },
        );
      });
    }
  }

  it("starts the same jobs on the nodes that a placement policy chooses", () => {
    const highest: PlacementPolicy = {
      ...firstFitPlacement(),
      name: "highest",
      place: (_job, mask, want, out) => {
        let found = 0;
        for (let row = mask.length - 1; found < want; row--) if (mask[row] !== 0) out[found++] = row;
        return undefined;
      },
    };
    for (const [nodes, cpusPerNode] of SIZES) {
      fc.assert(
        fc.property(logs, fc.constantFrom("none", "easy", "conservative"), (log, rule) => {
          const machine = new Machine(nodes, cpusPerNode);
          const { freeCpus } = machine.nodes.columns;
          const plan = planWith(new Planner(kernel), OPTIONS[rule], highest);
          const starts = runHistory(machine, log, plan, (pass) => {
            if (cpusPerNode > 1) return;
            // Of nodes with one CPU the first start takes all but lower ones.
            const lowest = pass.plan.startNodes[0] ?? nodes;
            const last = pass.plan.startOffset[1] ?? 0;
            const free = [...freeCpus.subarray(lowest, nodes)].filter((cpus) => cpus > 0).length;
            expect(free).toBe(last);
          });
          expect(starts).toEqual(replay(log, CPUS, rule));
        }),
        { numRuns: 30 },
      );
    }
  });

  it("never starts a job later than it was promised in the conservative mode", () => {
    const planner = new Planner(kernel);
    fc.assert(
      fc.property(logs, (log) => {
        const machine = new Machine(4, 2);
        const promisedS = log.map(() => Number.POSITIVE_INFINITY);
        const starts = runHistory(
          machine,
          log,
          planWith(planner, OPTIONS.conservative),
          ({ tables, plan }) => {
            for (let row = 0; row < plan.pendingCount; row++) {
              const job = tables.pending.columns.jobId[row]! - 1;
              expect(plan.expectedStartS[row]).toBeGreaterThanOrEqual(plan.nowS);
              expect(plan.expectedStartS[row]).toBeLessThanOrEqual(promisedS[job]!);
              promisedS[job] = plan.expectedStartS[row]!;
            }
          },
        );
        starts.forEach((startS, job) => {
          expect(startS).toBeLessThanOrEqual(promisedS[job]!);
        });
      }),
      { numRuns: 100 },
    );
  });
});
