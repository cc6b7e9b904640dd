/** Parts of a queue that are planned apart: which ones there are, and that together they are the plan of one planner. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../core/model/plan.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { mergeParts } from "../../core/place/merge-parts.ts";
import { plan, planPart } from "../../core/place/plan.ts";
import { forgetStarts, type PlanOptions, type Promises } from "../../core/place/queue.ts";
import { splitQueue } from "../../core/place/split.ts";
import type { Constraint, Counter } from "../../core/state/limit-sets.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { type ClusterPlan, clusterPlans, unevenPlans } from "./arbitrary.ts";
import { GRES_PARENT, type JobOptions, NOW_S, TestCluster } from "./cluster.ts";
import { kernel, rank } from "./planning.ts";

const fallback = firstFitPlacement();
const policies = { placement: fallback, fallback };
const partsOf = (tables: PassTables, planners = 4) =>
  splitQueue(tables, rank(tables), { mode: "planned" }, planners, 2);

/** Copies: a plan is good until the kernel plans the next one. */
function wholeOf(tables: PassTables, promises: Promises | undefined): Plan {
  const options: PlanOptions = { mode: "planned", gresParent: GRES_PARENT, promises };
  return structuredClone(plan(kernel, tables, rank(tables), options, policies));
}

function mergedOf(tables: PassTables, promises: Promises | undefined, planners: number): Plan | undefined {
  const ranked = rank(tables);
  const options: PlanOptions = { mode: "planned", gresParent: GRES_PARENT, promises };
  const parts = splitQueue(tables, ranked, options, planners, 2);
  if (parts === undefined) return undefined;
  const plans = parts.map((rows) =>
    structuredClone(planPart(kernel, tables, ranked, options, policies, rows)),
  );
  return mergeParts(ranked, plans, tables.pending.columns.jobId);
}

function promisesOf(made: Plan, tables: PassTables): Promises {
  const startS = made.expectedStartS.slice();
  forgetStarts(made, startS);
  return { jobId: tables.pending.columns.jobId.slice(0, made.pendingCount), startS };
}

/** A cluster of several copies of the same kind, each with two partitions of its own that share nodes or not. */
const several = (plans: fc.Arbitrary<ClusterPlan>) =>
  fc.array(plans, { minLength: 2, maxLength: 4 }).chain((copies) =>
    fc.record({
      copies: fc.constant(copies),
      order: fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 160, maxLength: 160 }),
      ends: fc.integer({ min: 0, max: 6 }),
      passedS: fc.integer({ min: 1, max: 5_000 }),
      // A partition of two copies couples them.
      bridge: fc.constantFrom(false, false, true),
      planners: fc.integer({ min: 2, max: 4 }),
    }),
  );

interface Case {
  readonly copies: readonly ClusterPlan[];
  readonly order: readonly number[];
  readonly ends: number;
  readonly bridge: boolean;
}

/** Without the first `ended` of what runs. */
function clusterOf({ copies, order, bridge }: Case, ended: number): TestCluster {
  const cluster = new TestCluster(copies.flatMap(() => [{}, {}]));
  const jobs: JobOptions[] = [];
  copies.forEach((copy, at) => {
    const first = cluster.nodes.count;
    const partitions = (own: readonly number[] | undefined): readonly number[] =>
      (own ?? [0]).map((p) => 2 * at + p);
    for (const node of copy.nodes) {
      const extra = bridge && at === 1 ? [0] : [];
      cluster.node({ ...node, partitions: [...partitions(node.partitions), ...extra] });
    }
    copy.busy.slice(ended).forEach(({ node, leftS, share }) => {
      const row = first + node;
      const cpus = Math.min(share, cluster.nodes.columns.freeCpus[row]!);
      if (cpus > 0) cluster.busy(row, Math.min(leftS, 100_000), cpus);
    });
    const rows = (own: readonly number[] | undefined): readonly number[] =>
      (own ?? []).filter((row) => row < copy.nodes.length).map((row) => first + row);
    for (const job of copy.jobs) {
      const required = rows(job.required);
      const nodes = Math.max(job.nodes ?? 1, required.length);
      const tasks = Math.max(nodes, job.tasks ?? 1);
      const places = { required, excluded: rows(job.excluded), partitions: partitions(job.partitions) };
      jobs.push({ ...job, nodes, tasks, ...places });
    }
  });
  jobs.forEach((job, i) => {
    cluster.job({ ...job, setPriority: order[i % order.length]! });
  });
  return cluster;
}

function expectSame(made: Case & { planners: number; passedS: number }): void {
  const tables = clusterOf(made, 0).tables();
  const whole = wholeOf(tables, undefined);
  const merged = mergedOf(tables, undefined, made.planners);
  if (merged !== undefined) expect(merged).toEqual(whole);
  // The next pass keeps what this one promised, while some of what ran has ended.
  const later = { ...clusterOf(made, made.ends).tables(), nowS: NOW_S + made.passedS };
  const promises = promisesOf(whole, tables);
  const next = mergedOf(later, promises, made.planners);
  if (next !== undefined) expect(next).toEqual(wholeOf(later, promises));
}

describe("parts that are planned apart", () => {
  it("are together the plan of one planner, to the byte", () => {
    fc.assert(fc.property(several(clusterPlans), expectSame), { numRuns: 150 });
  });

  it("are so with tasks that lie where there is room", () => {
    fc.assert(fc.property(several(unevenPlans), expectSame), { numRuns: 75 });
  });

  it("have each row of the queue once, in its order, and no node in common", () => {
    fc.assert(
      fc.property(several(clusterPlans), (made) => {
        const tables = clusterOf(made, 0).tables();
        const ranked = rank(tables);
        const parts = splitQueue(tables, ranked, { mode: "planned" }, made.planners, 2);
        if (parts === undefined) return;
        expect(parts.length).toBeLessThanOrEqual(made.planners);
        const place = new Map([...ranked.order].map((row, at) => [row, at]));
        expect(parts.flatMap((rows) => [...rows]).sort((a, b) => place.get(a)! - place.get(b)!)).toEqual([
          ...ranked.order,
        ]);
        const partOf = new Map<number, number>();
        parts.forEach((rows, part) => {
          const places = [...rows].map((row) => place.get(row)!);
          expect(places).toEqual([...places].sort((a, b) => a - b));
          for (const row of rows) {
            for (const p of tables.partitionSets[tables.pending.columns.partitionSet[row]!]!) {
              if (((ranked.allowedLo[row]! >>> p) & 1) === 0) continue;
              for (let node = 0; node < tables.nodes.count; node++) {
                if (((tables.nodes.columns.partitionLo[node]! >>> p) & 1) === 0) continue;
                expect(partOf.get(node) ?? part).toBe(part);
                partOf.set(node, part);
              }
            }
          }
        });
      }),
      { numRuns: 50 },
    );
  });
});

describe("a queue", () => {
  const two = (): TestCluster => {
    const cluster = new TestCluster([{}, {}]);
    for (const p of [0, 0, 1, 1]) cluster.node({ partitions: [p] });
    for (const p of [0, 1, 1, 0]) cluster.job({ partitions: [p] });
    return cluster;
  };

  it("of two partitions is split into two, the one with the first row first or not", () => {
    expect(partsOf(two().tables())?.map((rows) => [...rows])).toEqual([
      [0, 3],
      [1, 2],
    ]);
  });

  it("is whole where a job may run in both, or a node is in both", () => {
    const byJob = two();
    byJob.job({ partitions: [0, 1] });
    expect(partsOf(byJob.tables())).toBeUndefined();
    const byNode = two();
    byNode.node({ partitions: [0, 1] });
    expect(partsOf(byNode.tables())).toBeUndefined();
  });

  it("is whole for one planner, in other modes, and while it is short", () => {
    const tables = two().tables();
    expect(partsOf(tables, 1)).toBeUndefined();
    expect(splitQueue(tables, rank(tables), { mode: "easy" }, 2, 2)).toBeUndefined();
    expect(splitQueue(tables, rank(tables), { mode: "planned" }, 2)).toBeUndefined();
  });

  it("is whole where a limit counts jobs of both partitions, and is split where each has its own", () => {
    const counter = (subject: number): Counter => ({ subject, kind: "grpJobs", place: 0 });
    const constraint = (of: number): Constraint => ({
      counter: of,
      kind: "grpJobs",
      place: 0,
      value: 3,
      reason: 1,
    });
    const limits = {
      counters: [counter(0), counter(1)],
      constraints: [constraint(0), constraint(1)],
      subjectSets: [[], [0], [1]],
      constraintSets: [[], [0], [1]],
      usage: new Float64Array(2),
      halfLifeS: new Float64Array(2),
    };
    const cluster = two();
    const { subjects, constraints } = cluster.pending.columns;
    for (const [row, set] of [1, 2, 2, 1].entries()) {
      subjects[row] = set;
      constraints[row] = set;
    }
    expect(partsOf({ ...cluster.tables(), limits })).toHaveLength(2);
    // The second partition's jobs are counted by what holds the first one's back.
    subjects[1] = 1;
    expect(partsOf({ ...cluster.tables(), limits })).toBeUndefined();
  });

  it("is whole while there are reservations, licences or preemption", () => {
    const tables = two().tables();
    expect(partsOf({ ...tables, reservations: [] })).toBeUndefined();
    expect(partsOf({ ...tables, licences: {} as never })).toBeUndefined();
    expect(partsOf({ ...tables, preemption: {} as never })).toBeUndefined();
  });
});
