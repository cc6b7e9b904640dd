/** A job step as the outside sees it. Pure. */
import { compressHostlist } from "../model/hostlist.ts";
import type { Job } from "../model/job.ts";
import type { Step, StepView } from "../model/step.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { displayId } from "./display-id.ts";
import { nodeName } from "./node-names.ts";

export function stepView(state: ClusterState, job: Job, step: Step): StepView {
  const { shares } = step;
  const sum = (amount: (share: Step["shares"][number]) => number): number =>
    shares.reduce((total, share) => total + amount(share), 0);
  return {
    jobId: job.id,
    jobDisplayId: displayId(job),
    stepId: step.stepId,
    name: step.name,
    user: job.spec.user,
    uid: job.spec.uid,
    partition: job.partition,
    state: step.state,
    exitCode: step.exitCode,
    exitSignal: step.exitSignal,
    startS: step.startS,
    endS: step.endS,
    timeLimitS: step.timeLimitS,
    nodes: compressHostlist(shares.map(({ node }) => nodeName(state, node))),
    numNodes: shares.length,
    tasks: step.tasks,
    cpus: sum(({ cpus }) => cpus),
    // A step that asked for none has the job's.
    memMib: sum(({ node, memMib }) =>
      memMib > 0 ? memMib : (job.allocation?.nodes.find((share) => share.node === node)?.memMib ?? 0),
    ),
    gpus: sum(
      ({ node, devices }) =>
        devices.filter(({ lane }) => state.nodeRecords[node]?.spec.devices[lane]?.name === "gpu").length,
    ),
    distribution: step.distribution,
    srunHost: step.srunHost,
    srunPid: step.srunPid,
  };
}

/** Steps of a job by id, those that have ended included where asked. */
export function stepsOfJob(state: ClusterState, job: Job, ended: boolean): StepView[] {
  const steps = state.steps.get(job.id);
  if (steps === undefined) return [];
  const all = ended ? [...steps.ended, ...steps.running] : steps.running;
  return [...all].sort((a, b) => a.stepId - b.stepId).map((step) => stepView(state, job, step));
}
