import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Committed, commit } from "../../core/commit/commit.ts";
import { pickLanes } from "../../core/commit/node-share.ts";
import { WHOLE_DEVICE } from "../../core/model/ids.ts";
import type { Plan } from "../../core/model/plan.ts";
import { NODE_FLAG, type PassTables, PENDING_FLAG } from "../../core/state/tables.ts";
import { clusterPlans, makeCluster, unevenPlans } from "../place/arbitrary.ts";
import { GPU, gpus, type JobOptions, NIC, NOW_S, TESLA, TestCluster, UP, VOLTA } from "../place/cluster.ts";
import { planQueue } from "../place/planning.ts";

const commitTo = (cluster: TestCluster, plan = planQueue(cluster.tables()), live?: PassTables): Committed =>
  commit(plan, live ?? cluster.tables(), cluster);

function oneNode(): TestCluster {
  const cluster = new TestCluster();
  cluster.node({ cpus: 8, memMib: 1000, devices: [...gpus(2), [GPU, VOLTA], [NIC]], threadsPerCore: 2 });
  return cluster;
}

describe("an allocation", () => {
  it("has the tasks, CPUs, memory and lowest free devices of each node", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 2; i++) cluster.node({ cpus: 8, devices: gpus(4) });
    cluster.busy(0, 100, 1, 0, [0]);
    cluster.job({
      nodes: 2,
      tasks: 3,
      cpusPerTask: 2,
      memMib: 400,
      memPer: "cpu",
      memPerMib: 100,
      gres: [{ dimension: TESLA, count: 2 }],
    });
    const { allocations, conflicts } = commitTo(cluster);
    expect(conflicts).toEqual([]);
    const lanes = (...which: number[]): object[] =>
      which.map((lane) => ({ lane, thousandths: WHOLE_DEVICE }));
    expect(allocations).toEqual([
      {
        start: 0,
        jobId: 2,
        row: 0,
        partition: 0,
        allocation: {
          nodes: [
            { node: 0, tasks: 2, cpus: 4, memMib: 400, devices: lanes(1, 2) },
            { node: 1, tasks: 1, cpus: 2, memMib: 200, devices: lanes(0, 1) },
          ],
        },
      },
    ]);
  });

  it("is all of a node's CPUs for an exclusive job, and all of its memory where that was asked", () => {
    const cluster = oneNode();
    cluster.job({ exclusive: true, memMib: -1 });
    expect(commitTo(cluster).allocations[0]!.allocation.nodes).toMatchObject([
      { cpus: 8, memMib: 1000, devices: [] },
    ]);
  });

  it("counts every thread of a core of which one may be used", () => {
    const cluster = oneNode();
    cluster.job({ cpusPerTask: 3, oneThreadPerCore: true, memMib: 600, memPer: "cpu", memPerMib: 100 });
    expect(commitTo(cluster).allocations[0]!.allocation.nodes).toMatchObject([{ cpus: 6, memMib: 600 }]);
  });

  it("keeps scarce types for the demands that name them", () => {
    const dimensions = [[GPU, TESLA], [GPU, VOLTA], [NIC]];
    const of = (lane: number): readonly number[] => dimensions[lane] ?? [];
    const demands = [
      { dimension: GPU, count: 1 },
      { dimension: TESLA, count: 1 },
      { dimension: NIC, count: 1 },
    ];
    expect(pickLanes(demands, 0b111, of)).toEqual([0, 1, 2]);
    expect(pickLanes(demands, 0b011, of)).toBeUndefined();
    expect(pickLanes([], 0, of)).toEqual([]);
  });
});

describe("a start that no longer holds is a conflict", () => {
  const cases: [string, (cluster: TestCluster) => void, string][] = [
    ["its job has left the queue", (c) => void c.pending.removeRow(0), "JOB_GONE"],
    ["its job is held", (c) => void c.pending.columns.flags.fill(PENDING_FLAG.HELD_USER), "JOB_HELD"],
    [
      "its job depends on another again",
      (c) => void c.pending.columns.flags.fill(PENDING_FLAG.DEPENDENCY),
      "JOB_HELD",
    ],
    ["its job has a later begin time", (c) => void c.pending.columns.beginS.fill(NOW_S + 1), "JOB_HELD"],
    ["its array is at its limit", (c) => void c.pending.columns.tasksStartable.fill(0), "NO_TASK_LEFT"],
    ["the node is drained", (c) => void c.nodes.columns.flags.fill(UP | NODE_FLAG.DRAIN), "NODE_NOT_USABLE"],
    ["the node left the partition", (c) => void c.nodes.columns.partitionLo.fill(2), "JOB_CHANGED"],
    [
      "the partition went down",
      (c) => void c.partitions.splice(0, 1, { ...c.partitions[0]!, up: false }),
      "JOB_CHANGED",
    ],
    [
      "the job's limit was raised past the partition's",
      (c) => void c.partitions.splice(0, 1, { ...c.partitions[0]!, maxTimeS: 1 }),
      "JOB_CHANGED",
    ],
    ["CPUs were taken", (c) => void c.busy(0, 100, 7), "CPUS_TAKEN"],
    ["memory was taken", (c) => void c.busy(0, 100, 0, 901), "MEMORY_TAKEN"],
    ["devices were taken", (c) => void c.busy(0, 100, 0, 0, [0, 1]), "DEVICES_TAKEN"],
  ];
  it.each(cases)("when %s", (_, change, code) => {
    const cluster = oneNode();
    cluster.job({ cpusPerTask: 2, memMib: 100, gres: [{ dimension: TESLA, count: 1 }] });
    const plan = planQueue(cluster.tables());
    expect(plan.startCount).toBe(1);
    change(cluster);
    const { allocations, conflicts } = commitTo(cluster, plan);
    expect(allocations).toEqual([]);
    expect(conflicts).toMatchObject([{ jobId: 1, code }]);
  });

  it("when the job asks for something else now", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 3; i++) cluster.node({});
    cluster.job({ nodes: 2 });
    const plan = planQueue(cluster.tables());
    const other = cluster.job({ nodes: 3 });
    cluster.pending.columns.shape[0] = cluster.pending.columns.shape[other]!;
    expect(commitTo(cluster, plan).conflicts).toMatchObject([{ jobId: 1, code: "JOB_CHANGED" }]);
  });

  it("when an exclusive job's node has another job, even one without CPUs", () => {
    const cluster = oneNode();
    cluster.job({ exclusive: true });
    const plan = planQueue(cluster.tables());
    cluster.busy(0, 100, 0);
    expect(commitTo(cluster, plan).conflicts).toMatchObject([{ code: "CPUS_TAKEN" }]);
  });

  it("but not when the job's row has only moved", () => {
    const cluster = oneNode();
    cluster.job({ flags: PENDING_FLAG.HELD_USER });
    cluster.job();
    const plan = planQueue(cluster.tables());
    cluster.pending.removeRow(0);
    expect(commitTo(cluster, plan).allocations).toMatchObject([{ jobId: 2, row: 0 }]);
  });

  it("for the tasks of an array beyond what may start now", () => {
    const cluster = oneNode();
    cluster.job({ tasksWaiting: 5 });
    const plan = planQueue(cluster.tables());
    cluster.pending.columns.tasksStartable[0] = 2;
    const { allocations, conflicts } = commitTo(cluster, plan);
    expect([allocations.length, conflicts.length]).toEqual([2, 3]);
  });
});

/** An uneven job of six tasks, two CPUs each, at most four on one of three nodes. */
function unevenCluster(over: Partial<JobOptions> = {}): TestCluster {
  const cluster = new TestCluster();
  for (let i = 0; i < 3; i++) cluster.node({ cpus: 8, memMib: 1000, devices: gpus(8) });
  cluster.job({
    nodes: 1,
    maxNodes: 3,
    tasks: 6,
    tasksPerNode: 4,
    uneven: true,
    cpusPerTask: 2,
    cpus: 8,
    ...over,
  });
  return cluster;
}

/** A plan that starts the first job with these tasks on the first nodes. */
const planOf = (...tasks: number[]): Plan => ({
  nowS: NOW_S,
  pendingCount: 1,
  startCount: 1,
  startRow: Int32Array.of(0),
  startJob: Int32Array.of(1),
  startPartition: Int32Array.of(0),
  startOffset: Int32Array.of(0, tasks.length),
  startNodes: Int32Array.from(tasks.keys()),
  startTasks: Int32Array.from(tasks),
  reason: new Uint8Array(1),
  priority: new Float64Array(1),
  rank: new Int32Array(1),
  expectedStartS: new Uint32Array(1),
  freeNodes: new Int32Array(1),
  behindJob: new Int32Array(1),
  faults: [],
  decisions: 1,
});

describe("a job whose tasks lie where there is room", () => {
  it("has CPUs by its tasks on each node, however the plan has laid them", () => {
    for (const tasks of [
      [4, 2],
      [1, 1, 4],
      [2, 2, 2],
    ]) {
      const { allocations } = commitTo(unevenCluster(), planOf(...tasks));
      const made = allocations[0]!.allocation.nodes.map((share) => [share.tasks, share.cpus]);
      expect(made).toEqual(tasks.map((count) => [count, 2 * count]));
    }
  });

  it("has devices by its tasks where they were asked so, and those of the node whole", () => {
    const cluster = unevenCluster({
      gres: [
        { dimension: TESLA, count: 4, perTask: true },
        { dimension: GPU, count: 1 },
      ],
    });
    const { nodes } = commitTo(cluster, planOf(1, 3, 2)).allocations[0]!.allocation;
    expect(nodes.map(({ devices }) => devices.length)).toEqual([2, 4, 3]);
  });

  it("has memory by its CPUs or by its tasks' GPUs, and that of a node whole", () => {
    const memoryOf = (over: Partial<JobOptions>): number[] =>
      commitTo(unevenCluster(over), planOf(4, 2)).allocations[0]!.allocation.nodes.map((n) => n.memMib);
    expect(memoryOf({ memMib: 400, memPer: "cpu", memPerMib: 50 })).toEqual([400, 200]);
    expect(memoryOf({ memMib: 400, memPer: "node", memPerMib: 400 })).toEqual([400, 400]);
    const gres = [{ dimension: GPU, count: 4, perTask: true as const }];
    expect(memoryOf({ memMib: 400, memPer: "gpu", memPerMib: 100, gres })).toEqual([400, 200]);
    expect(memoryOf({ memMib: -1 })).toEqual([1000, 1000]);
  });

  it.each([
    ["a node would have no task", [4, 2, 0]],
    ["a node would have more than it may", [5, 1]],
    ["tasks are missing", [3, 2]],
    ["there are tasks too many", [4, 3]],
  ])("does not start when %s", (_, tasks) => {
    const { allocations, conflicts } = commitTo(unevenCluster(), planOf(...tasks));
    expect(allocations).toEqual([]);
    expect(conflicts).toMatchObject([{ jobId: 1, code: "JOB_CHANGED" }]);
  });

  it.each([
    ["fewer", { nodes: 3, tasks: 6 }, [4, 2]],
    ["more", { maxNodes: 2 }, [2, 2, 2]],
  ])("does not start on %s nodes than it asked for", (_, over, tasks) => {
    expect(commitTo(unevenCluster(over), planOf(...tasks)).conflicts).toMatchObject([
      { code: "JOB_CHANGED" },
    ]);
  });

  it("does not start when the CPUs of one of its nodes were taken", () => {
    const cluster = unevenCluster();
    cluster.busy(1, 100, 5);
    expect(commitTo(cluster, planOf(4, 2)).conflicts).toMatchObject([{ code: "CPUS_TAKEN" }]);
    expect(commitTo(cluster, planOf(4, 1, 1)).conflicts).toEqual([]);
  });
});

const PLANS = [
  ["even", clusterPlans],
  ["even and uneven", unevenPlans],
] as const;

describe("committing", () => {
  it.each(PLANS)("makes every start of a fresh plan of %s jobs", (_, plans) => {
    fc.assert(
      fc.property(plans, (made) => {
        const cluster = makeCluster(made);
        const plan = planQueue(cluster.tables());
        const { allocations, conflicts } = commitTo(cluster, plan);
        expect(conflicts).toEqual([]);
        expect(allocations.length).toBe(plan.startCount);
      }),
      { numRuns: 200 },
    );
  });

  it.each(PLANS)("never gives out what is not free, however stale the plan of %s jobs is", (_, plans) => {
    fc.assert(
      fc.property(plans, plans, fc.array(fc.nat(), { maxLength: 10 }), (made, later, gone) => {
        // The plan is of one cluster and the live tables are of another with as many nodes at least.
        const planned = makeCluster({ ...made, nodes: made.nodes });
        const live = makeCluster({
          nodes: [...later.nodes, ...made.nodes],
          busy: later.busy,
          jobs: made.jobs,
        });
        for (const row of gone) if (live.pending.count > 0) live.pending.removeRow(row % live.pending.count);
        const tables = live.tables();
        // Job ids of the two differ by the number of running jobs.
        const shift = planned.running.count - live.running.count;
        for (let row = 0; row < live.pending.count; row++) live.pending.columns.jobId[row]! += shift;
        const { allocations } = commit(planQueue(planned.tables()), tables, live);
        const { columns, capacity } = tables.nodes;
        const taken = new Map<string, number>();
        const take = (what: string, amount: number, free: number): void => {
          const sum = (taken.get(what) ?? 0) + amount;
          taken.set(what, sum);
          expect(sum).toBeLessThanOrEqual(free);
        };
        for (const { row, allocation } of allocations) {
          const request = live.request(tables.pending.columns.shape[row]!);
          expect(allocation.nodes.reduce((sum, { tasks }) => sum + tasks, 0)).toBe(request.tasks);
          expect(allocation.nodes.length).toBeGreaterThanOrEqual(request.minNodes);
          expect(allocation.nodes.length).toBeLessThanOrEqual(request.maxNodes);
          take(`row ${row}`, 1, tables.pending.columns.tasksStartable[row]!);
          for (const { node, tasks, cpus, memMib, devices } of allocation.nodes) {
            take(`cpus ${node}`, cpus, columns.freeCpus[node]!);
            take(`memory ${node}`, memMib, columns.freeMemMib[node]!);
            for (const { lane, thousandths } of devices) {
              take(`lane ${lane} of ${node}`, thousandths, columns.laneFree[lane * capacity + node]!);
            }
            const counts = request.gres.map(({ count, perTask }) =>
              perTask === true ? (count * tasks) / request.tasksPerNode : count,
            );
            expect(devices.length).toBe(counts.reduce((sum, count) => sum + count, 0));
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("where the devices of nodes hang together by lane", () => {
  const gang = (hasRails: boolean, busyLanes: readonly number[]): readonly (readonly number[])[] => {
    const cluster = new TestCluster();
    for (let i = 0; i < 2; i++) cluster.node({ cpus: 8, devices: gpus(4) });
    cluster.busy(0, 100, 1, 0, [0]);
    cluster.busy(1, 100, 1, 0, [...busyLanes]);
    cluster.job({ nodes: 2, tasks: 2, gres: [{ dimension: TESLA, count: 2 }] });
    const plan = planQueue(cluster.tables());
    const { allocations } = commitTo(cluster, plan, { ...cluster.tables(), hasRails });
    return allocations[0]!.allocation.nodes.map(({ devices }) => devices.map(({ lane }) => lane));
  };

  it("a gang has the same lanes on each node", () => {
    expect(gang(true, [])).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(gang(false, [])).toEqual([
      [1, 2],
      [0, 1],
    ]);
  });

  it("and starts on others where too few are free on all", () => {
    expect(gang(true, [1, 2])).toEqual([
      [1, 2],
      [0, 3],
    ]);
  });
});
