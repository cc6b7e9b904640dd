/** Values of parameters that partitions have for themselves: each job is judged with those of its partition, whatever the kind. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PolicyJob, PolicyNodeColumns, PriorityBatch, VictimBatch } from "../../core/model/policy.ts";
import type { InstanceOptions } from "../../core/wasm/instance.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { parameterSets } from "../../core/wasm/parameter-sets.ts";
import { instantiatePlacement } from "../../core/wasm/placement.ts";
import { instantiatePreemption } from "../../core/wasm/preemption.ts";
import { instantiatePriority } from "../../core/wasm/priority.ts";
import { buildModule } from "../../policies/sdk/compile.ts";
import { root } from "./builds.ts";
import { unwrap } from "./nodes.ts";

const SOURCES = {
  priority: `import { Cluster, PendingJob, Priority } from "rota/priority";
@policy("1.0.0", "Times.") class Times extends Priority {
  @parameter(0, 100, "Factor.") times: f64 = 1;
  score(job: PendingJob, cluster: Cluster): f64 { return <f64>job.cpus * this.times; }
}`,
  placement: `import { Job, Node, Placement } from "rota/placement";
@policy("1.0.0", "Times.") class Times extends Placement {
  @parameter(-100, 100, "Factor.") times: f32 = 1;
  score(job: Job, node: Node): f32 { return <f32>node.freeCpus * this.times; }
}`,
  preemption: `import { Preemption, RunningJob } from "rota/preemption";
@policy("1.0.0", "Times.") class Times extends Preemption {
  @parameter(0, 100, "Factor.") times: f64 = 1;
  cost(job: RunningJob): f64 { return <f64>job.cpus * this.times; }
}`,
} as const;

let folder: string;
const built = new Map<string, string>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rota-partition-"));
  for (const [kind, text] of Object.entries(SOURCES)) {
    mkdirSync(join(folder, kind));
    writeFileSync(join(folder, kind, "times.ts"), text);
    const out = root("dist", "test", "partition-parameters", kind, "times.wasm");
    expect(await buildModule(join(folder, kind, "times.ts"), out)).toMatchObject({ ok: true });
    built.set(kind, out);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PASS = [{ name: "main" }, { name: "gpu" }, { name: "debug" }];
const OPTIONS: InstanceOptions = {
  number: 1,
  seed: 1,
  partitions: { gpu: { times: 10 }, gone: { times: 50 } },
};
const whole = (...values: number[]): Int32Array => Int32Array.from(values);
const jobs = (more: object): object => {
  const real = new Float64Array(4);
  return {
    ...{ count: 4, jobId: whole(1, 2, 3, 4), nodes: whole(1, 1, 1, 1), cpus: whole(1, 2, 3, 4) },
    ...{ timeLimitS: whole(1, 1, 1, 1), nice: whole(0, 0, 0, 0), submitS: real, ageS: real, fairshare: real },
    ...{
      partitionFactor: real,
      qosFactor: real,
      assocFactor: real,
      tresCpu: real,
      tresMem: real,
      tresGpu: real,
    },
    ...{ siteFactor: real, clusterNodes: 1, clusterCpus: 1, priority: real, runS: real, leftS: real },
    ...{ qosPriority: real, gpus: whole(0, 0, 0, 0), tier: whole(0, 0, 0, 0), restarts: whole(0, 0, 0, 0) },
    ...{ requeued: whole(0, 0, 0, 0), ...more },
  };
};

test("pending jobs of several partitions in one batch", () => {
  const module = unwrap(loadPolicyModule(built.get("priority")!, "priority"));
  const policy = unwrap(instantiatePriority(module, { times: 2 }, OPTIONS));
  policy.reseed(1, PASS);
  const out = new Float64Array(4);
  expect(policy.rank(jobs({ partition: whole(0, 1, 2, 1) }) as PriorityBatch, out)).toBeUndefined();
  expect([...out]).toEqual([2, 20, 6, 40]);
  // Where nobody knows the partitions, the cluster's values hold.
  expect(policy.rank(jobs({}) as PriorityBatch, out)).toBeUndefined();
  expect([...out]).toEqual([2, 4, 6, 8]);
  // The partitions of another pass may lie in another order.
  policy.reseed(1, [{ name: "gpu" }, { name: "main" }]);
  expect(policy.rank(jobs({ partition: whole(0, 0, 1, 1) }) as PriorityBatch, out)).toBeUndefined();
  expect([...out]).toEqual([10, 20, 6, 8]);
});

test("running jobs that may be preempted", () => {
  const module = unwrap(loadPolicyModule(built.get("preemption")!, "preemption"));
  const policy = unwrap(instantiatePreemption(module, {}, OPTIONS));
  policy.reseed(1, PASS);
  const out = new Float64Array(4);
  expect(policy.weigh(jobs({ partition: whole(1, 0, 0, 1) }) as VictimBatch, out)).toBeUndefined();
  expect([...out]).toEqual([10, 2, 3, 40]);
});

test("nodes, for one job after the other", () => {
  const module = unwrap(loadPolicyModule(built.get("placement")!, "placement"));
  const policy = unwrap(instantiatePlacement(module, {}, { ...OPTIONS, partitions: { gpu: { times: -1 } } }));
  policy.reseed(1, PASS);
  const some = whole(4, 8, 2, 6);
  const bytes = new Uint8Array(4);
  const nodes = {
    ...{ count: 4, freeCpus: some, totalCpus: whole(8, 8, 8, 8), freeMemMib: some, totalMemMib: some },
    ...{
      freeGpus: bytes,
      totalGpus: bytes,
      hardwareClass: some,
      topologyLeaf: some,
      level0: some,
      level1: some,
    },
    ...{ level2: some, freeLanes: some },
  } as PolicyNodeColumns;
  expect(policy.begin(nodes)).toBeUndefined();
  const job = (partition: number): PolicyJob => ({
    ...{
      jobId: 1,
      nodes: 1,
      tasksPerNode: 1,
      cpus: 1,
      memMib: 0,
      gpus: 0,
      timeLimitS: 60,
      partition,
      priority: 0,
    },
  });
  const out = new Int32Array(4);
  for (const [partition, best] of [
    [0, 1],
    [1, 2],
    [2, 1],
    [1, 2],
  ] as const) {
    expect(policy.place(job(partition), Uint8Array.of(1, 1, 1, 1), 1, out)).toBeUndefined();
    expect(out[0], `partition ${partition}`).toBe(best);
  }
});

test("a value that is out of range there is refused with the partition and the range", () => {
  const { manifest } = unwrap(loadPolicyModule(built.get("priority")!, "priority"));
  expect(parameterSets(manifest, {}, { gpu: { times: 101 } })).toMatchObject({
    ok: false,
    refusal: {
      code: "POLICY_PARAMETER",
      message: "partition gpu: times: times must be a number from 0 to 100, not 101",
      details: { partition: "gpu", parameter: "times", min: 0, max: 100 },
    },
  });
});
