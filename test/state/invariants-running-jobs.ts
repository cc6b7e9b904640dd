/** Rows of running jobs as wholes, and their order by end, against the records. */
import { isSuspended } from "../../core/model/job.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { RUNNING_JOB_FLAG } from "../../core/state/tables.ts";
import { at, same } from "./same.ts";

export function checkRunningJobs(state: ClusterState): void {
  const { columns, count } = state.runningJobs;
  const running = [...state.jobs.values()].filter((job) => job.state === "RUNNING");
  same("rows of running jobs", count, running.length);
  same("running jobs with a row", state.runningJobRow.size, running.length);
  for (const job of running) {
    const { id, startS, timeLimitS, allocation, partition, suspendedS = 0, bootS = 0 } = job;
    const row = state.runningJobRow.get(id) ?? -1;
    const nodes = allocation!.nodes;
    const isStill = isSuspended(job);
    const endS = isStill ? UNLIMITED_S : Math.min(UNLIMITED_S, startS + bootS + suspendedS + timeLimitS);
    same(at`job of row ${row}`, columns.jobId[row], id);
    same(at`start of running job ${id}`, columns.startS[row], startS + suspendedS);
    same(at`end of running job ${id}`, columns.endS[row], endS);
    same(at`nodes of running job ${id}`, columns.nodes[row], nodes.length);
    const cpus = nodes.reduce((sum, share) => sum + share.cpus, 0);
    same(at`CPUs of running job ${id}`, columns.cpus[row], cpus);
    const index = state.partitions.find(({ spec }) => spec.name === partition)?.index ?? -1;
    same(at`partition of running job ${id}`, columns.partition[row], index);
    const qos = state.qos.findIndex(({ name }) => name === job.qos);
    same(at`QOS of running job ${id}`, columns.qos[row], qos);
    same(at`priority of running job ${id}`, columns.priority[row], job.priority);
    same(at`restarts of running job ${id}`, columns.restarts[row], job.restarts);
    const isSpared = job.reservation !== undefined || job.het !== undefined;
    const flags =
      (job.ending === undefined ? 0 : RUNNING_JOB_FLAG.ENDING) |
      (job.suspension === undefined
        ? 0
        : isStill
          ? RUNNING_JOB_FLAG.SUSPENDED
          : RUNNING_JOB_FLAG.SUSPENDING) |
      (job.requeueAllowed ? RUNNING_JOB_FLAG.REQUEUE : 0) |
      (isSpared ? RUNNING_JOB_FLAG.SPARED : 0);
    same(at`flags of running job ${id}`, columns.flags[row], flags);
  }
  const { endS, jobId } = columns;
  const expected = Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => endS[a]! - endS[b]! || jobId[a]! - jobId[b]!,
  );
  same("running jobs by end", state.endOrder.used().join(), expected.join());
}
