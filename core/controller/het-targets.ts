/** What a change may name of a heterogeneous job: the whole, or a component where one alone can be changed. Pure. */
import { hetIds } from "../model/het.ts";
import type { Job } from "../model/job.ts";
import { refuse } from "../model/refusal.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { isFollower } from "../state/het.ts";
import type { Target } from "./job-ref.ts";

type Refused = ReturnType<typeof refuse>;

/** The refusal where only some components of a waiting job are named, which would start without the others. */
export function partedSet(state: ClusterState, targets: readonly Target[]): Refused | undefined {
  const named = new Set(targets.map(({ job }) => job.id));
  const parted = targets.find(
    ({ job }) =>
      job.state === "PENDING" &&
      job.het !== undefined &&
      hetIds(job.het).some((id) => state.jobs.get(id)?.state === "PENDING" && !named.has(id)),
  );
  return parted === undefined ? undefined : refuseComponent(parted.job);
}

export const refuseComponent = (job: Job): Refused =>
  refuse("HET_COMPONENT", `job ${job.id} is a component of heterogeneous job ${job.het?.hetJobId}`, {
    jobId: job.id,
  });

/** The jobs without components whose leader is among them: what is done to the leader is done to all. */
export function withLeaders(jobs: readonly Job[]): readonly Job[] {
  const named = new Set(jobs.map(({ id }) => id));
  return jobs.filter((job) => !isFollower(job) || !named.has(job.het!.hetJobId));
}
