/**
 * The fragmentation of a node as a sum of doubles, in the order and grouping of the published results (Weng et al., ATC
 * 2023). The exact amount of `fragmentation.ts` is the same but for the last bits. They matter in one case: a pod that
 * changes the fragmentation of a node by nothing scores 50, or 49 where the two sums differ by a rounding error, and the
 * published curves were made with these 49s. Pure.
 */
import { ANY_MODEL, MAX_POD_GPUS, modelMask, type PodShape } from "./pod.ts";
import type { PodCluster } from "./pod-cluster.ts";
import type { TypicalPod } from "./typical-pods.ts";

/** Why a typical pod has no use for what is free; sums are kept apart by it and added up in this order. */
const LACKS_BOTH = 0;
const LACKS_GPU = 1;
const LACKS_CPU = 2;
const NO_GPU_ASKED = 3;
const NO_GPU_NOR_CPU = 4;
const NO_ACCESS = 5;
const REASONS = 6;

export class RoundedSums {
  readonly #cluster: PodCluster;
  readonly #shapes: readonly PodShape[];
  readonly #masks: Int32Array;
  readonly #weights: Float64Array;
  readonly #sums = new Float64Array(REASONS);

  /** `listPods` is how many pods the list has of which these are the typical ones. */
  constructor(cluster: PodCluster, typical: readonly TypicalPod[], listPods: number) {
    this.#cluster = cluster;
    this.#shapes = typical.map(({ shape }) => shape);
    this.#masks = Int32Array.from(typical, ({ shape }) => modelMask(shape, cluster.models));
    const share = typical.reduce((sum, { count }) => sum + count, 0) / listPods;
    this.#weights = Float64Array.from(typical, ({ count }) => count / listPods / share);
  }

  /** Thousandths, for the node with these CPUs and lanes free, the least free lane first. */
  of(node: number, cpuFree: number, sorted: Int16Array, from: number): number {
    const to = from + this.#cluster.gpus[node]!;
    let free = 0;
    for (let lane = from; lane < to; lane++) free += sorted[lane]!;
    const sums = this.#sums.fill(0);
    for (let i = 0; i < this.#shapes.length; i++) {
      const { cpuMilli, gpus, gpuMilli } = this.#shapes[i]!;
      const hasCpu = cpuMilli <= cpuFree;
      let reason = hasCpu ? NO_GPU_ASKED : NO_GPU_NOR_CPU;
      let unusable = free;
      if (gpus > 0 && !this.#mayUse(node, this.#masks[i]!)) reason = NO_ACCESS;
      else if (gpus > 0) {
        let lane = from;
        let below = 0;
        while (lane < to && sorted[lane]! < gpuMilli) below += sorted[lane++]!;
        const hasGpu = to - lane >= gpus;
        if (hasGpu && hasCpu) unusable = below;
        reason = hasGpu ? (hasCpu ? LACKS_GPU : LACKS_CPU) : hasCpu ? LACKS_GPU : LACKS_BOTH;
      }
      sums[reason]! += this.#weights[i]! * unusable;
    }
    let sum = 0;
    for (const one of sums) sum += one;
    return sum;
  }

  /** The node's sum less what it is with these amounts free: where it is 0 exactly, a few rounding errors. */
  gainMilli(node: number, cpuAfter: number, after: Int16Array): number {
    const { cpuFree, sortedFree } = this.#cluster;
    const before = this.of(node, cpuFree[node]!, sortedFree, node * MAX_POD_GPUS);
    return before - this.of(node, cpuAfter, after, 0);
  }

  #mayUse(node: number, mask: number): boolean {
    const model = this.#cluster.model[node]!;
    return mask === ANY_MODEL || (model >= 0 && ((mask >> model) & 1) === 1);
  }
}
