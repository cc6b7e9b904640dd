/** Any node that holds the pod and any of its devices that do, each as likely: what other placements are measured by. */
import { drawnDevices } from "./devices.ts";
import type { PodCluster } from "./pod-cluster.ts";
import type { PodScorer } from "./scorer.ts";

/** `draw` gives 0 <= x < 1. */
export function randomScorer(cluster: PodCluster, draw: () => number): PodScorer {
  return {
    isDrawn: true,
    score: () => 0,
    devices: (node, shape) => drawnDevices(cluster, node, shape, draw),
  };
}
