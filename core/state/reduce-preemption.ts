/** Events of preemption: what a waiting job claims while others are ended for it. */
import type { JobId, NodeIndex } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "./cluster-state.ts";
import { demand, type EventOf, jobOf } from "./event-of.ts";

export function applyPreempting(state: ClusterState, event: EventOf<"job.preempting">): void {
  const job = jobOf(state, event);
  const { partition, nodes, tasks, victims, atS, untilS } = event;
  demand(job.state === "PENDING", state, event, `job ${job.id} does not wait`);
  demand(nodes.length > 0 && nodes.length === tasks.length, state, event, "it names no nodes and tasks");
  const known = nodes.every((node) => state.nodeRecords[node] !== undefined);
  demand(known, state, event, "a node row does not exist");
  job.claim = {
    partition,
    nodes: nodes as readonly NodeIndex[],
    tasks,
    victims: victims as readonly JobId[],
    atS,
    untilS,
  };
  state.claimants.add(job.id);
}

/** The job has started, or asks for something else: nobody is kept off the nodes for it any more. */
export function dropClaim(state: ClusterState, job: Job): void {
  if (job.claim === undefined) return;
  delete job.claim;
  state.claimants.delete(job.id);
}
