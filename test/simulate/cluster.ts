/** Replays for tests: the product's stages with the modules that the build made. */
import { readFileSync } from "node:fs";
import { kernelPath } from "../../core/controller/built-file.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { type AlikeNodes, clusterOfNodes } from "../../core/simulate/cluster.ts";
import { choiceOf, openPolicies } from "../../core/simulate/policies.ts";
import { replay } from "../../core/simulate/replay.ts";
import type { RunSettings } from "../../core/simulate/settings.ts";
import type { Simulation } from "../../core/simulate/simulation.ts";
import type { Workload, WorkloadJob } from "../../core/simulate/workload.ts";

export const workloadOf = (jobs: readonly Partial<WorkloadJob>[]): Workload => ({
  name: "test",
  jobs: jobs.map((job, i) => ({
    id: i + 1,
    submitS: 0,
    nodes: 0,
    cpus: 1,
    gpusPerNode: 0,
    timeLimitS: 100,
    runS: 100,
    user: -1,
    ...job,
  })),
  machineCpus: 0,
  machineNodes: 0,
});

export interface TestRun extends Partial<RunSettings> {
  readonly order?: string;
  readonly placement?: string;
}

export function run(workload: Workload, nodes: Partial<AlikeNodes>, settings: TestRun = {}): Simulation {
  const { order = "fcfs", placement = "first-fit", ...others } = settings;
  const names = { order: choiceOf("order", order), placement: choiceOf("placement", placement) };
  const policies = openPolicies(names);
  if (!policies.ok) throw new Error(policies.refusal.message);
  return replay({
    workload,
    cluster: clusterOfNodes({ count: 1, cpus: 8, gpus: 0, gpuModel: "", memoryMib: 1024, ...nodes }),
    policies: policies.value,
    kernel: new PlanKernel(readFileSync(kernelPath())),
    settings: {
      label: "test",
      backfill: { mode: "easy", order: "queue" },
      eventOrder: "batch",
      estimates: "requested",
      seed: 0,
      keepPlacements: false,
      ...others,
    },
    nowMs: () => 0,
    peakRssMib: () => 0,
  });
}
