/** Nodes and submissions of many kinds, for what holds of all of them. */
import fc from "fast-check";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import { device, node } from "./cluster.ts";

export const nodeArbitrary: fc.Arbitrary<NodeSpec> = fc
  .record({
    cpus: fc.integer({ min: 1, max: 16 }),
    threadsPerCore: fc.constantFrom(1, 2),
    memoryMib: fc.integer({ min: 100, max: 4000 }),
    gpus: fc.array(fc.constantFrom("tesla", "a100"), { maxLength: 4 }),
    features: fc.subarray(["ib", "big"]),
  })
  .map(({ gpus, ...over }) => node("x", { ...over, devices: gpus.map((type, i) => device(type, "gpu", i)) }));

export const specArbitrary: fc.Arbitrary<Partial<JobSpec>> = fc
  .record(
    {
      minNodes: fc.integer({ min: 1, max: 6 }),
      moreNodes: fc.integer({ min: 0, max: 3 }),
      ntasks: fc.integer({ min: 1, max: 40 }),
      ntasksPerNode: fc.integer({ min: 1, max: 8 }),
      cpusPerTask: fc.integer({ min: 1, max: 8 }),
      memory: fc.record({
        kind: fc.constantFrom("memPerNodeMib", "memPerCpuMib"),
        mib: fc.integer({ min: 0, max: 2000 }),
      }),
      gpus: fc.record({
        kind: fc.constantFrom("gpus", "gpusPerNode", "gpusPerTask", "gres"),
        type: fc.constantFrom("", "tesla:"),
        count: fc.integer({ min: 1, max: 8 }),
      }),
      exclusive: fc.boolean(),
      exclusiveUser: fc.boolean(),
      ntasksPerCore: fc.constantFrom(1, 2),
      threadsPerCore: fc.constantFrom(1, 2),
      overcommit: fc.boolean(),
      distribution: fc.constantFrom("cyclic", "arbitrary"),
      hint: fc.constantFrom("nomultithread", "multithread", "memory_bound"),
      constraint: fc.constantFrom("ib", "ib&big", "ib|big", "(ib|big)&ib", "[ib]"),
      exclude: fc.constantFrom("n0", "n[0-1]"),
      nodelist: fc.constantFrom("n2", "n[2-3]"),
    },
    { requiredKeys: [] },
  )
  .map(({ memory, gpus, minNodes, moreNodes = 0, ...over }) => ({
    ...over,
    ...(minNodes === undefined ? {} : { minNodes, maxNodes: minNodes + moreNodes }),
    ...(memory === undefined ? {} : { [memory.kind]: memory.mib }),
    ...(gpus === undefined
      ? {}
      : {
          [gpus.kind]: gpus.kind === "gres" ? `gpu:${gpus.type}${gpus.count}` : `${gpus.type}${gpus.count}`,
        }),
  }));
