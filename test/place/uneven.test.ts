import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import type { Plan } from "../../core/model/plan.ts";
import type { PlacementPolicy, TopologyPolicy } from "../../core/model/policy.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { slotBorders } from "../../core/place/slots.ts";
import { NODE_FLAG } from "../../core/state/tables.ts";
import { makeCluster, unevenPlans } from "./arbitrary.ts";
import { GPU, gpus, type JobOptions, NIC, TestCluster, UP } from "./cluster.ts";
import { planByForce } from "./oracle.ts";
import { expectedIn, planQueue, rank, reasonOf, startsOf } from "./planning.ts";

const MAX_SLOTS = 160;

/** A cluster of nodes with so many CPUs. */
function clusterOf(...cpus: number[]): TestCluster {
  const cluster = new TestCluster();
  for (const count of cpus) cluster.node({ cpus: count });
  return cluster;
}

const placed = (plan: Plan): [number, number][][] =>
  startsOf(plan).map(({ nodes, tasks }) => nodes.map((node, i) => [node, tasks[i]!]));

describe("a job whose tasks lie where there is room", () => {
  it("is planned as by brute force, among jobs of all kinds: when, where and with which tasks", () => {
    fc.assert(
      fc.property(unevenPlans, (made) => {
        const cluster = makeCluster(made);
        const tables = cluster.tables();
        const plan = planQueue(tables);
        const oracle = planByForce(
          cluster,
          tables,
          [...rank(tables).order],
          [...slotBorders(tables, MAX_SLOTS)],
        );
        const now = oracle.filter(({ startS }) => startS === 0);
        const starts = startsOf(plan);
        expect(starts.map(({ job, nodes }) => ({ job, nodes }))).toEqual(
          now.map(({ row, nodes }) => ({ job: cluster.jobId(row), nodes })),
        );
        now.forEach(({ tasks }, i) => {
          if (tasks.length > 0) expect(starts[i]!.tasks).toEqual(tasks);
        });
        for (const { row, startS } of oracle.filter((job) => job.startS > 0)) {
          if (tables.pending.columns.tasksWaiting[row] === 1) expect(expectedIn(plan, row)).toBe(startS);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("is committed as it was planned", () => {
    fc.assert(
      fc.property(unevenPlans, (made) => {
        const cluster = makeCluster(made);
        const tables = cluster.tables();
        const { conflicts } = commit(planQueue(tables), tables, cluster);
        expect(conflicts).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("starts exactly when some choice of nodes within its numbers holds all its tasks", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (cpus, asked, nodes, more, tasksPerNode) => {
          const cluster = clusterOf(...cpus);
          const tasks = Math.max(asked, nodes);
          const maxNodes = Math.min(tasks, nodes + more);
          cluster.job({ uneven: true, tasks, nodes, maxNodes, tasksPerNode });
          const subsets = Array.from({ length: 2 ** cpus.length }, (_, bits) =>
            cpus.filter((_, i) => (bits >> i) & 1),
          );
          const holds = subsets.some(
            (set) =>
              set.length >= nodes &&
              set.length <= maxNodes &&
              set.reduce((sum, count) => sum + Math.min(count, tasksPerNode), 0) >= tasks,
          );
          expect(planQueue(cluster.tables()).startCount).toBe(holds ? 1 : 0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("takes the node that holds all of it rather than leftovers", () => {
    const cluster = clusterOf(2, 2, 8, 2);
    cluster.job({ uneven: true, tasks: 7, maxNodes: 7 });
    expect(placed(planQueue(cluster.tables()))).toEqual([[[2, 7]]]);
  });

  it("has a task on each of its fewest nodes, the first ones full", () => {
    const cluster = clusterOf(4, 4, 4);
    cluster.job({ uneven: true, tasks: 5, nodes: 3, maxNodes: 3 });
    expect(placed(planQueue(cluster.tables()))).toEqual([
      [
        [0, 3],
        [1, 1],
        [2, 1],
      ],
    ]);
  });

  it("always has the nodes that it names, and others only for what these do not hold", () => {
    const cluster = clusterOf(8, 1, 8, 8);
    cluster.job({ uneven: true, tasks: 9, nodes: 1, maxNodes: 9, required: [1, 3] });
    cluster.job({ uneven: true, tasks: 8, nodes: 1, maxNodes: 9, excluded: [0] });
    expect(placed(planQueue(cluster.tables()))).toEqual([
      [
        [1, 1],
        [3, 8],
      ],
      [[2, 8]],
    ]);
  });

  it("counts devices and memory of each task, and what each node has beside them", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 16, memMib: 4_000, devices: [...gpus(4), [NIC]] });
    cluster.node({ cpus: 16, memMib: 2_000, devices: [...gpus(4), [NIC]] });
    cluster.node({ cpus: 16, memMib: 4_000, devices: gpus(4) });
    const ask = (tasks: number): JobOptions => ({
      uneven: true,
      tasks,
      cpusPerTask: 2,
      maxNodes: tasks,
      memMib: 2_000 * tasks,
      memPer: "cpu",
      memPerMib: 1_000,
      gres: [
        { dimension: GPU, count: tasks, perTask: true },
        { dimension: NIC, count: 1 },
      ],
    });
    // Two tasks on the first by its memory, one on the second; the third has no NIC.
    const never = cluster.job(ask(4));
    cluster.job(ask(3));
    const plan = planQueue(cluster.tables());
    expect(reasonOf(plan, never)).toBe("BadConstraints");
    expect(placed(plan)).toEqual([
      [
        [0, 2],
        [1, 1],
      ],
    ]);
  });

  it("holds in its reservation just the tasks that it will have, so that others fit beside it", () => {
    const cluster = clusterOf(4, 4);
    cluster.busy(0, 600, 4);
    cluster.busy(1, 600, 4);
    const gang = cluster.job({ uneven: true, tasks: 5, maxNodes: 2, limitS: 600 });
    const beside = cluster.job({ cpus: 3, limitS: 600 });
    const after = cluster.job({ cpus: 3, limitS: 600 });
    const plan = planQueue(cluster.tables());
    expect([gang, beside, after].map((row) => expectedIn(plan, row))).toEqual([600, 600, 1_200]);
  });

  it("waits for a drained node without which it does not fit, and never runs where all nodes do not hold it", () => {
    const cluster = clusterOf(4, 4);
    cluster.node({ cpus: 4, flags: UP | NODE_FLAG.DRAIN });
    const jobs: JobOptions[] = [
      { tasks: 12, maxNodes: 12 },
      { tasks: 13, maxNodes: 13 },
      { tasks: 12, maxNodes: 2 },
    ];
    const rows = jobs.map((options) => cluster.job({ uneven: true, ...options }));
    const plan = planQueue(cluster.tables());
    expect(rows.map((row) => reasonOf(plan, row))).toEqual([
      "ReqNodeNotAvail",
      "BadConstraints",
      "BadConstraints",
    ]);
  });
});

describe("the policies and a job whose tasks lie where there is room", () => {
  const fallback = firstFitPlacement();
  const highestFirst: PlacementPolicy = {
    ...fallback,
    name: "highest",
    place: (_job, mask, want, out) => {
      let found = 0;
      for (let row = mask.length - 1; row >= 0 && found < want; row--)
        if (mask[row] !== 0) out[found++] = row;
      return undefined;
    },
  };

  it("choose among the nodes that are as full as those of the fewest", () => {
    const cluster = clusterOf(4, 4, 1, 4, 1);
    cluster.job({ uneven: true, tasks: 8, maxNodes: 8 });
    const plan = planQueue(cluster.tables(), "planned", { placement: highestFirst });
    expect(placed(plan)).toEqual([
      [
        [1, 4],
        [3, 4],
      ],
    ]);
  });

  it("give way to the fullest nodes where their order needs more nodes than the job may have", () => {
    const cluster = clusterOf(4, 4, 2, 2, 2);
    cluster.job({ uneven: true, tasks: 10, maxNodes: 3 });
    const plan = planQueue(cluster.tables(), "planned", { placement: highestFirst });
    expect(placed(plan)).toEqual([
      [
        [0, 4],
        [1, 4],
        [2, 2],
      ],
    ]);
  });

  it("choose a set by topology where it holds the tasks", () => {
    const topology: TopologyPolicy = {
      name: "last",
      begin: () => undefined,
      update: () => undefined,
      choose: (_job, mask, _scores, want, out) => highestFirst.place(_job, mask, want, out),
    };
    const cluster = clusterOf(4, 4, 4, 4);
    cluster.job({ uneven: true, tasks: 8, maxNodes: 8 });
    const plan = planQueue(cluster.tables(), "planned", { topology });
    expect(placed(plan)).toEqual([
      [
        [3, 4],
        [2, 4],
      ],
    ]);
  });
});
