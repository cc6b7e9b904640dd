/** The environment of a step's tasks on one node: srun's, what differs from node to node, and what tasks of PMI need. Pure. */
import type { StepLaunch } from "../../protocol/step-frames.ts";
import type { HostStep } from "./control.ts";

/** Descriptor of a task's socket to this host. */
export const PMI_FD = 3;
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

export const nodeEnvironment = (step: HostStep, launch: StepLaunch): Record<string, string> => {
  const { _: _last, OLDPWD: _old, ...asked } = launch.environment;
  return {
    HOME: step.passwd.home,
    USER: step.user,
    LOGNAME: step.user,
    SHELL: step.passwd.shell,
    PATH: DEFAULT_PATH,
    ...asked,
    PWD: launch.workDir,
    SLURMD_NODENAME: step.nodeName,
    SLURM_TOPOLOGY_ADDR: step.nodeName,
    SLURM_TOPOLOGY_ADDR_PATTERN: "node",
    SLURM_NODEID: `${step.nodeRank}`,
    SLURM_GTIDS: step.tasks.join(","),
    SLURM_CPUS_ON_NODE: `${step.cpus}`,
    ...(step.taskEnvironments.length === 1 ? step.taskEnvironments[0] : {}),
    ...(launch.pmi ? pmiVariables(step, launch) : {}),
  };
};

const pmiVariables = (step: HostStep, launch: StepLaunch): Record<string, string> => ({
  PMI_FD: `${PMI_FD}`,
  PMI_SIZE: `${launch.ranks.reduce((sum, ranks) => sum + ranks.length, 0)}`,
  PMI_JOBID: `${step.jobId}.${step.stepId}`,
  PMI_SPAWNED: "0",
  // Hydra's word for the tasks of a node, which MPICH reads where there is no mapping.
  MPI_LOCALNRANKS: `${step.tasks.length}`,
});
