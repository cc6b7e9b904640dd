/**
 * Fragmentation gradient descent (Weng et al., Beware of Fragmentation, ATC 2023): the node and device where a pod adds
 * the least fragmentation, or takes the most away. Pure.
 */
import { leastFree } from "./devices.ts";
import type { Fragmentation } from "./fragmentation.ts";
import { isPart, MAX_POD_GPUS, type PodShape, WHOLE_GPU_MILLI } from "./pod.ts";
import type { PodCluster } from "./pod-cluster.ts";
import type { RoundedSums } from "./rounded-sums.ts";
import type { PodScorer } from "./scorer.ts";

export class FgdScorer implements PodScorer {
  readonly isDrawn = false;
  readonly #cluster: PodCluster;
  readonly #fragmentation: Fragmentation;
  readonly #sums: RoundedSums;
  /** The lanes of a node as the pod would leave them, the least free first. */
  readonly #after = new Int16Array(MAX_POD_GPUS);

  constructor(cluster: PodCluster, fragmentation: Fragmentation, sums: RoundedSums) {
    this.#cluster = cluster;
    this.#sums = sums;
    this.#fragmentation = fragmentation;
  }

  score(node: number, shape: PodShape): number {
    if (!isPart(shape)) {
      this.#takeLeast(node, shape);
      return this.#scoreAfter(node, shape);
    }
    const { gpus, sortedFree } = this.#cluster;
    const from = node * MAX_POD_GPUS;
    const to = from + gpus[node]!;
    let best = 0;
    let last = -1;
    for (let lane = from; lane < to; lane++) {
      const free = sortedFree[lane]!;
      if (free < shape.gpuMilli || free === last) continue;
      last = free;
      this.#takePart(node, lane, shape.gpuMilli);
      const score = this.#scoreAfter(node, shape);
      if (score > best) best = score;
    }
    return best;
  }

  devices(node: number, shape: PodShape): readonly number[] {
    if (!isPart(shape)) return leastFree(this.#cluster, node, shape);
    const { gpus, laneFree, sortedFree } = this.#cluster;
    const from = node * MAX_POD_GPUS;
    let best = -1;
    let bestDevice = 0;
    for (let device = 0; device < gpus[node]!; device++) {
      const free = laneFree[from + device]!;
      if (free < shape.gpuMilli) continue;
      this.#takePart(node, sortedFree.indexOf(free, from), shape.gpuMilli);
      const score = this.#scoreAfter(node, shape);
      if (score <= best) continue;
      best = score;
      bestDevice = device;
    }
    return [bestDevice];
  }

  /** Lowers one lane and moves it to where it belongs among the lesser ones. */
  #takePart(node: number, lane: number, gpuMilli: number): void {
    const { gpus, sortedFree } = this.#cluster;
    const after = this.#after;
    const from = node * MAX_POD_GPUS;
    for (let i = 0; i < gpus[node]!; i++) after[i] = sortedFree[from + i]!;
    let at = lane - from;
    const left = after[at]! - gpuMilli;
    for (; at > 0 && after[at - 1]! > left; at--) after[at] = after[at - 1]!;
    after[at] = left;
  }

  /** Whole devices, or none: of the least free ones with room as many parts as they hold. */
  #takeLeast(node: number, { gpus, gpuMilli }: PodShape): void {
    const { gpus: devices, sortedFree } = this.#cluster;
    const after = this.#after;
    const from = node * MAX_POD_GPUS;
    const count = devices[node]!;
    let left = gpus;
    for (let i = 0; i < count; i++) {
      let free = sortedFree[from + i]!;
      while (left > 0 && free >= gpuMilli) {
        free -= gpuMilli;
        left--;
      }
      after[i] = free;
    }
    if (gpus > 0) sortFew(after, count);
  }

  #scoreAfter(node: number, { cpuMilli }: PodShape): number {
    const fragmentation = this.#fragmentation;
    const cpuAfter = this.#cluster.cpuFree[node]! - cpuMilli;
    const before = fragmentation.amount(node);
    const after = fragmentation.of(node, cpuAfter, this.#after, 0);
    const gainMilli =
      before === after && after > 0
        ? this.#sums.gainMilli(node, cpuAfter, this.#after)
        : (before - after) / fragmentation.pods;
    return Math.floor((1 / (1 + Math.exp(-gainMilli / WHOLE_GPU_MILLI))) * 100);
  }
}

/** In place, by insertion. */
function sortFew(values: Int16Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
}
