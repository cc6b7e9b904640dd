/**
 * The record that accounting keeps of an ended job. Made once, when the job's end is applied, and written together
 * with that event. Pure.
 */
import { compressHostlist } from "../model/hostlist.ts";
import type { Job } from "../model/job.ts";
import { outputPaths } from "../model/output-paths.ts";
import type { HistoryView } from "../model/views.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { allocatedTo, askedBy } from "./amounts.ts";
import { displayId } from "./display-id.ts";
import { nodeNames } from "./node-names.ts";

/** CPUs and GPUs are 0 for a job that never had any; its nodes and memory are those that it asked. */
export function historyOf(state: ClusterState, job: Job): HistoryView {
  const names = nodeNames(state, job);
  const held = allocatedTo(state, job);
  const asked = askedBy(state, job.request);
  return {
    jobId: job.id,
    displayId: displayId(job),
    arrayJobId: job.array?.arrayJobId ?? 0,
    arrayTaskId: job.array?.taskId ?? -1,
    name: job.name,
    user: job.spec.user,
    uid: job.spec.uid,
    account: job.account,
    qos: job.qos,
    partition: job.partition === "" ? job.partitions.join(",") : job.partition,
    state: job.state,
    exitCode: job.exitCode,
    exitSignal: job.exitSignal,
    submitS: job.submitS,
    eligibleS: job.eligibleS,
    startS: job.startS,
    endS: job.endS,
    timeLimitS: job.timeLimitS,
    nodes: compressHostlist(names),
    numNodes: held?.nodes ?? asked.nodes,
    numCpus: held?.cpus ?? 0,
    numGpus: held?.gpus ?? 0,
    memMib: held?.memMib ?? asked.memMib,
    restarts: job.restarts,
    workDir: job.spec.workDir,
    stdOut: outputPaths(job, names[0] ?? "").stdOut,
    endReason: job.endReason,
    comment: job.comment,
    ...(job.suspendedS === undefined ? {} : { suspendedS: job.suspendedS }),
  };
}
