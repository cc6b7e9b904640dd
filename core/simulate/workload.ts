/** A workload: the jobs of a log or a list, in the order in which they are submitted. Types only. */

export interface WorkloadJob {
  /** As in the log; not always unique, never the job id of the simulated cluster. */
  readonly id: number;
  /** Seconds from the log's own beginning. */
  readonly submitS: number;
  /** Nodes that it asks for; 0 when its CPUs may lie on any number of nodes, a task each. */
  readonly nodes: number;
  /** CPUs of each node; of the whole job where `nodes` is 0. */
  readonly cpus: number;
  readonly gpusPerNode: number;
  /** What it asks for, seconds, >= 1. */
  readonly timeLimitS: number;
  /** How long it really runs, seconds, 0 .. timeLimitS. */
  readonly runS: number;
  /** Number of its user in the log, -1 when unknown. */
  readonly user: number;
  /** Where it is submitted to; absent for the cluster's defaults. */
  readonly queue?: WorkloadQueue | undefined;
}

/** Shared by all jobs with the same; "" for the default. */
export interface WorkloadQueue {
  readonly partition: string;
  readonly qos: string;
}

export interface Workload {
  /** File name, for reports. */
  readonly name: string;
  /** Ascending by submitS; equal ones in the order of the file. */
  readonly jobs: readonly WorkloadJob[];
  /** Processors and nodes that the log says its machine had; 0 when it does not. */
  readonly machineCpus: number;
  readonly machineNodes: number;
}

/** Jobs of one workload. */
export const MAX_WORKLOAD_JOBS = 10_000_000;
/** CPUs of one job. */
export const MAX_JOB_CPUS = 100_000_000;
/** Latest submission, in seconds of the log: a hundred years, so that seconds since 1970 will do. */
export const MAX_SUBMIT_S = 3_155_760_000;

/** What a reader gives. */
export interface ReadWorkload {
  readonly workload: Workload;
  /** Jobs of the file that no replay can use. */
  readonly left: number;
}

/** By submit time, those of one second as they came; files are nearly always in order, and then nothing is moved. */
export function inSubmitOrder(jobs: WorkloadJob[]): readonly WorkloadJob[] {
  for (let i = 1; i < jobs.length; i++)
    if (jobs[i]!.submitS < jobs[i - 1]!.submitS) return jobs.sort((a, b) => a.submitS - b.submitS);
  return jobs;
}
