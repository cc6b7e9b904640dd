/** The cluster that the options of `rota simulate` name, for one workload. Pure. */
import { ok, type Result, refuse } from "../model/refusal.ts";
import { clusterOfConfig, clusterOfNodes, type SimulatedCluster } from "./cluster.ts";
import type { ClusterAsked } from "./flags.ts";
import type { Workload } from "./workload.ts";

/** CPUs of the cluster that the flags name, 0 for the log's own. */
export function machineCpus(cluster: ClusterAsked): number {
  switch (cluster.kind) {
    case "config":
      return cluster.config.nodes.reduce((sum, { cpus }) => sum + cpus, 0);
    case "nodes":
      return cluster.nodes.count * cluster.nodes.cpus;
    default:
      return 0;
  }
}

/** The cluster of the flags, or one node with the processors of the log. */
export function clusterFor(cluster: ClusterAsked, workload: Workload): Result<SimulatedCluster> {
  switch (cluster.kind) {
    case "config":
      return clusterOfConfig(cluster.config, cluster.path);
    case "nodes":
      return ok(clusterOfNodes(cluster.nodes));
    default: {
      const { machineCpus: cpus, name } = workload;
      if (cpus > 0) return ok(clusterOfNodes({ count: 1, cpus, gpus: 0, gpuModel: "", memoryMib: 1 }));
      const message = `${name} does not say what its machine is; give --nodes and --cpus-per-node, or --cluster rota.yaml`;
      return refuse("INVALID_SPEC", message);
    }
  }
}
