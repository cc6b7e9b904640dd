/** Names of a job's nodes, in rank order; none for a job that has not started. Pure. */
import type { NodeIndex } from "../model/ids.ts";
import type { Job } from "../model/job.ts";
import type { ClusterState } from "../state/cluster-state.ts";

export const nodeNames = (state: ClusterState, job: Job): string[] =>
  (job.allocation?.nodes ?? []).map(({ node }) => nodeName(state, node));

export const nodeName = (state: ClusterState, node: NodeIndex): string =>
  state.nodeRecords[node]?.spec.name ?? "";
