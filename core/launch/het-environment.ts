/**
 * What the script of a heterogeneous job is told of its components: how many there are, and of each a set of variables
 * with the number of the component behind their names. Pure.
 */
import type { Allocation, Job } from "../model/job.ts";
import type { NodeSpec } from "../model/node.ts";

export interface RunningComponent {
  readonly job: Job;
  readonly allocation: Allocation;
  /** One a share of the allocation, in its order. */
  readonly nodes: readonly NodeSpec[];
}

/** What stands between a variable's name and the number of the component that it is of. */
export const HET_GROUP = "_HET_GROUP_";

/** Variables of a job of one component that each component has one of, where they are set. */
const OF_EACH = [
  "SLURM_CPUS_PER_TASK",
  "SLURM_JOB_CPUS_PER_NODE",
  "SLURM_JOB_ID",
  "SLURM_JOB_NAME",
  "SLURM_JOB_NODELIST",
  "SLURM_JOB_NUM_NODES",
  "SLURM_JOB_PARTITION",
  "SLURM_MEM_PER_CPU",
  "SLURM_MEM_PER_GPU",
  "SLURM_MEM_PER_NODE",
  "SLURM_NPROCS",
  "SLURM_NTASKS",
  "SLURM_TASKS_PER_NODE",
] as const;

/** Adds them. `variablesOf` gives the variables of a component as if it were a job of its own. */
export function addComponents(
  to: Record<string, string>,
  components: readonly RunningComponent[],
  variablesOf: (component: RunningComponent) => Readonly<Record<string, string>>,
): void {
  const size = components[0]?.job.het?.size;
  if (size === undefined) return;
  to["SLURM_HET_SIZE"] = `${size}`;
  for (const component of components) {
    const own = variablesOf(component);
    for (const name of OF_EACH) {
      const value = own[name];
      if (value !== undefined) to[`${name}${HET_GROUP}${component.job.het?.offset ?? 0}`] = value;
    }
  }
}
