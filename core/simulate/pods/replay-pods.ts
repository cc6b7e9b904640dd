/** Replays arrivals of pods on a cluster that is empty at first and that no pod leaves. Pure. */
import { seededRandom } from "../../wasm/random.ts";
import type { Arrivals } from "./arrivals.ts";
import { Curve, type CurvePoint, roundedPct } from "./curve.ts";
import { Fragmentation } from "./fragmentation.ts";
import { gpuMilliOf, type NodeList, type PodList, type PodPlacement } from "./pod.ts";
import { PodCluster } from "./pod-cluster.ts";
import { RoundedSums } from "./rounded-sums.ts";
import { ScoreBoard } from "./score-board.ts";
import { FgdScorer } from "./score-fgd.ts";
import { plainScorer } from "./score-plain.ts";
import { randomScorer } from "./score-random.ts";
import { typicalPods } from "./typical-pods.ts";

export interface PodReplay {
  readonly pods: PodList;
  readonly nodes: NodeList;
  readonly arrivals: Arrivals;
  readonly placement: PodPlacement;
  /** An integer, 0 .. 2^32 - 1; of the draws of `random`. */
  readonly seed: number;
  /** The first pod that takes the arrived load above this percentage is the first one that is left out. */
  readonly untilArrivedPct: number;
  /** Told of each pod in turn: the node's row in the list and the devices, or -1 and none where it was not placed. */
  readonly onPlaced?: (pod: number, node: number, devices: readonly number[]) => void;
}

export interface PodRun {
  readonly arrived: number;
  readonly placed: number;
  readonly gpuTotalMilli: number;
  readonly gpuUsedMilli: number;
  readonly fragmentationMilli: number;
  readonly curve: readonly CurvePoint[];
}

const NO_DEVICES: readonly number[] = [];

/** A pod that no node holds is not tried again. The cluster has a GPU. */
export function replayPods(replay: PodReplay): PodRun {
  const { pods, arrivals, placement, untilArrivedPct, onPlaced } = replay;
  const cluster = new PodCluster(replay.nodes, arrivals.nodes);
  const typical = typicalPods(pods);
  const fragmentation = new Fragmentation(cluster, typical);
  const random = seededRandom(replay.seed);
  const draw = (): number => random.next();
  const scorer =
    placement === "fgd"
      ? new FgdScorer(cluster, fragmentation, new RoundedSums(cluster, typical, pods.shapeOf.length))
      : placement === "random"
        ? randomScorer(cluster, draw)
        : plainScorer(placement, cluster);
  const board = new ScoreBoard(cluster, scorer, draw);
  const { gpuTotal } = cluster;
  const curve = new Curve();
  let askedMilli = 0;
  let arrived = 0;
  let placed = 0;
  for (const pod of arrivals.pods) {
    const shape = pods.shapes[pods.shapeOf[pod]!]!;
    const memoryMib = pods.memoryMib[pod]!;
    askedMilli += gpuMilliOf(shape);
    const arrivedPct = roundedPct(askedMilli, gpuTotal);
    if (arrivedPct > untilArrivedPct) break;
    arrived++;
    const node = board.best(shape, memoryMib);
    const devices = node === -1 || shape.gpus === 0 ? NO_DEVICES : scorer.devices(node, shape);
    if (node !== -1) {
      cluster.take(node, shape, memoryMib, devices);
      fragmentation.update(node);
      board.changed(node);
      placed++;
    }
    onPlaced?.(pod, node === -1 ? -1 : arrivals.nodes[node]!, devices);
    curve.add({
      arrivedPct,
      allocationPct: (100 * cluster.gpuUsed) / gpuTotal,
      fragmentationPct: (100 * fragmentation.totalMilli) / gpuTotal,
    });
  }
  return {
    arrived,
    placed,
    gpuTotalMilli: gpuTotal,
    gpuUsedMilli: cluster.gpuUsed,
    fragmentationMilli: fragmentation.totalMilli,
    curve: curve.points(),
  };
}
