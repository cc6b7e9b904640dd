import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Planner } from "../../../core/place/planner.ts";
import type { PlanOptions } from "../../../core/place/queue.ts";
import { kernel } from "../planning.ts";
import { runHistory } from "./history.ts";
import { CPUS, logs, planWith } from "./logs.ts";
import { type LogJob, Machine, NEVER_S } from "./machine.ts";
import { type Rule, replay } from "./protocol.ts";

const OPTIONS: Readonly<Record<Exclude<Rule, "conservative">, Omit<PlanOptions, "gresParent">>> = {
  none: { mode: "none" },
  easy: { mode: "easy" },
  "easy-shortest": { mode: "easy", backfillOrder: "shortest" },
};

/** Starts of each pass, and what was said of the jobs that wait. */
function decisions(machine: Machine, log: readonly LogJob[], options: Omit<PlanOptions, "gresParent">) {
  const passes: unknown[] = [];
  const starts = runHistory(machine, log, planWith(new Planner(kernel), options), ({ plan, started }) => {
    const rows = [...Array(plan.pendingCount).keys()];
    passes.push({
      started,
      expected: rows.map((row) => plan.expectedStartS[row]),
      reasons: rows.map((row) => plan.reason[row]),
    });
  });
  return { starts, passes };
}

describe("jobs that ask for CPUs alone", () => {
  for (const rule of ["none", "easy", "easy-shortest"] as const) {
    for (const [nodes, cpusPerNode] of [
      [8, 1],
      [1, 8],
      [4, 2],
      [2, 4],
    ] as const) {
      it(`start in the same passes node by node as by counts when ${rule}: ${nodes} nodes of ${cpusPerNode}`, () => {
        fc.assert(
          fc.property(logs, (log) => {
            const options = OPTIONS[rule];
            const byCount = decisions(new Machine(nodes, cpusPerNode), log, options);
            // A MiB a node, which they all have, is what counting cannot do.
            const byNode = decisions(new Machine(nodes, cpusPerNode, 1), log, options);
            expect(byNode).toEqual(byCount);
            expect(byNode.starts).toEqual(replay(log, CPUS, rule));
          }),
          { numRuns: 40 },
        );
      });
    }
  }

  it("are planned alike with arrays, with jobs that outrun their limits and with some that never end", () => {
    const job = fc.record({
      cpus: fc.integer({ min: 1, max: CPUS + 1 }),
      limitS: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(NEVER_S)),
      tasks: fc.integer({ min: 1, max: 4 }),
    });
    const queues = fc.record({
      first: fc.array(job, { maxLength: 6 }),
      second: fc.array(job, { minLength: 1, maxLength: 12 }),
      afterS: fc.integer({ min: 0, max: 40 }),
      size: fc.constantFrom([8, 1], [1, 8], [4, 2]),
      rule: fc.constantFrom("none", "easy", "easy-shortest"),
    });
    fc.assert(
      fc.property(queues, ({ first, second, afterS, size: [nodes, cpusPerNode], rule }) => {
        const [byCount, byNode] = [0, 1].map((memMib) => {
          const machine = new Machine(nodes!, cpusPerNode!, memMib);
          const plan = planWith(new Planner(kernel), OPTIONS[rule as keyof typeof OPTIONS]);
          for (const [i, asked] of first.entries()) machine.submit(i + 1, asked);
          machine.apply(plan(machine.tables(1000), machine.ranked(), true));
          for (const [i, asked] of second.entries()) machine.submit(100 + i, asked, asked.tasks);
          const made = plan(machine.tables(1000 + afterS), machine.ranked(), true);
          return {
            started: [...made.startJob],
            expected: [...made.expectedStartS],
            reasons: [...made.reason],
            rank: [...made.rank],
          };
        });
        expect(byNode).toEqual(byCount);
      }),
      { numRuns: 300 },
    );
  });
});
