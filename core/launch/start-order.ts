/**
 * The launch stage's order: everything that the agent of the batch host needs to start a job's script. Made when the
 * start of the job is on disk, and again whenever an agent turns out not to have it. Pure: the same job and allocation
 * give the same order. Never waits for an agent and never decides whether a job starts.
 */
import type { StartOrder } from "../../agents/protocol/frames.ts";
import { outputPaths } from "../model/output-paths.ts";
import { type EnvironmentInput, jobEnvironment } from "./environment.ts";

export interface StartInput extends EnvironmentInput {
  readonly script: string;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

/** Throws when the allocation has no nodes, which commit never makes. */
export function startOrder(input: StartInput): StartOrder {
  const { job, allocation, nodes, script, graceMs } = input;
  const [share] = allocation.nodes;
  const [host] = nodes;
  if (share === undefined || host === undefined)
    throw new Error(`job ${job.id} has an allocation without nodes`);
  const { spec } = job;
  const paths = outputPaths(job, host.name);
  return {
    jobId: job.id,
    restarts: job.restarts,
    name: job.name,
    user: spec.user,
    uid: spec.uid,
    gid: spec.gid,
    workDir: spec.workDir,
    script,
    args: spec.args ?? [],
    environment: jobEnvironment(input),
    stdout: paths.stdOut,
    stderr: paths.stdErr,
    stdin: paths.stdIn,
    openMode: spec.openMode ?? "truncate",
    cpus: share.cpus,
    memMib: share.memMib,
    devices: share.devices,
    timeLimitS: job.timeLimitS,
    graceMs,
    ...(spec.signal === undefined ? {} : { signal: spec.signal }),
  };
}
