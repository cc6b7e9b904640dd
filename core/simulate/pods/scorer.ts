/** What a placement of pods is: a score for each node that fits, and the devices of the node that is taken. */
import type { PodShape } from "./pod.ts";

export interface PodScorer {
  /** A whole number from 0 to 127 for a node that holds the pod, the highest wins. Depends on nothing but the node. */
  score(node: number, shape: PodShape): number;
  /** Devices by index for a pod with GPUs; one of them as often as the pod takes parts of it. */
  devices(node: number, shape: PodShape): readonly number[];
  /** Whether the best node is drawn from all of the best instead of being the first of them. */
  readonly isDrawn: boolean;
}
