/** What a plan in slots does with the starts that the last one promised. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../core/model/plan.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { Planner } from "../../core/place/planner.ts";
import type { PlanOptions, Promises } from "../../core/place/queue.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { clusterPlans, makeCluster } from "./arbitrary.ts";
import { GPU, GRES_PARENT, gpus, NOW_S, TestCluster } from "./cluster.ts";
import { expectedIn, kernel, rank, startsOf } from "./planning.ts";

function planWith(tables: PassTables, promises?: Promises, mode: PlanOptions["mode"] = "planned"): Plan {
  const fallback = firstFitPlacement();
  const options: PlanOptions = {
    mode,
    gresParent: GRES_PARENT,
    ...(promises === undefined ? {} : { promises }),
  };
  return new Planner(kernel).plan(tables, rank(tables), options, { placement: fallback, fallback });
}

/** By job id: seconds from now. */
const promised = (inS: Readonly<Record<number, number>>): Promises => ({
  jobId: Int32Array.from(Object.keys(inS), Number),
  startS: Uint32Array.from(Object.values(inS), (leftS) => NOW_S + leftS),
});

const startedJobs = (plan: Plan): readonly number[] => startsOf(plan).map(({ job }) => job);

/** Two nodes of a GPU each; the first is busy for an hour. */
function pair(): TestCluster {
  const cluster = new TestCluster();
  for (let i = 0; i < 2; i++) cluster.node({ cpus: 4, devices: gpus(1) });
  cluster.busy(0, 3600, 4, 0, [0]);
  return cluster;
}
const oneGpu = [{ dimension: GPU, count: 1 }];

describe("a start that was promised", () => {
  it("is given again to the second, though it lies between two slots", () => {
    const cluster = pair();
    const row = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(row)]: 4_321 }));
    expect(expectedIn(plan, row)).toBe(4_321);
  });

  it("is not put off by a job behind it that started beside it and ends in time, however many others end", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 4 });
    cluster.node({ cpus: 4 });
    // More ends than there are borders; one of them, between two slots far away, is on the node that is needed.
    cluster.node({ cpus: 200, partitions: [1] });
    for (let i = 0; i < 200; i++) cluster.busy(2, 61 + 7 * i, 1);
    cluster.busy(0, 50_001, 4);
    const wide = cluster.job({ nodes: 2, cpus: 4, limitS: 600 });
    for (const mode of ["planned", "conservative"] as const) {
      const plan = planWith(cluster.tables(), promised({ [cluster.jobId(wide)]: 50_005 }), mode);
      // Moved up, it has the first border at which the other is gone.
      const [least, most] = mode === "planned" ? [50_005, 50_005] : [50_001, 50_005];
      expect(expectedIn(plan, wide)).toBeGreaterThanOrEqual(least!);
      expect(expectedIn(plan, wide)).toBeLessThanOrEqual(most!);
    }
  });

  it("is moved up in the mode conservative, before any job that was promised nothing", () => {
    const cluster = pair();
    const wide = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600 });
    const promises = promised({ [cluster.jobId(wide)]: 86_400 });
    expect(expectedIn(planWith(cluster.tables(), promises, "conservative"), wide)).toBe(3_600);
    expect(expectedIn(planWith(cluster.tables(), promises), wide)).toBe(86_400);
    const ahead = new TestCluster();
    ahead.node({ cpus: 4, devices: gpus(1) });
    ahead.busy(0, 3600, 4, 0, [0]);
    const newer = ahead.job({ nodes: 1, gres: oneGpu, limitS: 7_200 });
    const older = ahead.job({ nodes: 1, gres: oneGpu, limitS: 600 });
    const given = promised({ [ahead.jobId(older)]: 3_600 });
    const kept = planWith(ahead.tables(), given, "conservative");
    expect([expectedIn(kept, older), expectedIn(kept, newer)! >= 4_200]).toEqual([3_600, true]);
  });

  it("is no reason to wait: the job starts as soon as it fits beside the promises of others", () => {
    const cluster = pair();
    const row = cluster.job({ nodes: 1, gres: oneGpu, limitS: 600 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(row)]: 86_400 }));
    expect(startedJobs(plan)).toEqual([cluster.jobId(row)]);
  });

  it("is kept against a job behind it that would be in the way, and against none that is gone by then", () => {
    const cluster = pair();
    const wide = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600 });
    const long = cluster.job({ nodes: 1, gres: oneGpu, limitS: 86_400 });
    const short = cluster.job({ nodes: 1, gres: oneGpu, limitS: 1_800 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(wide)]: 3_600 }));
    expect(startedJobs(plan)).toEqual([cluster.jobId(short)]);
    expect(expectedIn(plan, wide)).toBe(3_600);
    expect(expectedIn(plan, long)!).toBeGreaterThan(3_600);
  });

  it("is kept against a job ahead that finds its way earlier: that one starts only beside it", () => {
    const cluster = pair();
    const ahead = cluster.job({ nodes: 1, gres: oneGpu, limitS: 7_200 });
    const behind = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600 });
    const promises = promised({ [cluster.jobId(ahead)]: 10_800, [cluster.jobId(behind)]: 3_600 });
    const plan = planWith(cluster.tables(), promises);
    expect(startedJobs(plan)).toEqual([]);
    expect([expectedIn(plan, ahead), expectedIn(plan, behind)]).toEqual([10_800, 3_600]);
  });

  it("gives way to a job ahead that was not promised anything yet", () => {
    const cluster = pair();
    const first = cluster.job({ nodes: 1, gres: oneGpu, limitS: 7_200 });
    const behind = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(behind)]: 3_600 }));
    expect(startedJobs(plan)).toEqual([cluster.jobId(first)]);
    expect(expectedIn(plan, behind)!).toBeGreaterThanOrEqual(7_200);
  });

  it("moves to the first moment with room where it cannot be kept", () => {
    const cluster = pair();
    const row = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(row)]: 60 }));
    expect(expectedIn(plan, row)).toBe(3_600);
  });

  it("that is past holds the next place there is", () => {
    const cluster = pair();
    const row = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(row)]: -500 }));
    expect(expectedIn(plan, row)).toBe(3_600);
  });

  it("of an array is the least that one of its tasks has", () => {
    const cluster = pair();
    const row = cluster.job({ nodes: 2, gres: oneGpu, limitS: 600, tasksWaiting: 3 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(row)]: 86_400 }));
    expect(expectedIn(plan, row)).toBe(3_600);
  });

  it("starts as it was laid, where the last node has fewer tasks than room is looked for", () => {
    const cluster = new TestCluster();
    for (const cpus of [1, 2, 2, 1]) cluster.node({ cpus });
    const gang = cluster.job({ nodes: 2, tasks: 3, tasksPerNode: 2, cpus: 2, limitS: 60 });
    const wide = cluster.job({ nodes: 3, tasks: 3, tasksPerNode: 1, cpus: 1, limitS: 62, qosPriority: 0 });
    const plan = planWith(cluster.tables(), promised({ [cluster.jobId(gang)]: 59 }));
    expect(startedJobs(plan)).toContain(cluster.jobId(gang));
    expect(startedJobs(plan)).toContain(cluster.jobId(wide));
  });
});

it("what a plan promises is promised by the next one again, where nothing has happened", () => {
  fc.assert(
    fc.property(clusterPlans, (plan) => {
      // Of an array only the next task has a promise.
      const jobs = plan.jobs.map((job) => ({ ...job, tasksWaiting: 1 }));
      const cluster = makeCluster({ ...plan, jobs });
      const tables = cluster.tables();
      const first = planWith(tables);
      const rows = jobs.map((_, row) => row).filter((row) => first.expectedStartS[row]! > NOW_S);
      const second = planWith(tables, {
        jobId: Int32Array.from(rows, (row) => cluster.jobId(row)),
        startS: Uint32Array.from(rows, (row) => first.expectedStartS[row]!),
      });
      for (const row of rows) {
        const isNow = startedJobs(second).includes(cluster.jobId(row));
        expect(isNow || second.expectedStartS[row]! <= first.expectedStartS[row]!).toBe(true);
      }
      for (const job of startedJobs(first)) expect(startedJobs(second)).toContain(job);
    }),
    { seed: 1, numRuns: 400 },
  );
});
