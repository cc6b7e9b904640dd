/** The environment of a step's tasks as far as it is the same on all its nodes: the caller's, by --export, and the step's. Pure. */
import { compressCounts } from "../../model/compressed-counts.ts";
import { compressHostlist } from "../../model/hostlist.ts";
import type { StepAnswer } from "../../model/step.ts";
import { jobEnvironment } from "../sbatch/job-environment.ts";
import type { SrunDraft } from "./draft.ts";

export interface StepEnvironmentInput {
  readonly draft: SrunDraft;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly answer: StepAnswer;
  readonly name: string;
  readonly port: number;
  readonly umask: number;
  readonly cwd: string;
}

export const stepEnvironment = (input: StepEnvironmentInput): Record<string, string> => {
  const { draft, env, answer, name, port, umask, cwd } = input;
  const { SLURM_GET_USER_ENV: _, ...environment } = jobEnvironment(draft.exportList, env);
  const ntasks = answer.nodes.reduce((sum, { ranks }) => sum + ranks.length, 0);
  const counts = compressCounts(answer.nodes.map(({ ranks }) => ranks.length));
  const { spec, step, typed } = draft;
  const isKept = step.has("preserve-env");
  return {
    ...environment,
    SLURM_JOB_ID: `${answer.jobId}`,
    SLURM_JOBID: `${answer.jobId}`,
    SLURM_JOB_NAME: typed.has("job-name") ? name : (env["SLURM_JOB_NAME"] ?? name),
    SLURM_STEP_ID: `${answer.stepId}`,
    SLURM_STEPID: `${answer.stepId}`,
    SLURM_STEP_NODELIST: compressHostlist(answer.nodes.map((node) => node.name)),
    SLURM_STEP_NUM_NODES: `${answer.nodes.length}`,
    SLURM_STEP_NUM_TASKS: `${ntasks}`,
    SLURM_STEP_TASKS_PER_NODE: counts,
    SLURM_STEP_LAUNCHER_PORT: `${port}`,
    SLURM_SRUN_COMM_HOST: answer.launchHost,
    SLURM_SRUN_COMM_PORT: `${port}`,
    SLURM_LAUNCH_NODE_IPADDR: answer.launchHost,
    ...(isKept && env["SLURM_NTASKS"] !== undefined
      ? {}
      : {
          SLURM_NNODES: `${answer.nodes.length}`,
          SLURM_NTASKS: `${ntasks}`,
          SLURM_NPROCS: `${ntasks}`,
          SLURM_TASKS_PER_NODE: counts,
        }),
    SLURM_DISTRIBUTION: answer.distribution,
    ...(answer.distribution === "plane"
      ? { SLURM_DIST_PLANESIZE: spec.distribution?.split("=")[1] ?? "1" }
      : {}),
    ...(spec.cpusPerTask === undefined ? {} : { SLURM_CPUS_PER_TASK: `${spec.cpusPerTask}` }),
    ...(spec.overcommit === true ? { SLURM_OVERCOMMIT: "1" } : {}),
    ...(step.has("label") ? { SLURM_LABELIO: "1" } : {}),
    SLURM_PRIO_PROCESS: "0",
    SLURM_SUBMIT_DIR: cwd,
    SLURM_UMASK: umask.toString(8).padStart(4, "0"),
  };
};
