/** Nodes, jobs and results that the tests of policy modules share. */
import type { PolicyJob, PolicyNodeColumns } from "../../core/model/policy.ts";
import type { Result } from "../../core/model/refusal.ts";

/** The value of a result that the test takes for granted. */
export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return result.value;
}

/** Nodes that are all alike and free: 8 GPUs, 64 CPUs, 256 GiB. */
export function freeNodes(count: number): PolicyNodeColumns {
  return {
    count,
    freeCpus: new Int32Array(count).fill(64),
    totalCpus: new Int32Array(count).fill(64),
    freeMemMib: new Int32Array(count).fill(262_144),
    totalMemMib: new Int32Array(count).fill(262_144),
    freeGpus: new Uint8Array(count).fill(8),
    totalGpus: new Uint8Array(count).fill(8),
    hardwareClass: new Int32Array(count),
    topologyLeaf: new Int32Array(count).fill(-1),
    level0: new Int32Array(count).fill(-1),
    level1: new Int32Array(count).fill(-1),
    level2: new Int32Array(count).fill(-1),
    freeLanes: new Int32Array(count).fill(255),
  };
}

export function makeJob(given: Partial<PolicyJob> = {}): PolicyJob {
  return {
    jobId: 1,
    nodes: 1,
    tasksPerNode: 1,
    cpus: 1,
    memMib: 1,
    gpus: 0,
    timeLimitS: 60,
    partition: 0,
    priority: 1,
    ...given,
  };
}
