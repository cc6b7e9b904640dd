/**
 * The placements that fragmentation gradient descent is compared with: what is left of a node, how well its free amounts
 * match, or what is on its devices. Scores as published (Weng et al., ATC 2023). Pure.
 */
import { plainDevices } from "./devices.ts";
import {
  gpuMilliOf,
  isPart,
  MAX_POD_GPUS,
  type PodPlacement,
  type PodShape,
  SCALE_CPU_MILLI,
  SCALE_GPU_MILLI,
  WHOLE_GPU_MILLI,
} from "./pod.ts";
import { kindOf, type PodCluster } from "./pod-cluster.ts";
import type { PodScorer } from "./scorer.ts";

export type PlainPlacement = Exclude<PodPlacement, "fgd" | "random">;

type Score = (cluster: PodCluster, node: number, shape: PodShape) => number;

/** A scorer that takes the devices by the plain rule. */
export function plainScorer(placement: PlainPlacement, cluster: PodCluster): PodScorer {
  const score = SCORES[placement];
  return {
    isDrawn: false,
    score: (node, shape) => score(cluster, node, shape),
    devices: (node, shape) => plainDevices(cluster, node, shape),
  };
}

/** The less is left of a node, the better. */
const bestFit: Score = ({ cpuFree, gpuFree }, node, shape) => {
  const cpuLeft = (cpuFree[node]! - shape.cpuMilli) / SCALE_CPU_MILLI;
  const gpuLeft = (gpuFree[node]! - gpuMilliOf(shape)) / SCALE_GPU_MILLI;
  return atLeast0(100 * (1 - (0.5 * cpuLeft + 0.5 * gpuLeft)));
};

/** The smaller the product of what is free and what is asked for, the better. */
const dotProduct: Score = ({ cpuFree, gpuFree }, node, shape) => {
  const cpu = (cpuFree[node]! / SCALE_CPU_MILLI) * (shape.cpuMilli / SCALE_CPU_MILLI);
  const gpu = (gpuFree[node]! / SCALE_GPU_MILLI) * (gpuMilliOf(shape) / SCALE_GPU_MILLI);
  return atLeast0(100 * (1 - (cpu + gpu) / 2));
};

/** The fullest shared device first, then idle devices of nodes in use, then wholly free nodes. */
const gpuPacking: Score = ({ gpus, gpuFree, sortedFree }, node, shape) => {
  if (shape.gpus === 0) return 0;
  const devices = gpus[node]!;
  if (gpuFree[node]! === devices * WHOLE_GPU_MILLI) return Math.max(33 - devices, devices);
  const idle = Math.max(50 - shape.gpus, 33);
  if (!isPart(shape)) return idle;
  const from = node * MAX_POD_GPUS;
  for (let lane = from; lane < from + devices; lane++) {
    const free = sortedFree[lane]!;
    if (free >= shape.gpuMilli) return free < WHOLE_GPU_MILLI ? 100 - Math.floor(free / 100) : idle;
  }
  return idle;
};

/** Nodes that hold pods of the same kind and no others first. */
const gpuClustering: Score = ({ gpuFree, kinds }, node, shape) => {
  if (shape.gpus === 0) return 0;
  const own = 1 << kindOf(shape);
  const held = kinds[node]!;
  const group = held === own ? 75 : (held & own) !== 0 ? 50 : held === 0 ? 25 : 0;
  return Math.floor((25 * (SCALE_GPU_MILLI - gpuFree[node]!)) / SCALE_GPU_MILLI + group);
};

const SCORES: Readonly<Record<PlainPlacement, Score>> = {
  "best-fit": bestFit,
  "dot-product": dotProduct,
  "gpu-packing": gpuPacking,
  "gpu-clustering": gpuClustering,
};

/** Nodes beyond the scale have no less than 0. */
const atLeast0 = (score: number): number => Math.max(0, Math.floor(score));
