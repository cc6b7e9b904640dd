import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import { explainRow } from "../../core/place/explain.ts";
import { tryRow } from "../../core/place/explain-trials.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import type { PlanOptions } from "../../core/place/queue.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { clusterPlans, makeCluster } from "../place/arbitrary.ts";
import { GPU, GRES_PARENT, gpus, NOW_S, TESLA, TestCluster } from "../place/cluster.ts";
import { kernel } from "../place/planning.ts";

const CLUSTERS = Number(process.env["ROTA_HISTORIES"] ?? 1000) / 4;
/** Waiting jobs of a cluster that are looked at. */
const MOST_ROWS = 12;
const placement = firstFitPlacement();
const priority = fifoPriority();
const policies = { placement, fallback: placement };
const options: PlanOptions = { mode: "planned", gresParent: GRES_PARENT };
const names = { node: (row: number) => `n${row}`, gresParent: GRES_PARENT };

function lookAt(cluster: TestCluster) {
  const tables = cluster.tables();
  const planner = new Planner(kernel);
  const ranked = prioritise(tables, priority, priority, GRES_PARENT);
  const planOf = (order: Int32Array) =>
    planner.plan(tables, { ...ranked, order: order.slice() }, options, policies);
  const startsBehind = (ahead: Int32Array, row: number): boolean => {
    const plan = planOf(Int32Array.of(...ahead, row));
    return plan.startRow.subarray(0, plan.startCount).includes(row);
  };
  const plan = planOf(ranked.order);
  // An array of which a task starts waits behind itself.
  const started = new Set(plan.startRow.subarray(0, plan.startCount));
  const waiting = [...ranked.order]
    .filter((row) => plan.reason[row] !== 0 && !started.has(row))
    .slice(0, MOST_ROWS);
  const explained = waiting.map((row) => explainRow(tables, plan, row, names));
  const free = waiting.map((row) => plan.freeNodes[row]!);
  const behind = waiting.map((row) => plan.behindJob[row]!);
  const tried = waiting.map((row) =>
    tryRow(planner, tables, ranked, options, policies, {
      jobId: tables.pending.columns.jobId[row]!,
      variants: [],
      timeVariant: -1,
    }),
  );
  return { tables, ranked, startsBehind, waiting, explained, free, behind, tried };
}

describe("an explanation, over random clusters and queues,", () => {
  it("says that nothing but priority holds a job exactly where it starts without the jobs ahead", () => {
    fc.assert(
      fc.property(clusterPlans, (plan) => {
        const { startsBehind, waiting, explained } = lookAt(makeCluster(plan));
        waiting.forEach((row, i) => {
          if (explained[i]!.reason !== "Priority") return;
          expect([row, explained[i]!.onlyPriority]).toEqual([row, startsBehind(new Int32Array(0), row)]);
        });
      }),
      { numRuns: CLUSTERS },
    );
  });

  it("names the job ahead that keeps it, with which it does not start and without which it would", () => {
    fc.assert(
      fc.property(clusterPlans, (plan) => {
        const { tables, ranked, startsBehind, waiting, explained, tried } = lookAt(makeCluster(plan));
        waiting.forEach((row, i) => {
          const { keptByJob, keptByStartS, isWhole } = tried[i]!;
          expect(isWhole).toBe(true);
          const order = [...ranked.order];
          const at = order.findIndex((other) => tables.pending.columns.jobId[other] === keptByJob);
          if (explained[i]!.onlyPriority === true) expect(keptByJob).toBeGreaterThan(0);
          if (keptByJob === 0) return;
          expect(at).toBeLessThan(order.indexOf(row));
          expect(keptByStartS).toBeGreaterThanOrEqual(NOW_S);
          expect(startsBehind(ranked.order.subarray(0, at), row)).toBe(true);
          expect(startsBehind(ranked.order.subarray(0, at + 1), row)).toBe(false);
        });
      }),
      { numRuns: CLUSTERS },
    );
  });

  it("names a job ahead wherever enough nodes are free for a job that waits", () => {
    fc.assert(
      fc.property(clusterPlans, (plan) => {
        const { tables, waiting, explained, free, behind, tried } = lookAt(makeCluster(plan));
        waiting.forEach((row, i) => {
          const shape = tables.pending.columns.shape[row]!;
          const names = tables.shapes.columns.requiredCount[shape]! > 0;
          // Counted of the first partition, where it could be of another; and of any nodes, where it names some.
          const isOne = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!.length === 1;
          const { reason, needNodes } = explained[i]!;
          const fits = reason === "Priority" && isOne && !names && free[i]! >= needNodes;
          if (!fits) return;
          expect(behind[i]).toBeGreaterThan(0);
          expect(tried[i]!.keptByJob).toBeGreaterThan(0);
        });
      }),
      { numRuns: CLUSTERS },
    );
  });
});

describe("an explanation", () => {
  /** A node of 4 CPUs that is free, one that is taken for an hour, and a job ahead that waits for both. */
  function behindGang(job: Parameters<TestCluster["job"]>[0]) {
    const cluster = new TestCluster([{}, {}]);
    cluster.node();
    cluster.busy(cluster.node(), 3600, 4);
    cluster.node({ partitions: [1], features: 1 });
    const gang = cluster.jobId(cluster.job({ nodes: 2, cpus: 4, limitS: 7200 }));
    const row = cluster.job(job);
    return { cluster, gang, row };
  }

  it("names the reservation that keeps a free node, and how short the job must be for it", () => {
    const { cluster, gang, row } = behindGang({ cpus: 4, limitS: 36_000 });
    const timeVariant = cluster.job({ cpus: 4, limitS: 36_000 });
    const elsewhere = cluster.job({ cpus: 4, limitS: 36_000, partitions: [1] });
    const tables = cluster.tables();
    const ranked = prioritise(tables, priority, priority, GRES_PARENT);
    const request = { jobId: cluster.jobId(row), variants: [elsewhere], timeVariant };
    const before = tables.pending.columns.timeLimitS.slice();
    const tried = tryRow(new Planner(kernel), tables, ranked, options, policies, request);
    expect(tried).toEqual({
      keptByJob: gang,
      keptByStartS: NOW_S + 3600,
      starts: [true],
      timeLimitS: 3600,
      isWhole: true,
    });
    expect(tables.pending.columns.timeLimitS).toEqual(before);
  });

  it("has a filter of its own for nodes that are asked by name", () => {
    const { cluster, row } = behindGang({ required: [1], cpus: 4 });
    const tables = cluster.tables();
    const ranked = prioritise(tables, priority, priority, GRES_PARENT);
    const plan = new Planner(kernel).plan(tables, ranked, options, policies);
    const { filters } = explainRow(tables, plan, row, names);
    expect(filters.filter(({ removed }) => removed > 0)).toEqual([
      { filter: "partition", removed: 1, left: 2 },
      { filter: "nodelist", removed: 1, left: 1 },
      { filter: "free now", removed: 1, left: 0 },
    ]);
  });

  it("tells typed devices that are there from untyped ones that would do", () => {
    const cluster = new TestCluster();
    cluster.node({ devices: gpus(2) });
    cluster.busy(0, 100, 1, 0, [0, 1]);
    const row = cluster.job({ gres: [{ dimension: TESLA, count: 1 }] });
    const any = cluster.job({ gres: [{ dimension: GPU, count: 1 }] });
    const tables = cluster.tables();
    const ranked = prioritise(tables, priority, priority, GRES_PARENT);
    const request = { jobId: cluster.jobId(row), variants: [any], timeVariant: -1 };
    const tried = tryRow(new Planner(kernel), tables, ranked, options, policies, request);
    expect(tried).toMatchObject({ keptByJob: 0, starts: [false], timeLimitS: 0 });
    expect(WAIT_REASONS[new Planner(kernel).plan(tables, ranked, options, policies).reason[row]!]).toBe(
      "Resources",
    );
  });
});
