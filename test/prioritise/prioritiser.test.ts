/** A Prioritiser that is kept from pass to pass, against one that is made anew for each. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PriorityBatch, PriorityPolicy, PriorityTime } from "../../core/model/policy.ts";
import type { RankedQueue } from "../../core/model/ranked.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { Prioritiser } from "../../core/prioritise/prioritiser.ts";
import { type PartitionLimits, type PassTables, PENDING_FLAG } from "../../core/state/tables.ts";
import { GRES_PARENT, NOW_S, TESLA, TestCluster } from "../place/cluster.ts";

/** Adds weighed columns; with `traps`, fails while such a job is in the batch. */
function weighing(time: PriorityTime, traps: number): PriorityPolicy {
  const isDynamic = time === "dynamic";
  const scoreOf = (batch: PriorityBatch, i: number): number =>
    (isDynamic ? batch.ageS[i]! / batch.timeLimitS[i]! : 0) +
    (batch.nodes[i]! / Math.max(1, batch.clusterNodes) + batch.cpus[i]! / Math.max(1, batch.clusterCpus)) +
    (batch.partitionFactor[i]! * 2 + batch.qosFactor[i]! * 4) +
    (batch.tresCpu[i]! + batch.tresMem[i]! + batch.tresGpu[i]!) -
    batch.nice[i]! / 16;
  return {
    name: time,
    time,
    rank: (batch, out) => {
      for (let i = 0; i < batch.count; i++) {
        if (traps > 0 && batch.jobId[i]! % traps === 0) return { code: "POLICY_TRAP", message: "" };
        out[i] = scoreOf(batch, i);
      }
      return undefined;
    },
  };
}

/** All of an answer that a reader may rely on. */
function read({ order, priority, reason, allowedLo, allowedHi, faults }: RankedQueue, count: number): object {
  return {
    order: [...order],
    priority: [...priority.subarray(0, count)],
    reason: [...reason.subarray(0, count)],
    allowedLo: [...allowedLo.subarray(0, count)],
    allowedHi: [...allowedHi.subarray(0, count)],
    faults: faults.map(({ module, fault }) => [module, fault.code]),
  };
}

/** A cluster whose tables a script changes; the clock and the limits are its own. */
class Scene {
  readonly cluster = new TestCluster([{ maxTimeS: 5000 }, { priorityTier: 3, priorityJobFactor: 4 }, {}]);
  nowS = NOW_S;
  partitions: readonly PartitionLimits[] = this.cluster.partitions;

  constructor() {
    this.cluster.node({ partitions: [0, 1], devices: [[0, TESLA]] });
    this.cluster.node({ partitions: [2] });
  }

  tables(): PassTables {
    return { ...this.cluster.tables(), nowS: this.nowS, partitions: this.partitions };
  }

  row(at: number): number {
    return at % Math.max(1, this.cluster.pending.count);
  }

  rewrite(row: number, write: (columns: TestCluster["pending"]["columns"]) => void): void {
    if (row >= this.cluster.pending.count) return;
    write(this.cluster.pending.columns);
    this.cluster.pending.columns.version[row] = ++this.cluster.pendingVersion;
  }
}

type Step = (scene: Scene) => void;

const jobOptions = fc.record({
  nodes: fc.integer({ min: 1, max: 3 }),
  cpusPerTask: fc.integer({ min: 1, max: 3 }),
  exclusive: fc.boolean(),
  memMib: fc.constantFrom(0, 1000, -1),
  gres: fc.constantFrom([], [{ dimension: TESLA, count: 1 }], [{ dimension: 0, count: 2 }]),
  limitS: fc.constantFrom(60, 3600, 6000),
  partitions: fc.constantFrom([0], [1], [2], [0, 1], [2, 0]),
  flags: fc.constantFrom(0, 0, 0, 0, ...Object.values(PENDING_FLAG)),
  beginS: fc.constantFrom(0, 0, NOW_S + 50, NOW_S + 300),
  eligibleS: fc.constantFrom(0, NOW_S - 500, NOW_S + 20),
  setPriority: fc.constantFrom(-1, -1, -1, 0, 3),
  qosPriority: fc.constantFrom(0, 0, 1, 7, 20),
  nice: fc.constantFrom(0, 0, 10),
  tasksWaiting: fc.constantFrom(1, 5),
  tasksStartable: fc.constantFrom(1, 1, 0),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  jobOptions.map(
    (options): Step =>
      (scene) =>
        scene.cluster.job(options),
  ),
  fc.array(jobOptions, { minLength: 20, maxLength: 70 }).map(
    (jobs): Step =>
      (scene) => {
        for (const options of jobs) scene.cluster.job(options);
      },
  ),
  fc.nat().map(
    (at): Step =>
      (scene) => {
        if (scene.cluster.pending.count > 0) scene.cluster.pending.removeRow(scene.row(at));
      },
  ),
  fc.array(fc.nat(), { maxLength: 30 }).map(
    (removals): Step =>
      (scene) => {
        for (const at of removals)
          if (scene.cluster.pending.count > 0) scene.cluster.pending.removeRow(scene.row(at));
      },
  ),
  fc.tuple(fc.nat(), fc.constantFrom("nice", "qosPriority", "timeLimitS", "setPriority"), fc.nat(40)).map(
    ([at, name, value]): Step =>
      (scene) => {
        const row = scene.row(at);
        scene.rewrite(row, (columns) => {
          columns[name][row] = value;
        });
      },
  ),
  fc.tuple(fc.nat(), fc.constantFrom(0, ...Object.values(PENDING_FLAG))).map(
    ([at, flags]): Step =>
      (scene) => {
        const row = scene.row(at);
        scene.rewrite(row, (columns) => {
          columns.flags[row] = flags;
        });
      },
  ),
  fc.integer({ min: 1, max: 120 }).map(
    (pass): Step =>
      (scene) => {
        scene.nowS += pass;
      },
  ),
  fc.integer({ min: 1, max: 400 }).map(
    (back): Step =>
      (scene) => {
        scene.nowS -= back;
      },
  ),
  fc.constantFrom([0], [1], [0, 2]).map(
    (partitions): Step =>
      (scene) => {
        scene.cluster.node({ partitions, cpus: 8 });
      },
  ),
  fc.nat(3).map(
    (flags): Step =>
      (scene) => {
        scene.cluster.nodes.columns.flags[0] = flags;
        scene.cluster.nodesVersion++;
      },
  ),
  fc
    .record(
      {
        up: fc.boolean(),
        maxTimeS: fc.constantFrom(100, 5000),
        priorityTier: fc.nat(4),
        priorityJobFactor: fc.nat(9),
      },
      { requiredKeys: [] },
    )
    .map(
      (change): Step =>
        (scene) => {
          scene.partitions = scene.partitions.map((limits, i) =>
            i === 1 ? { ...limits, ...change } : limits,
          );
        },
    ),
  fc.constant<Step>((scene) => {
    // Equal limits in new records, as a worker is given them.
    scene.partitions = scene.partitions.map((limits) => ({ ...limits }));
  }),
);

describe("a kept prioritiser", () => {
  it.each(["static", "dynamic"] as const)("gives what a new one gives, whatever happens: %s", (time) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.constantFrom(0, 0, 0, 13), (steps, traps) => {
        const scene = new Scene();
        const policy = weighing(time, traps);
        const kept = new Prioritiser(policy, fifoPriority());
        for (const take of steps) {
          take(scene);
          const tables = scene.tables();
          const { count } = scene.cluster.pending;
          const anew = prioritise(tables, policy, fifoPriority(), GRES_PARENT);
          expect(read(kept.rank(tables, GRES_PARENT), count)).toEqual(read(anew, count));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("asks a static policy only for jobs that were written", () => {
    const scene = new Scene();
    for (let i = 0; i < 40; i++) scene.cluster.job();
    const asked: number[][] = [];
    const policy: PriorityPolicy = {
      ...weighing("static", 0),
      rank: (batch, out) => {
        asked.push([...batch.jobId.subarray(0, batch.count)]);
        return weighing("static", 0).rank(batch, out);
      },
    };
    const kept = new Prioritiser(policy, fifoPriority());
    kept.rank(scene.tables());
    scene.nowS += 60;
    kept.rank(scene.tables());
    scene.cluster.pending.removeRow(3); // the last moves into its row
    scene.cluster.job();
    kept.rank(scene.tables());
    expect(asked.map((jobs) => jobs.length)).toEqual([40, 2]);
    expect(asked[1]).toEqual([40, 41]);
  });

  it("asks the policy again, for all, once it has failed", () => {
    const scene = new Scene();
    for (let i = 0; i < 12; i++) scene.cluster.job();
    const kept = new Prioritiser(weighing("static", 13), fifoPriority());
    expect(kept.rank(scene.tables()).faults).toEqual([]);
    const row = scene.cluster.job(); // job 13
    const failed = kept.rank(scene.tables());
    expect(failed.faults).toHaveLength(1);
    expect(failed.priority[0]).toBe(4_294_901_759);
    expect(kept.rank(scene.tables()).faults).toHaveLength(1);
    scene.cluster.pending.removeRow(row);
    const sound = kept.rank(scene.tables());
    expect(sound.faults).toEqual([]);
    expect(sound.priority[0]).toBeLessThan(100);
  });

  it("gives an order as long as there are eligible jobs", () => {
    const scene = new Scene();
    const kept = new Prioritiser(fifoPriority(), fifoPriority());
    for (let i = 0; i < 100; i++) scene.cluster.job();
    expect(kept.rank(scene.tables()).order.length).toBe(100);
    while (scene.cluster.pending.count > 3) scene.cluster.pending.removeRow(0);
    expect(kept.rank(scene.tables()).order.length).toBe(3);
    expect([...kept.rank(scene.tables()).order].sort()).toEqual([0, 1, 2]);
  });
});
