/** One node's order of a step. Made when the step's start is on disk. Pure. */
import type { StepOrder } from "../../agents/protocol/frames.ts";
import type { Job } from "../model/job.ts";
import type { Step, StepShare } from "../model/step.ts";
import type { StepPlace } from "./step-place.ts";

export interface StepOrderInput {
  readonly job: Job;
  readonly step: Step;
  readonly share: StepShare;
  /** Rank of the node in the step, and the ranks of its tasks. */
  readonly nodeRank: number;
  readonly ranks: readonly number[];
  readonly srun: StepOrder["srun"];
  readonly graceMs: number;
  readonly place: Pick<StepPlace, "devicesPerTask">;
}

/** Throws when the share is of a node that the job does not have, which placing never gives. */
export function stepOrder({
  job,
  step,
  share,
  nodeRank,
  ranks,
  srun,
  graceMs,
  place,
}: StepOrderInput): StepOrder {
  const { spec } = job;
  const whole = job.allocation?.nodes.find(({ node }) => node === share.node);
  if (whole === undefined)
    throw new Error(`step ${job.id}.${step.stepId} is on a node that the job does not have`);
  return {
    jobId: job.id,
    restarts: job.restarts,
    stepId: step.stepId,
    user: spec.user,
    uid: spec.uid,
    gid: spec.gid,
    srun,
    nodeRank,
    tasks: ranks,
    cpus: share.cpus,
    memMib: share.memMib,
    devices: share.devices,
    jobCpus: whole.cpus,
    jobMemMib: whole.memMib,
    jobDevices: whole.devices,
    devicesPerTask: place.devicesPerTask,
    timeLimitS: step.timeLimitS,
    graceMs,
  };
}
