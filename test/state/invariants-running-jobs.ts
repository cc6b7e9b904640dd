/** Rows of running jobs as wholes, and their order by end, against the records. */
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { ClusterState } from "../../core/state/cluster-state.ts";
import { at, same } from "./same.ts";

export function checkRunningJobs(state: ClusterState): void {
  const { columns, count } = state.runningJobs;
  const running = [...state.jobs.values()].filter((job) => job.state === "RUNNING");
  same("rows of running jobs", count, running.length);
  same("running jobs with a row", state.runningJobRow.size, running.length);
  for (const { id, startS, timeLimitS, allocation, partition } of running) {
    const row = state.runningJobRow.get(id) ?? -1;
    const nodes = allocation!.nodes;
    same(at`job of row ${row}`, columns.jobId[row], id);
    same(at`start of running job ${id}`, columns.startS[row], startS);
    same(at`end of running job ${id}`, columns.endS[row], Math.min(UNLIMITED_S, startS + timeLimitS));
    same(at`nodes of running job ${id}`, columns.nodes[row], nodes.length);
    const cpus = nodes.reduce((sum, share) => sum + share.cpus, 0);
    same(at`CPUs of running job ${id}`, columns.cpus[row], cpus);
    const index = state.partitions.find(({ spec }) => spec.name === partition)?.index ?? -1;
    same(at`partition of running job ${id}`, columns.partition[row], index);
  }
  const { endS, jobId } = columns;
  const expected = Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => endS[a]! - endS[b]! || jobId[a]! - jobId[b]!,
  );
  same("running jobs by end", state.endOrder.used().join(), expected.join());
}
