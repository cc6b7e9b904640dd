import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { waitReasonCode } from "../../core/model/reasons.ts";
import { TRES } from "../../core/model/tres.ts";
import type { PlanOptions } from "../../core/place/queue.ts";
import type { LimitTables } from "../../core/state/tables.ts";
import { type JobOptions, NOW_S, TestCluster } from "./cluster.ts";
import { expectedIn, planQueue, reasonOf, startsOf } from "./planning.ts";

const GPU_GRES = [{ dimension: 0, count: 1 }] as const;

/** Adds a heterogeneous job of these components; gives their rows. */
function het(cluster: TestCluster, ...parts: readonly JobOptions[]): number[] {
  const rows = parts.map((part) => cluster.job(part));
  const { columns } = cluster.pending;
  for (const row of rows) {
    columns.hetLeader[row] = columns.jobId[rows[0]!]!;
    columns.hetSize[row] = rows.length;
  }
  return rows;
}

const jobsOf = (made: ReturnType<typeof planQueue>): number[] => startsOf(made).map(({ job }) => job);

describe.each<PlanOptions["mode"]>(["planned", "easy", "none", "conservative"])(
  "a heterogeneous job in mode %s",
  (mode) => {
    it("starts whole where all components fit beside each other, and the plan says that they belong together", () => {
      const cluster = new TestCluster();
      cluster.node({ cpus: 4 });
      cluster.node({ cpus: 4 });
      const [leader] = het(cluster, { cpus: 4, cpusPerTask: 4 }, { cpus: 2, cpusPerTask: 2 });
      cluster.job({ cpus: 2, cpusPerTask: 2 });
      const made = planQueue(cluster.tables(), mode);
      expect(jobsOf(made)).toEqual([1, 2, 3]);
      expect([...(made.startHet ?? [])]).toEqual([cluster.jobId(leader!), cluster.jobId(leader!), 0]);
      expect(startsOf(made).map(({ nodes }) => nodes)).toEqual([[0], [1], [1]]);
    });

    it("does not start in part: what some components took is given back to the jobs behind", () => {
      const cluster = new TestCluster();
      cluster.node({ cpus: 4 });
      const other = cluster.node({ cpus: 4 });
      cluster.busy(other, 600, 1);
      const rows = het(cluster, { cpus: 4, cpusPerTask: 4 }, { cpus: 4, cpusPerTask: 4 });
      const behind = cluster.job({ cpus: 4, cpusPerTask: 4, limitS: 300 });
      const made = planQueue(cluster.tables(), mode);
      expect(jobsOf(made)).toEqual(mode === "none" ? [] : [cluster.jobId(behind)]);
      for (const row of rows) {
        expect(expectedIn(made, row)).toBe(600);
        expect(reasonOf(made, row)).toBe("Resources");
      }
    });

    it("is not delayed by a job behind it", () => {
      const cluster = new TestCluster();
      cluster.node({ cpus: 4 });
      const other = cluster.node({ cpus: 4 });
      cluster.busy(other, 600, 4);
      const rows = het(cluster, { cpus: 4, cpusPerTask: 4 }, { cpus: 4, cpusPerTask: 4 });
      cluster.job({ cpus: 4, cpusPerTask: 4, limitS: 3600 });
      const made = planQueue(cluster.tables(), mode);
      expect(jobsOf(made)).toEqual([]);
      expect(rows.map((row) => expectedIn(made, row))).toEqual([600, 600]);
    });
  },
);

describe("a heterogeneous job", () => {
  it("waits where its owner may not have as many nodes as its tasks need", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 4 });
    cluster.node({ cpus: 4 });
    const rows = het(cluster, { cpus: 1 }, { uneven: true, tasks: 6, maxNodes: 6 });
    const behind = cluster.job({ cpus: 1 });
    for (const row of rows)
      cluster.pending.columns.constraints[row] = cluster.pending.columns.subjects[row] = 1;
    const nodes = { kind: "grpTres", place: TRES.NODE } as const;
    const within = (value: number): LimitTables => ({
      counters: [{ subject: 0, ...nodes }],
      constraints: [{ counter: 0, ...nodes, value, reason: waitReasonCode("AssocGrpNodeLimit") }],
      subjectSets: [[], [0]],
      constraintSets: [[], [0]],
      usage: Float64Array.of(0),
      halfLifeS: Float64Array.of(0),
    });
    const made = planQueue({ ...cluster.tables(), limits: within(2) });
    expect(jobsOf(made)).toEqual([cluster.jobId(behind)]);
    for (const row of rows) expect(reasonOf(made, row)).toBe("AssocGrpNodeLimit");
    expect(jobsOf(planQueue({ ...cluster.tables(), limits: within(3) }))).toHaveLength(3);
  });

  it("gives the component with the fewest nodes to choose from its choice first", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 4, devices: [[0]] });
    cluster.node({ cpus: 4 });
    het(cluster, { cpus: 4, cpusPerTask: 4 }, { cpus: 4, cpusPerTask: 4, gres: GPU_GRES });
    expect(startsOf(planQueue(cluster.tables())).map(({ nodes }) => nodes)).toEqual([[1], [0]]);
  });

  it("is tried again with the component first that found no room beside the others", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 4, memMib: 1000 });
    cluster.node({ cpus: 4, memMib: 2000 });
    cluster.node({ cpus: 1, memMib: 2000 });
    // Both have two nodes to choose from; the first would take the only one that is left for the second.
    cluster.busy(2, 600, 1);
    const rows = het(cluster, { cpus: 2, memMib: 500 }, { cpus: 1, memMib: 1000 }, { cpus: 2, memMib: 1500 });
    const made = planQueue(cluster.tables());
    expect(startsOf(made)).toHaveLength(rows.length);
  });

  it("that never fits together keeps no job behind it from what its components would have had", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 4 });
    const rows = het(cluster, { cpus: 4, cpusPerTask: 4 }, { cpus: 4, cpusPerTask: 4 });
    const behind = cluster.job({ cpus: 4, cpusPerTask: 4 });
    const made = planQueue(cluster.tables());
    expect(jobsOf(made)).toEqual([cluster.jobId(behind)]);
    expect(rows.map((row) => [expectedIn(made, row), reasonOf(made, row)])).toEqual([
      [undefined, "Resources"],
      [undefined, "Resources"],
    ]);
  });

  it("waits while one of its components may not run, and that one says why", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 8 });
    const rows = het(cluster, {}, { flags: 1 }, {});
    const made = planQueue(cluster.tables());
    expect(jobsOf(made)).toEqual([]);
    expect(rows.map((row) => reasonOf(made, row))).toEqual(["JobHeldUser", "JobHeldUser", "JobHeldUser"]);
  });

  it("stands in the queue where its leader stands", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 2 });
    const [first, second] = het(cluster, { setPriority: 10 }, { setPriority: 1_000 });
    cluster.job({ cpus: 2, cpusPerTask: 2, setPriority: 100 });
    const made = planQueue(cluster.tables());
    expect(jobsOf(made)).toEqual([3]);
    expect([made.rank[first!], made.rank[second!]]).toEqual([2, 2]);
  });

  it("has the same start whoever waits behind it", () => {
    const part = fc.record({
      cpus: fc.integer({ min: 1, max: 4 }),
      limitS: fc.constantFrom(300, 3600, 86_400),
      partitions: fc.constantFrom([0], [1], [0, 1]),
    });
    const node = fc.record({
      cpus: fc.integer({ min: 1, max: 4 }),
      busy: fc.nat(4),
      leftS: fc.integer({ min: 60, max: 9_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(node, { minLength: 2, maxLength: 6 }),
        fc.array(fc.array(part, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        fc.array(part, { maxLength: 6 }),
        (nodes, sets, behind) => {
          const startsWith = (others: typeof behind): number[] => {
            const cluster = new TestCluster([{}, {}]);
            nodes.forEach(({ cpus, busy, leftS }, i) => {
              const row = cluster.node({ cpus, partitions: i % 2 === 0 ? [0, 1] : [0] });
              if (busy > 0) cluster.busy(row, leftS, Math.min(cpus, busy));
            });
            const asked = ({ cpus, ...rest }: (typeof behind)[number]) => ({
              cpus,
              cpusPerTask: cpus,
              ...rest,
            });
            const rows = sets.flatMap((parts) => het(cluster, ...parts.map(asked)));
            for (const other of others) cluster.job(asked(other));
            const made = planQueue(cluster.tables());
            return rows.map((row) => made.expectedStartS[row]!);
          };
          expect(startsWith(behind)).toEqual(startsWith([]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("starts whole or not at all, and nothing is taken twice, whatever it consists of", () => {
    const component = fc.record({
      cpus: fc.integer({ min: 1, max: 4 }),
      nodes: fc.integer({ min: 1, max: 2 }),
      limitS: fc.constantFrom(300, 3600, 86_400),
    });
    const entry = fc.array(component, { minLength: 1, maxLength: 3 });
    const modes = fc.constantFrom<PlanOptions["mode"]>("planned", "easy", "none", "conservative");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 4 })), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.array(entry, { minLength: 1, maxLength: 6 }),
        modes,
        (nodes, queue, mode) => {
          const cluster = new TestCluster();
          nodes.forEach(([cpus, busy]) => {
            const node = cluster.node({ cpus });
            if (busy > 0) cluster.busy(node, 400, Math.min(cpus, busy));
          });
          const sets = queue.map((parts) => {
            const asked = parts.map(({ cpus, nodes: count, limitS }) => ({
              nodes: count,
              tasks: count,
              cpus,
              cpusPerTask: cpus,
              limitS,
            }));
            return asked.length === 1 ? [cluster.job(asked[0]!)] : het(cluster, ...asked);
          });
          const tables = cluster.tables();
          const made = planQueue(tables, mode);
          const started = new Set(made.startRow.subarray(0, made.startCount));
          for (const rows of sets) {
            const count = rows.filter((row) => started.has(row)).length;
            expect([0, rows.length]).toContain(count);
            expect(new Set(rows.map((row) => made.expectedStartS[row])).size).toBe(1);
            if (count === 0 && made.expectedStartS[rows[0]!]! > 0)
              expect(made.expectedStartS[rows[0]!]).toBeGreaterThan(NOW_S);
          }
          const used = new Map<number, number>();
          startsOf(made).forEach(({ nodes: on }, start) => {
            const shape = tables.pending.columns.shape[made.startRow[start]!]!;
            for (const node of on) used.set(node, (used.get(node) ?? 0) + tables.shapes.columns.cpus[shape]!);
          });
          for (const [node, cpus] of used)
            expect(cpus).toBeLessThanOrEqual(tables.nodes.columns.freeCpus[node]!);
        },
      ),
      { numRuns: 300 },
    );
  });
});
