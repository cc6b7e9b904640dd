import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WorkloadJob } from "../../core/simulate/workload.ts";
import { run, workloadOf } from "./cluster.ts";
import { startsByCounts } from "./oracle.ts";

const PROCESSORS = 8;
const HISTORIES = 30;

/** Jobs that crowd: many share a second, run into their limit, or end in the second in which another comes. */
const crowded: fc.Arbitrary<Partial<WorkloadJob>[]> = fc.array(
  fc
    .record({
      submitS: fc.integer({ min: 0, max: 60 }),
      cpus: fc.integer({ min: 1, max: PROCESSORS }),
      timeLimitS: fc.integer({ min: 1, max: 20 }),
      part: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ part, ...job }) => ({ ...job, runS: Math.max(1, Math.ceil((job.timeLimitS * part) / 3)) }))
    .map((job) => ({ ...job, runS: Math.min(job.runS, job.timeLimitS) })),
  { minLength: 1, maxLength: 60 },
);
const inOrder = (jobs: Partial<WorkloadJob>[]) => workloadOf(jobs.sort((a, b) => a.submitS! - b.submitS!));

describe("a replay starts every job when the published algorithm does", () => {
  const policies = [
    { mode: "none", order: "queue", estimates: "requested" },
    { mode: "easy", order: "queue", estimates: "requested" },
    { mode: "easy", order: "queue", estimates: "exact" },
    { mode: "easy", order: "shortest", estimates: "requested" },
    { mode: "easy", order: "shortest", estimates: "exact" },
  ] as const;
  for (const eventOrder of ["serial", "batch"] as const) {
    it.each(policies)(`${eventOrder}: $mode, $order, $estimates`, ({ mode, order, estimates }) => {
      fc.assert(
        fc.property(crowded, (jobs) => {
          const workload = inOrder(jobs);
          const asked = { eventOrder, estimates, backfill: { mode, order } };
          const pool = run(workload, { cpus: PROCESSORS }, asked);
          const { startS, passes } = startsByCounts(workload.jobs, {
            processors: PROCESSORS,
            mode,
            shortestFirst: order === "shortest",
            exact: estimates === "exact",
            serial: eventOrder === "serial",
          });
          expect([...pool.jobs.startS]).toEqual(startS);
          expect(pool.summary.passes).toBe(passes);
          expect(pool.notes).toEqual([]);
          const pairs = run(workload, { count: PROCESSORS / 2, cpus: 2 }, asked);
          expect([...pairs.jobs.startS]).toEqual(startS);
          const apart = run(workload, { count: PROCESSORS, cpus: 1 }, asked);
          expect([...apart.jobs.startS]).toEqual(startS);
          expect([...apart.jobs.nodes]).toEqual(workload.jobs.map(({ cpus }) => cpus));
        }),
        { numRuns: HISTORIES },
      );
    });
  }
});

it("the same replay twice is the same to the last figure", () => {
  fc.assert(
    fc.property(crowded, (jobs) => {
      const workload = inOrder(jobs);
      const asked = { backfill: { mode: "planned", order: "queue" } } as const;
      expect(run(workload, {}, asked)).toEqual(run(workload, {}, asked));
    }),
    { numRuns: 10 },
  );
});

describe("one replay", () => {
  it("gives waits, slowdown, makespan and utilisation over all jobs", () => {
    const workload = workloadOf([
      { submitS: 10, cpus: 8, runS: 100, timeLimitS: 200 },
      { submitS: 20, cpus: 4, runS: 5, timeLimitS: 10 },
      { submitS: 20, cpus: 4, runS: 50, timeLimitS: 50 },
    ]);
    const { summary, jobs } = run(workload, { cpus: 8 });
    expect([...jobs.startS]).toEqual([10, 110, 110]);
    expect([...jobs.endS]).toEqual([110, 115, 160]);
    expect(summary).toEqual({
      jobs: 3,
      makespanS: 150,
      utilization: (800 + 20 + 200) / (8 * 150),
      waitMeanS: 60,
      waitP50S: 90,
      waitP99S: 90,
      boundedSlowdownMean: (1 + 95 / 10 + 140 / 50) / 3,
      // Ends at 110, 115 and 160, submissions at 10 and 20.
      passes: 5,
      decisions: expect.any(Number),
      wallS: 0,
      peakRssMib: 0,
      // The first to wait was promised the first job's limit, 210, and started at 110.
      predictionErrorP50S: 100,
    });
  });

  it("ends a job at its time limit, and runs jobs of no time", () => {
    const workload = workloadOf([
      { cpus: 8, runS: 7, timeLimitS: 7 },
      { cpus: 8, runS: 0, timeLimitS: 60 },
      { cpus: 8, runS: 1, timeLimitS: 60 },
    ]);
    for (const eventOrder of ["batch", "serial"] as const) {
      const { jobs } = run(workload, { cpus: 8 }, { eventOrder });
      expect([...jobs.startS]).toEqual([0, 7, 7]);
      expect([...jobs.endS]).toEqual([7, 7, 8]);
    }
  });

  it("takes a log whose clock counts from 1970", () => {
    const workload = workloadOf([
      { submitS: 3_000_000_000, cpus: 8, runS: 10, timeLimitS: 100 },
      { submitS: 3_000_000_005, cpus: 8, runS: 10, timeLimitS: 100 },
    ]);
    expect([...run(workload, { cpus: 8 }).jobs.startS]).toEqual([3_000_000_000, 3_000_000_010]);
  });

  it("says which jobs were refused, and how many never fitted, and runs the others", () => {
    const workload = workloadOf([{ cpus: 9 }, { cpus: 8 }, { cpus: 9 }, { gpusPerNode: 1, nodes: 1 }]);
    const { jobs, summary, notes } = run(workload, { cpus: 8 });
    expect([...jobs.startS]).toEqual([-1, 0, -1, -1]);
    expect(summary.jobs).toBe(1);
    expect(notes).toHaveLength(2);
    expect(notes?.[0]).toMatch(/^1 job was refused \(the first has id 4\): NODE_CONFIG_UNAVAILABLE: /);
    expect(notes?.[1]).toBe("2 jobs were never able to start");
  });

  it("keeps which nodes each job ran on, as runs of rows", () => {
    const workload = workloadOf([{ cpus: 3 }, { cpus: 5, submitS: 1 }, { cpus: 2, submitS: 2 }]);
    const { placements, jobs } = run(workload, { count: 8, cpus: 1 }, { keepPlacements: true });
    expect(jobs.startS[2]).toBe(100);
    const rowsOf = (job: number): number[] => {
      const rows: number[] = [];
      for (let at = placements!.offset[job]!; at < placements!.offset[job + 1]!; at++)
        for (let row = placements!.first[at]!; row <= placements!.last[at]!; row++) rows.push(row);
      return rows;
    };
    expect([...rowsOf(0), ...rowsOf(1)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(rowsOf(2)).toHaveLength(2);
    expect(placements!.first.length).toBeLessThanOrEqual(5);
  });

  it("gives nodes, CPUs and GPUs of jobs that ask for nodes", () => {
    const workload = workloadOf([
      { nodes: 2, cpus: 4, gpusPerNode: 8 },
      { nodes: 1, cpus: 4, gpusPerNode: 2 },
    ]);
    const { jobs } = run(workload, { count: 2, cpus: 8, gpus: 8 }, { placement: "pack" });
    expect([...jobs.startS]).toEqual([0, 100]);
    expect([...jobs.nodes]).toEqual([2, 1]);
    expect([...jobs.cpus]).toEqual([8, 4]);
    expect([...jobs.gpus]).toEqual([16, 2]);
  });

  it("counts the GPUs of a job that leaves open how many nodes it has, by those that it got", () => {
    const workload = workloadOf([{ nodes: 0, cpus: 16, gpusPerNode: 2 }]);
    const { jobs } = run(workload, { count: 2, cpus: 8, gpus: 8 }, { placement: "pack" });
    expect([...jobs.nodes]).toEqual([2]);
    expect([...jobs.gpus]).toEqual([4]);
  });

  it("orders the queue by the policy that is named", () => {
    const workload = workloadOf([
      { cpus: 8, timeLimitS: 50, runS: 50 },
      { submitS: 1, cpus: 8, timeLimitS: 90, runS: 9 },
      { submitS: 2, cpus: 8, timeLimitS: 10, runS: 10 },
    ]);
    expect([...run(workload, {}, { order: "fcfs" }).jobs.startS]).toEqual([0, 50, 59]);
    expect([...run(workload, {}, { order: "sjf" }).jobs.startS]).toEqual([0, 60, 50]);
  });
});
