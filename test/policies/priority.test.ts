/** The built-in priority modules, through the host, against the formulas that they are written after. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { PriorityBatch } from "../../core/model/policy.ts";
import {
  factorScale,
  MULTIFACTOR_DEFAULTS,
  type MultifactorParameters,
  priorityFactors,
} from "../../core/prioritise/factors.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { MAX_CHUNK_ROWS } from "../../core/wasm/job-instance.ts";
import type { PolicyModule } from "../../core/wasm/module.ts";
import { instantiatePriority } from "../../core/wasm/priority.ts";
import { GRES_PARENT, gpus, NOW_S, TESLA, TestCluster } from "../place/cluster.ts";
import { builtIn } from "../wasm/builds.ts";
import { unwrap } from "../wasm/nodes.ts";

interface RawJob {
  readonly jobId: number;
  readonly ageS: number;
  readonly nodes: number;
  readonly cpus: number;
  readonly nice: number;
  readonly partitionFactor: number;
  readonly qosFactor: number;
  readonly timeLimitS: number;
  readonly submitS: number;
  readonly fairshare: number;
  readonly assocFactor: number;
  readonly tresCpu: number;
  readonly tresMem: number;
  readonly tresGpu: number;
  readonly siteFactor: number;
}

const CLUSTER = { clusterNodes: 100, clusterCpus: 6_400 };
const WHOLE = ["jobId", "nodes", "cpus", "timeLimitS", "nice"] as const;
const REAL = [
  ...["ageS", "partitionFactor", "qosFactor", "submitS", "fairshare", "assocFactor"],
  ...["tresCpu", "tresMem", "tresGpu", "siteFactor"],
] as readonly Exclude<keyof RawJob, (typeof WHOLE)[number]>[];
const NOTHING = Object.fromEntries([...WHOLE, ...REAL].map((name) => [name, 0]));
const JOB = {
  ...NOTHING,
  jobId: 1,
  nodes: 1,
  cpus: 1,
  timeLimitS: 60,
  submitS: 1_000_000,
} as unknown as RawJob;

function batchOf(jobs: readonly RawJob[], cluster = CLUSTER): PriorityBatch {
  const columns = [
    ...WHOLE.map((name) => [name, Int32Array.from(jobs, (job) => job[name])]),
    ...REAL.map((name) => [name, Float64Array.from(jobs, (job) => job[name])]),
  ];
  return { count: jobs.length, ...Object.fromEntries(columns), ...cluster } as unknown as PriorityBatch;
}

function rank(
  module: PolicyModule,
  batch: PriorityBatch,
  parameters: Record<string, number> = {},
): readonly number[] {
  const policy = unwrap(instantiatePriority(module, parameters, { number: 1, seed: 1 }));
  const out = new Float64Array(batch.count);
  expect(policy.rank(batch, out)).toBeUndefined();
  return [...out];
}

const factor = fc.double({ min: 0, max: 1, noNaN: true });
const rawJob: fc.Arbitrary<RawJob> = fc.record({
  jobId: fc.integer({ min: 1, max: 2_147_483_645 }),
  ageS: fc.integer({ min: -5, max: 2_000_000 }),
  nodes: fc.integer({ min: 1, max: 120 }),
  cpus: fc.integer({ min: 1, max: 8_000 }),
  nice: fc.integer({ min: -10_000, max: 10_000 }),
  partitionFactor: factor,
  qosFactor: factor,
  timeLimitS: fc.oneof(fc.integer({ min: 1, max: 2_000_000 }), fc.constant(2_147_483_647)),
  submitS: fc.integer({ min: 0, max: 4_294_967_295 }),
  fairshare: factor,
  assocFactor: factor,
  tresCpu: factor,
  tresMem: factor,
  tresGpu: factor,
  siteFactor: fc.integer({ min: -100_000, max: 100_000 }),
});

const weight = fc.integer({ min: 0, max: 100_000 });
const anyWeights: fc.Arbitrary<MultifactorParameters> = fc.record({
  ageWeight: weight,
  assocWeight: weight,
  fairshareWeight: weight,
  sizeWeight: weight,
  partitionWeight: weight,
  qosWeight: weight,
  tresCpuWeight: weight,
  tresMemWeight: weight,
  tresGpuWeight: weight,
  maxAgeS: fc.integer({ min: 1, max: 1_000_000 }),
  favorSmall: fc.constantFrom(0, 1),
  sizePerTime: fc.constantFrom(0, 1),
});

/** None is held and none has a priority of an operator, so that all are scored. */
const anyJob = fc.record({
  nodes: fc.integer({ min: 1, max: 3 }),
  cpusPerTask: fc.integer({ min: 1, max: 9 }),
  exclusive: fc.boolean(),
  memMib: fc.constantFrom(0, 700, -1),
  gres: fc.constantFrom([], [{ dimension: TESLA, count: 1 }], [{ dimension: 0, count: 3 }]),
  limitS: fc.constantFrom(60, 3600, 6000),
  partitions: fc.constantFrom([0], [1], [0, 1]),
  beginS: fc.constantFrom(0, NOW_S + 50),
  eligibleS: fc.constantFrom(0, NOW_S - 500_000, NOW_S - 20),
  qosPriority: fc.constantFrom(0, 3, 20),
  nice: fc.integer({ min: -100, max: 100 }),
});

describe("fifo", () => {
  let module: PolicyModule;
  beforeAll(async () => {
    module = await builtIn("policies/priority/fifo", "priority");
  });

  test("shows job 1 as 4294901759 and counts down from there", () => {
    const jobs = [1, 2, 2_147_483_645].map((jobId) => ({ ...JOB, jobId }));
    expect(rank(module, batchOf(jobs))).toEqual([
      4_294_901_759,
      4_294_901_758,
      4_294_901_760 - 2_147_483_645,
    ]);
  });

  test("moves a job back by its nice value and never below 1", () => {
    const jobs = [
      { ...JOB, nice: 100 },
      { ...JOB, jobId: 2_147_483_645, nice: 2_147_483_645 },
    ];
    expect(rank(module, batchOf(jobs))).toEqual([4_294_901_659, 1]);
  });

  test("ranks a queue of several chunks as it ranks its jobs one by one", () => {
    const jobs = Array.from({ length: 2 * MAX_CHUNK_ROWS + 7 }, (_, i) => ({ ...JOB, jobId: i + 1 }));
    expect(rank(module, batchOf(jobs))).toEqual(jobs.map(({ jobId }) => 4_294_901_760 - jobId));
  });

  test("ranks an empty queue", () => {
    expect(rank(module, batchOf([]))).toEqual([]);
  });
});

describe("multifactor", () => {
  let module: PolicyModule;
  beforeAll(async () => {
    module = await builtIn("policies/priority/multifactor", "priority");
  });

  function formula(job: RawJob, weights: MultifactorParameters): number {
    const age = Math.min(Math.max(job.ageS, 0) / weights.maxAgeS, 1);
    const minutes = Math.max(job.timeLimitS / 60, 1);
    const big =
      weights.sizePerTime === 1
        ? Math.min(job.cpus / minutes / 6_400, 1)
        : (Math.min(job.nodes / 100, 1) + Math.min(job.cpus / 6_400, 1)) / 2;
    const size = weights.favorSmall === 1 ? 1 - big : big;
    const sum =
      age * weights.ageWeight +
      job.assocFactor * weights.assocWeight +
      job.fairshare * weights.fairshareWeight +
      size * weights.sizeWeight +
      job.partitionFactor * weights.partitionWeight +
      job.qosFactor * weights.qosWeight +
      job.tresCpu * weights.tresCpuWeight +
      job.tresMem * weights.tresMemWeight +
      job.tresGpu * weights.tresGpuWeight +
      job.siteFactor -
      job.nice;
    return Math.max(Math.floor(sum), 1);
  }

  test("is the documented sum for any jobs and weights", () => {
    fc.assert(
      fc.property(fc.array(rawJob, { maxLength: 20 }), anyWeights, (jobs, given) => {
        expect(rank(module, batchOf(jobs), { ...given })).toEqual(jobs.map((job) => formula(job, given)));
      }),
    );
  });

  test("has the declared defaults", () => {
    const defaults = module.manifest.parameters.map((parameter) => [parameter.name, parameter.default]);
    expect(Object.fromEntries(defaults)).toEqual(MULTIFACTOR_DEFAULTS);
    expect(rank(module, batchOf([{ ...JOB, ageS: 604_800, nodes: 100, cpus: 6_400 }]))).toEqual([2000]);
  });

  test("gives a full-system job of a minute the whole size, and less for each minute more", () => {
    const jobs = [60, 120, 6_000].map((timeLimitS) => ({ ...JOB, nodes: 100, cpus: 6_400, timeLimitS }));
    expect(rank(module, batchOf(jobs), { sizePerTime: 1 })).toEqual([1000, 500, 10]);
    expect(rank(module, batchOf(jobs), { sizePerTime: 1, favorSmall: 1 })).toEqual([1, 500, 990]);
  });

  test("is the sum of the factors that are shown, whatever waits", () => {
    fc.assert(
      fc.property(fc.array(anyJob, { minLength: 1, maxLength: 12 }), anyWeights, (jobs, given) => {
        const cluster = new TestCluster([
          { priorityJobFactor: 3 },
          { priorityJobFactor: 10, maxTimeS: 4000 },
        ]);
        cluster.node({ partitions: [0, 1], devices: gpus(4), cpus: 16 });
        cluster.node({ partitions: [1], memMib: 9000 });
        for (const options of jobs) cluster.job(options);
        const tables = cluster.tables();
        const policy = unwrap(instantiatePriority(module, { ...given }, { number: 1, seed: 1 }));
        const { priority } = prioritise(tables, policy, policy, GRES_PARENT);
        const scale = factorScale(tables, GRES_PARENT);
        const shown = jobs.map((_, row) => priorityFactors(tables, row, given, scale).priority);
        expect(shown).toEqual([...priority]);
      }),
    );
  });

  test("ranks in a cluster of no nodes", () => {
    expect(rank(module, batchOf([JOB], { clusterNodes: 0, clusterCpus: 0 }))).toEqual([1]);
  });

  test("gives the priority of a NaN age as a fault with the job's id", () => {
    const policy = unwrap(instantiatePriority(module, {}, { number: 1, seed: 1 }));
    const batch = batchOf([{ ...JOB, jobId: 77, ageS: Number.NaN }]);
    const fault = policy.rank(batch, new Float64Array(1));
    expect(fault).toMatchObject({ code: "POLICY_BAD_SCORE", message: expect.stringContaining("job 77") });
    const out = new Float64Array(1);
    expect(policy.rank(batchOf([JOB]), out)).toBeUndefined();
    expect(out[0]).toBeGreaterThan(0);
  });
});

describe("the policies of the literature", () => {
  const FORMULAS: Readonly<Record<string, readonly ["static" | "dynamic", (job: RawJob) => number]>> = {
    fcfs: ["static", ({ submitS }) => 4_294_967_296 - submitS],
    sjf: ["static", ({ timeLimitS }) => 2_147_483_648 - timeLimitS],
    wfp3: ["dynamic", ({ ageS, timeLimitS, cpus }) => (ageS / timeLimitS) ** 3 * cpus],
    unicef: [
      "dynamic",
      ({ ageS, timeLimitS, cpus }) => ageS / ((cpus > 1 ? Math.log2(cpus) : 1e-6) * timeLimitS),
    ],
    f1: [
      "static",
      ({ timeLimitS, cpus, submitS }) =>
        -(Math.log10(timeLimitS) * cpus + 870 * Math.log10(Math.max(submitS, 1))),
    ],
  };

  test.each(Object.keys(FORMULAS))("%s is the published formula", async (name) => {
    const module = await builtIn(`policies/priority/${name}`, "priority");
    const [time, formula] = FORMULAS[name]!;
    expect(module.manifest.time).toBe(time);
    fc.assert(
      fc.property(fc.array(rawJob, { maxLength: 20 }), (jobs) => {
        const ranks = rank(module, batchOf(jobs));
        for (const [i, job] of jobs.entries()) {
          const right = formula(job);
          expect(Math.abs(ranks[i]! - right)).toBeLessThanOrEqual(1e-12 * Math.abs(right));
        }
      }),
    );
  });

  test("f1 counts submit times from its origin, and those before it as the first second", async () => {
    const module = await builtIn("policies/priority/f1", "priority");
    const jobs = [999, 1000, 1001, 1010].map((submitS) => ({ ...JOB, cpus: 0, submitS }));
    expect(rank(module, batchOf(jobs), { originS: 1000 })).toEqual([-0, -0, -0, -870]);
  });
});
