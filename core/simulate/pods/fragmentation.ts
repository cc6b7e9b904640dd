/**
 * How much of a node's free GPU thousandths the typical pods cannot use, each pod weighed by how often it occurs (Weng et
 * al., Beware of Fragmentation, ATC 2023). Amounts are sums of whole numbers, thousandths times pods, so they are exact
 * and do not depend on the order of summing; divided by `pods` they are thousandths. Pure.
 */
import { SHARE_LANES } from "../../model/sharing.ts";
import type { PodCluster } from "./pod-cluster.ts";
import { type TypicalPod, type TypicalTable, typicalTables } from "./typical-pods.ts";

export class Fragmentation {
  /** Typical pods, the weight of all of them. */
  readonly pods: number;
  readonly #cluster: PodCluster;
  readonly #tables: readonly TypicalTable[];
  /** By node, as the cluster is. */
  readonly #amounts: Float64Array;
  #sum = 0;

  constructor(cluster: PodCluster, typical: readonly TypicalPod[]) {
    this.#cluster = cluster;
    this.#tables = typicalTables(typical, cluster.models);
    this.pods = typical.reduce((sum, { count }) => sum + count, 0);
    this.#amounts = new Float64Array(cluster.size);
    for (let node = 0; node < cluster.size; node++) this.update(node);
  }

  /** Of the node as it was when it was last updated. */
  amount(node: number): number {
    return this.#amounts[node]!;
  }

  /** Of all nodes, in thousandths. */
  get totalMilli(): number {
    return this.#sum / this.pods;
  }

  /** Measures the node anew after it has changed. */
  update(node: number): void {
    const { cpuFree, sortedFree } = this.#cluster;
    const amount = this.of(node, cpuFree[node]!, sortedFree, node * SHARE_LANES);
    this.#sum += amount - this.#amounts[node]!;
    this.#amounts[node] = amount;
  }

  /**
   * Of the node if it had these CPUs and lanes free: as many as it has devices from `from` on, the
   * least free first. A typical pod of several devices takes a part of each.
   */
  of(node: number, cpuFree: number, sorted: Int16Array, from: number): number {
    const devices = this.#cluster.gpus[node]!;
    if (devices === 0) return 0;
    const { outside, cpuMilli, gpus, gpuMilli, count } = this.#tables[this.#cluster.model[node]!]!;
    let free = 0;
    for (let lane = from; lane < from + devices; lane++) free += sorted[lane]!;
    const to = from + devices;
    /** Lanes before it have less than the part that is looked at, `below` in all. */
    let lane = from;
    let below = 0;
    let amount = outside * free;
    for (let i = 0; i < count.length; i++) {
      const part = gpuMilli[i]!;
      while (lane < to && sorted[lane]! < part) below += sorted[lane++]!;
      const isHeld = cpuMilli[i]! <= cpuFree && to - lane >= gpus[i]!;
      amount += count[i]! * (isHeld ? below : free);
    }
    return amount;
  }
}
