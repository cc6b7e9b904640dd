import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PriorityBatch, PriorityPolicy } from "../../core/model/policy.ts";
import type { RankedQueue } from "../../core/model/ranked.ts";
import { WAIT_REASONS } from "../../core/model/reasons.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { partitionTotals } from "../../core/prioritise/norms.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { RadixSorter, writeDescendingKeys } from "../../core/prioritise/radix.ts";
import { PENDING_FLAG } from "../../core/state/tables.ts";
import { NEVER_S, NOW_S, TestCluster } from "../place/cluster.ts";

const policy = (name: string, rank: (batch: PriorityBatch, i: number) => number): PriorityPolicy => ({
  name,
  rank: (batch, out) => {
    for (let i = 0; i < batch.count; i++) out[i] = rank(batch, i);
    return undefined;
  },
});

const rankFifo = (cluster: TestCluster): RankedQueue =>
  prioritise(cluster.tables(), fifoPriority(), fifoPriority());
const reasons = (ranked: RankedQueue): string[] => [...ranked.reason].map((code) => WAIT_REASONS[code]!);

function oneNode(partitions?: ConstructorParameters<typeof TestCluster>[0]): TestCluster {
  const cluster = new TestCluster(partitions);
  cluster.node();
  return cluster;
}

describe("the order of the queue", () => {
  it("is by tier, then priority, then job id, whatever row a job is in", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            score: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 1)),
            partitions: fc.constantFrom([0], [1], [2], [0, 1], [2, 1]),
          }),
          { maxLength: 60 },
        ),
        fc.array(fc.nat()),
        (jobs, removals) => {
          const cluster = oneNode([{ priorityTier: 1 }, { priorityTier: 70_000 }, { priorityTier: 1 }]);
          cluster.node({ partitions: [1, 2] });
          for (const { partitions } of jobs) cluster.job({ partitions });
          // Rows move when others leave, so the table is not in the order of job ids.
          for (const at of removals)
            if (cluster.pending.count > 1) cluster.pending.removeRow(at % cluster.pending.count);
          const byScore = policy("by-score", (batch, i) => jobs[batch.jobId[i]! - 1]!.score);
          const { order } = prioritise(cluster.tables(), byScore, fifoPriority());
          const key = (row: number): [number, number, number] => {
            const job = jobs[cluster.jobId(row) - 1]!;
            return [
              job.partitions.some((partition) => partition === 1) ? 70_000 : 1,
              job.score + 0,
              -cluster.jobId(row),
            ];
          };
          const sorted = [...order].sort((a, b) => {
            const [x, y] = [key(a), key(b)];
            return y[0] - x[0] || Number(y[1] > x[1]) - Number(y[1] < x[1]) || y[2] - x[2];
          });
          expect([...order]).toEqual(sorted);
          expect(order.length).toBe(cluster.pending.count);
        },
      ),
    );
  });

  it("puts what an operator has set before what the policy says", () => {
    const cluster = oneNode();
    cluster.job();
    cluster.job({ setPriority: 5_000_000_000 });
    cluster.job({ setPriority: 0 });
    const ranked = rankFifo(cluster);
    expect([...ranked.order]).toEqual([1, 0, 2]);
    expect([...ranked.priority]).toEqual([4_294_901_759, 5_000_000_000, 0]);
  });

  it("is what a sort with a comparator gives, for any doubles", () => {
    fc.assert(
      fc.property(fc.float64Array({ noNaN: true }), (values) => {
        const rows = Int32Array.from(values.keys());
        const [low, high] = [new Uint32Array(rows.length), new Uint32Array(rows.length)];
        writeDescendingKeys(values, rows, rows.length, low, high);
        const order = rows.slice();
        const sorter = new RadixSorter();
        for (const keys of [low, high]) sorter.sort(order, order.length, keys);
        const sorted = [...rows].sort(
          (a, b) => Number(values[b]! > values[a]!) - Number(values[b]! < values[a]!),
        );
        expect([...order]).toEqual(sorted);
      }),
    );
  });
});

describe("a job that is not planned", () => {
  it("has the first reason that holds for it", () => {
    const cluster = oneNode([{ maxTimeS: 100, maxNodes: 5 }, { up: false }, { maxNodes: 5, minNodes: 2 }]);
    cluster.job({ flags: PENDING_FLAG.HELD_ADMIN | PENDING_FLAG.HELD_USER | PENDING_FLAG.DEPENDENCY });
    cluster.job({ flags: PENDING_FLAG.HELD_USER, beginS: NOW_S + 1 });
    cluster.job({ flags: PENDING_FLAG.DEPENDENCY_NEVER | PENDING_FLAG.DEPENDENCY });
    cluster.job({ flags: PENDING_FLAG.DEPENDENCY, beginS: NOW_S + 1 });
    cluster.job({ beginS: NOW_S + 1, limitS: 101 });
    cluster.job({ limitS: 101, nodes: 6 });
    cluster.job({ limitS: 100, nodes: 6 });
    cluster.job({ limitS: 100, nodes: 5, tasksWaiting: 3, tasksStartable: 0 });
    cluster.job({ limitS: 100, tasksWaiting: 3, tasksStartable: 0 });
    cluster.job({ partitions: [1] });
    cluster.job({ partitions: [2] });
    cluster.job({ beginS: NOW_S, limitS: 100 });
    const ranked = rankFifo(cluster);
    expect(reasons(ranked)).toEqual([
      "JobHeldAdmin",
      "JobHeldUser",
      "DependencyNeverSatisfied",
      "Dependency",
      "BeginTime",
      "PartitionTimeLimit",
      "PartitionNodeLimit",
      "PartitionConfig",
      "JobArrayTaskLimit",
      "PartitionDown",
      "PartitionNodeLimit",
      "None",
    ]);
    expect([...ranked.order]).toEqual([11]);
  });

  it("is planned in those of its partitions that take it", () => {
    const cluster = oneNode([{ maxTimeS: 100 }, {}, { up: false }]);
    cluster.node({ partitions: [1] });
    cluster.job({ partitions: [0, 1, 2], limitS: 200 });
    cluster.job({ partitions: [2, 0], limitS: 200 });
    const ranked = rankFifo(cluster);
    expect([...ranked.order]).toEqual([0]);
    expect(ranked.allowedLo[0]).toBe(2);
    expect(reasons(ranked)).toEqual(["None", "PartitionDown"]);
  });

  it("counts the nodes of partitions in both halves of the bits", () => {
    const cluster = oneNode(Array.from({ length: 64 }, () => ({})));
    cluster.nodes.columns.partitionLo[0] = 0x8000_0001;
    cluster.nodes.columns.partitionHi[0] = 0x8000_0002;
    const sizes = partitionTotals(cluster.tables()).map(({ nodes }) => nodes);
    expect([...sizes.keys()].filter((p) => sizes[p] !== 0)).toEqual([0, 31, 33, 63]);
  });
});

describe("a priority policy", () => {
  it("sees the eligible jobs alone, with what it may weigh", () => {
    const cluster = oneNode([{ priorityJobFactor: 2 }, { priorityJobFactor: 4, maxTimeS: 1 }]);
    cluster.job({ flags: PENDING_FLAG.HELD_USER });
    cluster.job({ tasks: 3, cpusPerTask: 2, nice: 7, qosPriority: 50, eligibleS: NOW_S - 40, limitS: 60 });
    cluster.job({ partitions: [0, 1], exclusive: true, qosPriority: 100, eligibleS: 0, limitS: NEVER_S });
    const seen: Record<string, unknown> = {};
    const watching = policy("watching", (batch) => {
      for (const [name, column] of Object.entries(batch))
        seen[name] = ArrayBuffer.isView(column)
          ? [...(column as Int32Array).subarray(0, batch.count)]
          : column;
      return 0;
    });
    prioritise(cluster.tables(), watching, fifoPriority());
    expect(seen).toEqual({
      row: [1, 2],
      count: 2,
      ageS: [40, 0],
      jobId: [2, 3],
      nodes: [1, 1],
      cpus: [6, 4],
      timeLimitS: [60, NEVER_S],
      nice: [7, 0],
      partition: [0, 0],
      partitionFactor: [0.5, 0.5],
      qosFactor: [0.5, 1],
      submitS: [NOW_S - 100, NOW_S - 100],
      fairshare: [0, 0],
      assocFactor: [0, 0],
      tresCpu: [1, 1],
      tresMem: [0, 0],
      tresGpu: [0, 0],
      siteFactor: [0, 0],
      clusterNodes: 1,
      clusterCpus: 4,
    });
  });

  it("gives way to the fallback when it reports a fault or a number that is none", () => {
    const cluster = oneNode();
    cluster.job();
    cluster.job();
    const fault = { code: "POLICY_TRAP", message: "unreachable" } as const;
    const trapping: PriorityPolicy = { name: "trapping", rank: () => fault };
    const wrong = policy("wrong", (_, i) => (i === 1 ? Number.NaN : 1));
    for (const [bad, code] of [
      [trapping, "POLICY_TRAP"],
      [wrong, "POLICY_BAD_SCORE"],
    ] as const) {
      const ranked = prioritise(cluster.tables(), bad, fifoPriority());
      expect([...ranked.order]).toEqual([0, 1]);
      expect(ranked.faults).toMatchObject([{ kind: "priority", module: bad.name, fault: { code } }]);
    }
    const both = prioritise(cluster.tables(), wrong, trapping);
    expect([...both.order]).toEqual([0, 1]);
    expect(both.faults.map(({ module }) => module)).toEqual(["wrong", "trapping"]);
  });
});
