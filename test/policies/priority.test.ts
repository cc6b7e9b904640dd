/** The built-in priority modules, through the host, against the formulas that they are written after. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { PriorityBatch } from "../../core/model/policy.ts";
import type { PolicyModule } from "../../core/wasm/module.ts";
import { instantiatePriority, MAX_CHUNK_ROWS } from "../../core/wasm/priority.ts";
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
}

const CLUSTER = { clusterNodes: 100, clusterCpus: 6_400 };
const JOB: RawJob = { jobId: 1, ageS: 0, nodes: 1, cpus: 1, nice: 0, partitionFactor: 0, qosFactor: 0 };

function batchOf(jobs: readonly RawJob[], cluster = CLUSTER): PriorityBatch {
  return {
    count: jobs.length,
    ageS: Float64Array.from(jobs, ({ ageS }) => ageS),
    jobId: Int32Array.from(jobs, ({ jobId }) => jobId),
    nodes: Int32Array.from(jobs, ({ nodes }) => nodes),
    cpus: Int32Array.from(jobs, ({ cpus }) => cpus),
    timeLimitS: new Int32Array(jobs.length).fill(60),
    nice: Int32Array.from(jobs, ({ nice }) => nice),
    partitionFactor: Float64Array.from(jobs, ({ partitionFactor }) => partitionFactor),
    qosFactor: Float64Array.from(jobs, ({ qosFactor }) => qosFactor),
    ...cluster,
  };
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

const rawJob: fc.Arbitrary<RawJob> = fc.record({
  jobId: fc.integer({ min: 1, max: 2_147_483_645 }),
  ageS: fc.integer({ min: -5, max: 2_000_000 }),
  nodes: fc.integer({ min: 1, max: 120 }),
  cpus: fc.integer({ min: 1, max: 8_000 }),
  nice: fc.integer({ min: -10_000, max: 10_000 }),
  partitionFactor: fc.double({ min: 0, max: 1, noNaN: true }),
  qosFactor: fc.double({ min: 0, max: 1, noNaN: true }),
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

  const DEFAULTS = {
    ageWeight: 1000,
    sizeWeight: 1000,
    partitionWeight: 10_000,
    qosWeight: 10_000,
    maxAgeS: 604_800,
    favorSmall: 0,
  };

  function formula(job: RawJob, weights: typeof DEFAULTS): number {
    const age = Math.min(Math.max(job.ageS, 0) / weights.maxAgeS, 1);
    const big = (Math.min(job.nodes / 100, 1) + Math.min(job.cpus / 6_400, 1)) / 2;
    const size = weights.favorSmall === 1 ? 1 - big : big;
    const sum =
      age * weights.ageWeight +
      size * weights.sizeWeight +
      job.partitionFactor * weights.partitionWeight +
      job.qosFactor * weights.qosWeight -
      job.nice;
    return Math.max(Math.floor(sum), 1);
  }

  test("is the documented sum for any jobs and weights", () => {
    const weights = fc.record({
      ageWeight: fc.integer({ min: 0, max: 100_000 }),
      sizeWeight: fc.integer({ min: 0, max: 100_000 }),
      partitionWeight: fc.integer({ min: 0, max: 100_000 }),
      qosWeight: fc.integer({ min: 0, max: 100_000 }),
      maxAgeS: fc.integer({ min: 1, max: 1_000_000 }),
      favorSmall: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(fc.array(rawJob, { maxLength: 20 }), weights, (jobs, given) => {
        expect(rank(module, batchOf(jobs), given)).toEqual(jobs.map((job) => formula(job, given)));
      }),
    );
  });

  test("has the declared defaults", () => {
    const defaults = module.manifest.parameters.map((parameter) => [parameter.name, parameter.default]);
    expect(Object.fromEntries(defaults)).toEqual(DEFAULTS);
    expect(rank(module, batchOf([{ ...JOB, ageS: 604_800, nodes: 100, cpus: 6_400 }]))).toEqual([2000]);
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
