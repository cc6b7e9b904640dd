/** The cluster of a controller's state, as a replay begins with it: its nodes, partitions and rules, and nothing on them. Pure. */
import { ok, type Result, refuse } from "../../model/refusal.ts";
import type { ClusterState } from "../../state/cluster-state.ts";
import type { SimulatedCluster } from "../cluster.ts";

/** Without accounts, licences and reservations, of which a recorded workload says nothing. */
export function clusterOfState(state: ClusterState): Result<SimulatedCluster> {
  const { nodeRecords, partitions, qos, preemption, topology } = state;
  if (nodeRecords.length === 0) return refuse("INVALID_SPEC", "the cluster has no nodes yet");
  const nodes = nodeRecords.map(({ spec }) => spec);
  return ok({
    nodes,
    weights: nodeRecords.flatMap(({ weight }, row) => (weight === undefined ? [] : [[row, weight] as const])),
    partitions: partitions.map(({ spec }) => spec),
    qos,
    preemption,
    cpus: nodes.reduce((sum, { cpus }) => sum + cpus, 0),
    gpus: nodes.reduce((sum, { devices }) => sum + devices.filter(({ name }) => name === "gpu").length, 0),
    hasMemory: false,
    ...(topology === undefined ? {} : { topology }),
  });
}
