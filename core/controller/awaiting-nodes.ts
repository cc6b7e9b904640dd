/** Jobs whose start is ordered once the last of their nodes is awake. A part of the dispatcher; orders nothing. */
import type { JobId, NodeIndex } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { componentsOf, leaderOf } from "../state/het.ts";

export class AwaitingNodes {
  readonly #state: ClusterState;
  readonly #ids = new Set<JobId>();

  constructor(state: ClusterState) {
    this.#state = state;
  }

  /** Whether nodes of the job, or of one that runs with it, are asleep: no agent has been told of it. */
  isAwaiting(job: Job): boolean {
    return componentsOf(this.#state, job).some(({ bootS }) => bootS !== undefined);
  }

  add(id: JobId): void {
    this.#ids.add(id);
  }

  forget(id: JobId): void {
    this.#ids.delete(id);
  }

  /** Takes out the jobs with a share of a node that has come: their start is to be tried again. */
  take(node: NodeIndex): readonly JobId[] {
    if (this.#ids.size === 0) return [];
    const { nodeJobs, jobs } = this.#state;
    const leaders = (nodeJobs[node] ?? []).map((id) => leaderOf(this.#state, jobs.get(id)!).id);
    return leaders.filter((id) => this.#ids.delete(id));
  }
}
