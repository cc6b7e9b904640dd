/** Replays arrivals of pods on a cluster that is empty at first and that no pod leaves. Pure. */
import type { PolicyFault } from "../../model/policy.ts";
import type { SharingPolicy, TypicalJobs } from "../../model/sharing.ts";
import type { Arrivals } from "./arrivals.ts";
import { Curve, type CurvePoint, roundedPct } from "./curve.ts";
import { Fragmentation } from "./fragmentation.ts";
import { gpuMilliOf, modelMask, type NodeList, type PodList } from "./pod.ts";
import { PodCluster } from "./pod-cluster.ts";
import { ScoreBoard } from "./score-board.ts";
import { type TypicalPod, typicalPods } from "./typical-pods.ts";

export interface PodReplay {
  readonly pods: PodList;
  readonly nodes: NodeList;
  readonly arrivals: Arrivals;
  readonly policy: SharingPolicy;
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

/** A pod that no node holds is not tried again. The cluster has a GPU. The first wrong answer of the policy ends it. */
export function replayPods(replay: PodReplay): PodRun | PolicyFault {
  const { pods, arrivals, policy, untilArrivedPct, onPlaced } = replay;
  const cluster = new PodCluster(replay.nodes, arrivals.nodes);
  const typical = typicalPods(pods);
  const fragmentation = new Fragmentation(cluster, typical);
  const begun = policy.begin(cluster.columns, typicalJobs(typical, cluster.models, pods.shapeOf.length));
  if (begun !== undefined) return begun;
  const board = new ScoreBoard(cluster, policy);
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
    if (typeof node !== "number") return node;
    const devices = node === -1 || shape.gpus === 0 ? NO_DEVICES : policy.devices(node);
    if ("code" in devices) return devices;
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

const typicalJobs = (
  typical: readonly TypicalPod[],
  models: readonly string[],
  jobs: number,
): TypicalJobs => ({
  jobs,
  cpuMilli: Int32Array.from(typical, ({ shape }) => shape.cpuMilli),
  gpus: Int32Array.from(typical, ({ shape }) => shape.gpus),
  gpuMilli: Int32Array.from(typical, ({ shape }) => shape.gpuMilli),
  models: Int32Array.from(typical, ({ shape }) => modelMask(shape, models)),
  count: Float64Array.from(typical, ({ count }) => count),
});
