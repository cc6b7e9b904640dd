import { describe, expect, it } from "vitest";
import type { Plan } from "../../core/model/plan.ts";
import type { WaitExplanation } from "../../core/model/reasons.ts";
import { explainRow } from "../../core/place/explain.ts";
import { NODE_FLAG, PENDING_FLAG } from "../../core/state/tables.ts";
import { GPU, GRES_PARENT, gpus, NEVER_S, NOW_S, TESLA, TestCluster, UP, VOLTA } from "./cluster.ts";
import { expectedIn, planQueue, reasonOf, startsOf } from "./planning.ts";

const explain = (cluster: TestCluster, plan: Plan, row: number): WaitExplanation =>
  explainRow(cluster.tables(), plan, row, { node: (node) => `n${node + 1}`, gresParent: GRES_PARENT });

function fourNodes(partitions?: ConstructorParameters<typeof TestCluster>[0]): TestCluster {
  const cluster = new TestCluster(partitions);
  for (let i = 0; i < 4; i++) cluster.node({ cpus: 4, memMib: 4000, devices: gpus(2) });
  return cluster;
}

describe("a job that waits", () => {
  it("waits for Resources where it is the first blocked in its partition, and for Priority behind that", () => {
    const cluster = fourNodes();
    const running = cluster.busy(0, 500, 4);
    const first = cluster.job({ nodes: 4 });
    const second = cluster.job({ nodes: 2, limitS: 7200 });
    const plan = planQueue(cluster.tables());
    expect(reasonOf(plan, first)).toBe("Resources");
    expect(expectedIn(plan, first)).toBe(500);
    expect(plan.behindJob[first]).toBe(running);
    expect(plan.freeNodes[first]).toBe(3);
    expect(reasonOf(plan, second)).toBe("None");
    expect(startsOf(plan).map(({ job }) => job)).toEqual([cluster.jobId(second)]);
  });

  it("is behind the blocked job when it would fit now but would delay it", () => {
    const cluster = fourNodes();
    cluster.busy(0, 500, 4);
    const first = cluster.job({ nodes: 4, cpusPerTask: 4 });
    const second = cluster.job({ nodes: 2, limitS: 7200 });
    const plan = planQueue(cluster.tables());
    expect([reasonOf(plan, first), reasonOf(plan, second)]).toEqual(["Resources", "Priority"]);
    expect(plan.behindJob[second]).toBe(cluster.jobId(first));
    expect(plan.freeNodes[second]).toBe(3);
    expect(plan.rank[second]).toBe(1);
    expect(expectedIn(plan, second)!).toBeGreaterThan(500);
    const said = explain(cluster, plan, second);
    expect(said).toMatchObject({
      reason: "Priority",
      needNodes: 2,
      freeNodes: 3,
      behindJob: cluster.jobId(first),
    });
    expect(said.text).toContain("Needs 2 nodes; 4 nodes could hold it and 3 of them are free now.");
  });

  it("waits for Priority where only a reservation of another partition's job is in its way", () => {
    const cluster = new TestCluster([{}, {}]);
    cluster.node({ cpus: 4, partitions: [0, 1] });
    cluster.node({ cpus: 4, partitions: [0] });
    cluster.busy(1, 300, 4);
    const wide = cluster.job({ nodes: 2, cpusPerTask: 4, partitions: [0] });
    const other = cluster.job({ cpus: 4, limitS: 3600, partitions: [1] });
    const plan = planQueue(cluster.tables());
    expect([reasonOf(plan, wide), reasonOf(plan, other)]).toEqual(["Resources", "Priority"]);
    expect(plan.behindJob[other]).toBe(cluster.jobId(wide));
  });

  it("has no expected start when nothing in its way ever ends", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 2 });
    cluster.busy(0, NEVER_S - NOW_S, 2);
    const row = cluster.job();
    const plan = planQueue(cluster.tables());
    expect(reasonOf(plan, row)).toBe("Resources");
    expect(expectedIn(plan, row)).toBeUndefined();
    expect(explain(cluster, plan, row).text).toContain("The plan has no start for it yet.");
  });

  it("cannot start while nodes that it names are drained, or too few answer", () => {
    const cluster = fourNodes();
    cluster.nodes.columns.flags[3] = UP | NODE_FLAG.DRAIN;
    cluster.nodes.columns.flags[2] = NODE_FLAG.REGISTERED;
    const named = cluster.job({ required: [3] });
    const wide = cluster.job({ nodes: 3 });
    const free = cluster.job({ nodes: 2 });
    const plan = planQueue(cluster.tables());
    expect([named, wide, free].map((row) => reasonOf(plan, row))).toEqual([
      "ReqNodeNotAvail",
      "ReqNodeNotAvail",
      "None",
    ]);
    expect(explain(cluster, plan, named).unavailableNodes).toEqual(["n4"]);
    expect(explain(cluster, plan, wide).unavailableNodes).toEqual(["n3", "n4"]);
    expect(explain(cluster, plan, named).text).toContain("n4");
  });

  it("does not take a node that has never registered for an unfit one", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 0, memMib: 0, flags: 0 });
    const row = cluster.job({ cpus: 64 });
    expect(reasonOf(planQueue(cluster.tables()), row)).toBe("ReqNodeNotAvail");
  });

  it("can never start when no set of nodes could hold it", () => {
    const cluster = fourNodes();
    const rows = [
      cluster.job({ cpus: 5 }),
      cluster.job({ memMib: 4001 }),
      cluster.job({ gres: [{ dimension: GPU, count: 3 }] }),
      cluster.job({ gres: [{ dimension: VOLTA, count: 1 }] }),
      cluster.job({ features: 1 }),
      cluster.job({ required: [0], excluded: [0] }),
      cluster.job({ exclusive: true, tasks: 5 }),
    ];
    const plan = planQueue(cluster.tables());
    for (const row of rows) {
      expect(reasonOf(plan, row)).toBe("BadConstraints");
      expect(explain(cluster, plan, row).text).toContain("could ever hold it");
    }
    const { filters } = explain(cluster, plan, rows[0]!);
    expect(filters.map(({ filter, removed, left }) => [filter, removed, left])).toEqual([
      ["partition", 0, 4],
      ["features", 0, 4],
      ["excluded", 0, 4],
      ["cpus", 4, 0],
      ["memory", 0, 0],
      ["gres", 0, 0],
      ["usable", 0, 0],
      ["free now", 0, 0],
    ]);
  });

  it("does not block others when it can never start", () => {
    for (const mode of ["planned", "easy", "none"] as const) {
      const cluster = fourNodes();
      cluster.job({ cpus: 5 });
      const next = cluster.job({ nodes: 4 });
      expect(startsOf(planQueue(cluster.tables(), mode)).map(({ job }) => job)).toEqual([
        cluster.jobId(next),
      ]);
    }
  });

  it("keeps the reason that ranking gave, with words for it", () => {
    const cluster = fourNodes([{ maxTimeS: 7200, maxNodes: 2 }]);
    const cases: [number, string, string][] = [
      [cluster.job({ flags: PENDING_FLAG.HELD_USER }), "JobHeldUser", "Held by its user"],
      [cluster.job({ flags: PENDING_FLAG.HELD_ADMIN }), "JobHeldAdmin", "Held by an operator"],
      [cluster.job({ flags: PENDING_FLAG.DEPENDENCY }), "Dependency", "depends on"],
      [cluster.job({ flags: PENDING_FLAG.DEPENDENCY_NEVER }), "DependencyNeverSatisfied", "never start"],
      [cluster.job({ beginS: NOW_S + 90 }), "BeginTime", "in 90 s"],
      [cluster.job({ limitS: 7201 }), "PartitionTimeLimit", "7201 s is above the 7200 s of p0"],
      [cluster.job({ nodes: 3 }), "PartitionNodeLimit", "Needs 3 nodes; p0 gives a job 1 to 2."],
      [cluster.job({ tasksWaiting: 4, tasksStartable: 0 }), "JobArrayTaskLimit", "4 tasks wait"],
    ];
    const plan = planQueue(cluster.tables());
    for (const [row, reason, words] of cases) {
      expect(reasonOf(plan, row)).toBe(reason);
      expect(plan.rank[row]).toBe(-1);
      expect(explain(cluster, plan, row).text).toContain(words);
    }
    expect(plan.startCount).toBe(0);
  });

  it("waits in a partition that is too small or down", () => {
    const cluster = fourNodes([{}, { up: false }]);
    const large = cluster.job({ nodes: 99 });
    const down = cluster.job({ partitions: [1] });
    const plan = planQueue(cluster.tables());
    expect(reasonOf(plan, large)).toBe("PartitionConfig");
    expect(explain(cluster, plan, large).text).toBe("Needs 99 nodes; p0 has 4.");
    expect(reasonOf(plan, down)).toBe("PartitionDown");
    expect(explain(cluster, plan, down).text).toBe("Partition p1 is down.");
  });
});

describe("an array", () => {
  it("starts the tasks that fit and waits with the rest", () => {
    const cluster = fourNodes();
    const row = cluster.job({ cpus: 4, tasksWaiting: 6, limitS: 600 });
    const plan = planQueue(cluster.tables());
    expect(startsOf(plan).map(({ nodes }) => nodes)).toEqual([[0], [1], [2], [3]]);
    expect(reasonOf(plan, row)).toBe("Resources");
    expect(expectedIn(plan, row)).toBe(600);
    expect(plan.behindJob[row]).toBe(cluster.jobId(row));
  });

  it("waits at its own limit when that is what holds the rest", () => {
    const cluster = fourNodes();
    const row = cluster.job({ tasksWaiting: 6, tasksStartable: 2 });
    const plan = planQueue(cluster.tables());
    expect(plan.startCount).toBe(2);
    expect(reasonOf(plan, row)).toBe("JobArrayTaskLimit");
  });

  it("has at most a thousand tasks planned in one pass", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 3000 });
    cluster.job({ tasksWaiting: 2500 });
    expect(planQueue(cluster.tables()).startCount).toBe(1000);
  });
});

describe("nodes of a job", () => {
  it("hold one task more on the first ones where tasks do not divide evenly", () => {
    const cluster = fourNodes();
    cluster.job({ nodes: 3, tasks: 7 });
    expect(startsOf(planQueue(cluster.tables()))[0]).toMatchObject({ nodes: [0, 1, 2], tasks: [3, 2, 2] });
  });

  it("leave free what the smaller shares do not need", () => {
    const cluster = fourNodes();
    cluster.job({ nodes: 4, tasks: 5, cpusPerTask: 2 });
    const small = cluster.job({ nodes: 3, cpusPerTask: 2 });
    expect(startsOf(planQueue(cluster.tables())).at(-1)).toMatchObject({
      job: cluster.jobId(small),
      nodes: [1, 2, 3],
    });
  });

  it("are the ones that it names, with others where it needs more", () => {
    const cluster = fourNodes();
    cluster.job({ nodes: 2, required: [2], excluded: [0] });
    expect(startsOf(planQueue(cluster.tables()))[0]!.nodes).toEqual([1, 2]);
  });

  it("have all their threads counted where only one of each core may be used", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 8, threadsPerCore: 2 });
    cluster.job({ cpusPerTask: 3, oneThreadPerCore: true });
    const second = cluster.job({ cpusPerTask: 2, oneThreadPerCore: true });
    const third = cluster.job({ cpusPerTask: 2 });
    const plan = planQueue(cluster.tables());
    expect(reasonOf(plan, second)).toBe("Resources");
    expect(startsOf(plan).map(({ job }) => job)).toEqual([1, cluster.jobId(third)]);
  });

  it("are empty ones for an exclusive job, which leaves nothing to others", () => {
    const cluster = fourNodes();
    cluster.busy(0, 100, 1);
    cluster.job({ nodes: 2, exclusive: true });
    cluster.job({ nodes: 2, limitS: 60 });
    expect(startsOf(planQueue(cluster.tables())).map(({ nodes }) => nodes)).toEqual([
      [1, 2],
      [0, 3],
    ]);
  });

  it("give typed and untyped devices out of one stock", () => {
    const cluster = new TestCluster();
    cluster.node({ devices: gpus(2) });
    cluster.job({ gres: [{ dimension: GPU, count: 1 }] });
    cluster.job({ gres: [{ dimension: TESLA, count: 1 }] });
    const third = cluster.job({ gres: [{ dimension: TESLA, count: 1 }] });
    const plan = planQueue(cluster.tables());
    expect(plan.startCount).toBe(2);
    expect(reasonOf(plan, third)).toBe("Resources");
  });
});

describe("a job in several partitions", () => {
  it("starts in the first where it starts now", () => {
    const cluster = new TestCluster([{}, {}]);
    cluster.node({ cpus: 4, partitions: [0] });
    cluster.node({ cpus: 4, partitions: [1] });
    cluster.busy(0, 600, 4);
    cluster.job({ partitions: [0, 1] });
    cluster.job({ cpus: 1, partitions: [1, 0] });
    expect(startsOf(planQueue(cluster.tables())).map(({ partition, nodes }) => [partition, nodes])).toEqual([
      [1, [1]],
      [1, [1]],
    ]);
  });

  it("reserves where it starts first", () => {
    const cluster = new TestCluster([{}, {}]);
    cluster.node({ cpus: 4, partitions: [0] });
    cluster.node({ cpus: 4, partitions: [1] });
    cluster.busy(0, 600, 4);
    cluster.busy(1, 300, 4);
    const row = cluster.job({ partitions: [0, 1] });
    const behind = cluster.job({ partitions: [1], cpus: 4, limitS: 600 });
    for (const mode of ["planned", "easy"] as const) {
      const plan = planQueue(cluster.tables(), mode);
      expect(expectedIn(plan, row)).toBe(300);
      expect(reasonOf(plan, behind)).toBe("Priority");
    }
  });
});
