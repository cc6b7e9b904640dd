import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpusOf, demandsOf, memMibOf } from "../../../core/commit/node-share.ts";
import type { Plan } from "../../../core/model/plan.ts";
import { waitReasonCode } from "../../../core/model/reasons.ts";
import { Planner } from "../../../core/place/planner.ts";
import { makeCluster, unevenPlans } from "../arbitrary.ts";
import { GPU, gpus, type JobOptions, NEVER_S, NOW_S, TestCluster } from "../cluster.ts";
import { kernel, rank, reasonOf, startsOf } from "../planning.ts";
import { planExactly, type Settings, textOf } from "./planning.ts";

const SETTINGS: readonly Settings[] = [
  { mode: "none" },
  { mode: "easy" },
  { mode: "easy", backfillOrder: "shortest" },
  { mode: "conservative" },
];
const settings = fc.constantFrom(...SETTINGS);
const EASY: Settings = { mode: "easy" };

/** The plan's starts, made: the same cluster with them running, and an empty queue. */
function withStarts(cluster: TestCluster, after: TestCluster, plan: Plan): TestCluster {
  const { jobId, shape, timeLimitS } = cluster.pending.columns;
  const { columns, capacity } = after.nodes;
  for (const { job, nodes, tasks } of startsOf(plan)) {
    const row = [...jobId].indexOf(job);
    const request = cluster.request(shape[row]!);
    const endS = Math.min(NEVER_S, plan.nowS + timeLimitS[row]!);
    nodes.forEach((node, i) => {
      const cpus = cpusOf(request, tasks[i]!, columns.totalCpus[node]!, columns.threadsPerCore[node]!);
      const memMib = memMibOf(request, tasks[i]!, cpus, columns.totalMemMib[node]!);
      const demands = demandsOf(request, tasks[i]!);
      const free = [0, 1, 2, 3, 4].filter((lane) => columns.laneFree[lane * capacity + node]! > 0);
      const lanes = demands.flatMap(({ dimension, count }) =>
        free.filter((lane) => after.laneDimensions(node, lane).includes(dimension)).slice(0, count),
      );
      after.hold(job, node, endS, cpus, memMib, lanes);
      expect(columns.freeCpus[node]).toBeGreaterThanOrEqual(0);
      expect(columns.freeMemMib[node]).toBeGreaterThanOrEqual(0);
      expect(lanes.length).toBe(demands.reduce((sum, { count }) => sum + count, 0));
      expect(tasks[i]).toBeGreaterThanOrEqual(request.uneven ? 1 : 0);
      expect(tasks[i]).toBeLessThanOrEqual(request.tasksPerNode);
    });
    expect(nodes.length).toBeGreaterThanOrEqual(request.minNodes);
    expect(nodes.length).toBeLessThanOrEqual(request.maxNodes);
    expect(tasks.reduce((sum, n) => sum + n, 0)).toBe(request.tasks);
  }
  return after;
}

describe("an exact plan of jobs of all kinds", () => {
  it("never gives out more of a node than is free", () => {
    fc.assert(
      fc.property(unevenPlans, settings, (made, mode) => {
        const cluster = makeCluster(made);
        withStarts(cluster, makeCluster({ ...made, jobs: [] }), planExactly(cluster.tables(), mode));
      }),
      { numRuns: 200 },
    );
  });

  it("is the same from a planner that has planned before and from a new one", () => {
    fc.assert(
      fc.property(unevenPlans, settings, (made, mode) => {
        const used = textOf(planExactly(makeCluster(made).tables(), mode));
        expect(textOf(planExactly(makeCluster(made).tables(), mode, new Planner(kernel)))).toBe(used);
        expect(textOf(planExactly(makeCluster(made).tables(), mode))).toBe(used);
      }),
      { numRuns: 60 },
    );
  });

  it("does not change for a job when jobs come after it, but in the order of time limits", () => {
    fc.assert(
      fc.property(unevenPlans, fc.nat(), settings, (made, cut, mode) => {
        if (mode.backfillOrder === "shortest") return;
        const kept = cut % made.jobs.length;
        const whole = makeCluster(made).tables();
        const all = planExactly(whole, mode);
        const some = planExactly(makeCluster(made, kept).tables(), mode);
        const ofSome = (job: number): boolean => job < whole.pending.columns.jobId[kept]!;
        expect(startsOf(all).filter(({ job }) => ofSome(job))).toEqual(startsOf(some));
        for (let row = 0; row < kept; row++) expect(all.expectedStartS[row]).toBe(some.expectedStartS[row]);
      }),
      { numRuns: 200 },
    );
  });

  it("has a reason for every row that goes on waiting, and none for the others", () => {
    fc.assert(
      fc.property(unevenPlans, settings, (made, mode) => {
        const cluster = makeCluster(made);
        const plan = planExactly(cluster.tables(), mode);
        const started = new Map<number, number>();
        for (const row of plan.startRow) started.set(row, (started.get(row) ?? 0) + 1);
        for (let row = 0; row < plan.pendingCount; row++) {
          const waits = (started.get(row) ?? 0) < cluster.pending.columns.tasksWaiting[row]!;
          expect(plan.reason[row] !== waitReasonCode("None")).toBe(waits);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the easy mode on nodes", () => {
  it("reserves for the first blocked job alone, at the exact second, and lets others pass that do not delay it", () => {
    const cluster = makeCluster({ nodes: [{ cpus: 4 }, { cpus: 4 }], busy: [], jobs: [] });
    cluster.busy(0, 1_237, 4);
    const head = cluster.job({ nodes: 2, cpus: 4, limitS: 100 });
    const fits = cluster.job({ cpus: 4, limitS: 1_237 });
    const late = cluster.job({ cpus: 4, limitS: 1_238 });
    const plan = planExactly(cluster.tables(), EASY);
    expect(startsOf(plan).map(({ job }) => job)).toEqual([cluster.jobId(fits)]);
    expect(plan.expectedStartS[head]! - plan.nowS).toBe(1_237);
    expect(plan.expectedStartS[late]).toBe(0);
  });

  it("counts the ends of jobs that it has just started", () => {
    const cluster = makeCluster({ nodes: [{ cpus: 4 }], busy: [], jobs: [] });
    cluster.job({ cpus: 3, memMib: 1, limitS: 501 });
    const head = cluster.job({ cpus: 4, memMib: 1, limitS: 100 });
    const fits = cluster.job({ cpus: 1, memMib: 1, limitS: 501 });
    const plan = planExactly(cluster.tables(), EASY);
    expect(startsOf(plan).map(({ job }) => job)).toEqual([1, cluster.jobId(fits)]);
    expect(plan.expectedStartS[head]! - plan.nowS).toBe(501);
    expect(plan.behindJob[head]).toBe(1);
  });

  it("keeps nodes that are not free yet for the head, so that long jobs pass on those that are", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 4; i++) cluster.node({ cpus: 4, devices: gpus(2) });
    cluster.busy(2, 300, 4);
    cluster.busy(3, 300, 4);
    cluster.job({ nodes: 3, cpus: 4, gres: [{ dimension: GPU, count: 1 }] });
    const long = cluster.job({ cpus: 4, gres: [{ dimension: GPU, count: 1 }], limitS: 9_000 });
    const second = cluster.job({ cpus: 4, gres: [{ dimension: GPU, count: 1 }], limitS: 9_000 });
    const short = cluster.job({ cpus: 4, gres: [{ dimension: GPU, count: 1 }], limitS: 300 });
    const plan = planExactly(cluster.tables(), EASY);
    expect(startsOf(plan).map(({ job }) => job)).toEqual([cluster.jobId(long), cluster.jobId(short)]);
    expect(reasonOf(plan, second)).toBe("Priority");
  });

  it("never lets a start delay the first blocked job", () => {
    fc.assert(
      fc.property(unevenPlans, (made) => {
        const cluster = makeCluster(made);
        const plan = planExactly(cluster.tables(), EASY);
        const expected = [...plan.expectedStartS];
        const { nowS } = plan;
        const heads = [...rank(cluster.tables()).order].filter((row) => expected[row]! > nowS);
        const starts = { ...plan, startRow: plan.startRow.slice() };
        for (const head of heads) {
          const after = withStarts(cluster, makeCluster({ ...made, jobs: [] }), starts);
          const row = after.job({ ...optionsOf(made.jobs[head]!), tasksWaiting: 1 });
          const again = planExactly(after.tables(), EASY, new Planner(kernel));
          const startS = again.startCount > 0 ? again.nowS : again.expectedStartS[row]!;
          expect(startS).toBeLessThanOrEqual(expected[head]!);
          expect(startS).toBeGreaterThan(0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("keeps no node for tasks whose threads' memory it does not have", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 4, memMib: 4000 });
    cluster.node({ cpus: 6, memMib: 4000, threadsPerCore: 2 });
    cluster.node({ cpus: 8, memMib: 1000, threadsPerCore: 2 });
    for (let node = 0; node < 3; node++) cluster.busy(node, 1, 1);
    const head = cluster.job({
      nodes: 1,
      maxNodes: 2,
      tasks: 2,
      tasksPerNode: 2,
      uneven: true,
      cpusPerTask: 3,
      cpus: 6,
      oneThreadPerCore: true,
      memPer: "cpu",
      memPerMib: 300,
      memMib: 1800,
      limitS: 60,
    });
    const endless = cluster.job({
      nodes: 1,
      tasks: 3,
      tasksPerNode: 3,
      uneven: true,
      cpus: 3,
      limitS: NEVER_S,
    });
    const plan = planExactly(cluster.tables(), EASY);
    expect(plan.expectedStartS[head]).toBe(NOW_S + 1);
    // On either of the first two it would be in the way for ever.
    expect(
      startsOf(plan).filter(({ job, nodes }) => job === cluster.jobId(endless) && nodes[0] !== 2),
    ).toEqual([]);
  });

  it("has a head for each group of partitions that share no node with another", () => {
    const cluster = new TestCluster([{}, {}]);
    cluster.node({ cpus: 4, partitions: [0] });
    cluster.node({ cpus: 4, partitions: [1] });
    cluster.busy(0, 100, 1);
    cluster.busy(1, 200, 1);
    const first = cluster.job({ cpus: 4, partitions: [0] });
    const second = cluster.job({ cpus: 4, partitions: [1] });
    const late = cluster.job({ cpus: 1, partitions: [1], limitS: 201 });
    const fits = cluster.job({ cpus: 1, partitions: [1], limitS: 200 });
    const plan = planExactly(cluster.tables(), EASY);
    expect([first, second, late].map((row) => reasonOf(plan, row))).toEqual([
      "Resources",
      "Resources",
      "Priority",
    ]);
    expect(plan.expectedStartS[first]).toBe(NOW_S + 100);
    expect(plan.expectedStartS[second]).toBe(NOW_S + 200);
    expect(startsOf(plan).map(({ job }) => job)).toEqual([cluster.jobId(fits)]);
  });
});

describe("strict order", () => {
  it("lets nothing pass a blocked job in partitions that share nodes with its own, and everything elsewhere", () => {
    const cluster = makeCluster({ nodes: [], busy: [], jobs: [] });
    cluster.node({ cpus: 2, partitions: [0, 1] });
    cluster.partitions.push({ ...cluster.partitions[0]!, name: "p2" });
    cluster.node({ cpus: 2, partitions: [2] });
    cluster.busy(0, 100, 1);
    const head = cluster.job({ cpus: 2, partitions: [0] });
    const same = cluster.job({ cpus: 1, partitions: [0] });
    const shared = cluster.job({ cpus: 1, partitions: [1] });
    const elsewhere = cluster.job({ cpus: 1, partitions: [2] });
    const plan = planExactly(cluster.tables(), { mode: "none" });
    expect(startsOf(plan).map(({ job }) => job)).toEqual([cluster.jobId(elsewhere)]);
    for (const row of [same, shared]) expect(plan.behindJob[row]).toBe(cluster.jobId(head));
  });
});

function optionsOf(options: JobOptions): JobOptions {
  const required = options.required ?? [];
  const nodes = Math.max(options.nodes ?? 1, required.length);
  return { ...options, required, nodes, tasks: Math.max(nodes, options.tasks ?? 1) };
}
