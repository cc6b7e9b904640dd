/**
 * Where a job's output goes and its input comes from, as absolute paths: for the order to the agent and for all who
 * show the job. Pure; no file is touched, and whether a directory exists is the agent's to find out.
 */
import { expandPattern } from "./filename-pattern.ts";
import type { Job } from "./job.ts";

export interface OutputPaths {
  readonly stdOut: string;
  /** Equal to stdOut when both go to one file. */
  readonly stdErr: string;
  readonly stdIn: string;
}

export const NO_FILE = "/dev/null";
const DEFAULT_OUTPUT = "slurm-%j.out";
const DEFAULT_ARRAY_OUTPUT = "slurm-%A_%a.out";

/**
 * `batchHost` is the name of the first node, "" for a job that has none yet. The waiting rest of an array has no task,
 * and `%a` then is what Slurm prints for that, 4294967294.
 */
export function outputPaths(job: Job, batchHost: string): OutputPaths {
  const { spec } = job;
  const path = (pattern: string): string => absolute(spec.workDir, expand(pattern, job, batchHost));
  const stdOut = path(spec.output ?? (job.array === undefined ? DEFAULT_OUTPUT : DEFAULT_ARRAY_OUTPUT));
  return {
    stdOut,
    stdErr: spec.error === undefined ? stdOut : path(spec.error),
    stdIn: spec.input === undefined ? NO_FILE : path(spec.input),
  };
}

const expand = (pattern: string, job: Job, batchHost: string): string =>
  pattern.toLowerCase() === "none"
    ? NO_FILE
    : expandPattern(pattern, {
        jobId: job.id,
        arrayJobId: job.array?.arrayJobId,
        arrayTaskId: job.array?.taskId,
        jobName: job.name,
        user: job.spec.user,
        node: shortName(batchHost),
        nodeIndex: 0,
        restarts: job.restarts,
      });

const absolute = (workDir: string, name: string): string => {
  if (name.startsWith("/")) return name;
  return workDir.endsWith("/") ? `${workDir}${name}` : `${workDir}/${name}`;
};

const shortName = (host: string): string => {
  const dot = host.indexOf(".");
  return dot < 0 ? host : host.slice(0, dot);
};
