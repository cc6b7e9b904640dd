/**
 * The nodes of a replay as columns: what is free of CPUs, memory and each device. Row numbers are ranks in the order of
 * preference, so that the first of equals is the lowest. Pure.
 */
import { SHARE_LANES, type ShareColumns } from "../../model/sharing.ts";
import { isPart, type NodeList, type PodShape, WHOLE_GPU_MILLI } from "./pod.ts";

export class PodCluster {
  readonly size: number;
  readonly models: readonly string[];
  readonly cpuFree: Int32Array;
  readonly memoryFree: Int32Array;
  readonly gpus: Int32Array;
  /** Index into `models`, -1 without GPU. */
  readonly model: Int32Array;
  /** SHARE_LANES lanes a node, by device: thousandths that are free. */
  readonly laneFree: Int16Array;
  /** The same lanes, the least free first; those beyond the node's devices are not used. */
  readonly sortedFree: Int16Array;
  /** Sum of a node's lanes. */
  readonly gpuFree: Int32Array;
  /** Bits of the kinds of pods with GPUs that a node holds, see `kindOf`. */
  readonly kinds: Int32Array;
  /** Thousandths of all devices. */
  readonly gpuTotal: number;
  /** Thousandths that pods have taken. */
  gpuUsed = 0;

  /** `order` are rows of the list, the first to be preferred first. */
  constructor(list: NodeList, order: Int32Array) {
    const size = order.length;
    this.size = size;
    this.models = list.models;
    this.cpuFree = Int32Array.from(order, (row) => list.cpuMilli[row]!);
    this.memoryFree = Int32Array.from(order, (row) => list.memoryMib[row]!);
    this.gpus = Int32Array.from(order, (row) => list.gpus[row]!);
    this.model = Int32Array.from(order, (row) => list.model[row]!);
    this.laneFree = new Int16Array(size * SHARE_LANES);
    this.gpuFree = new Int32Array(size);
    this.kinds = new Int32Array(size);
    let total = 0;
    for (let node = 0; node < size; node++) {
      const gpus = this.gpus[node]!;
      this.laneFree.fill(WHOLE_GPU_MILLI, node * SHARE_LANES, node * SHARE_LANES + gpus);
      this.gpuFree[node] = gpus * WHOLE_GPU_MILLI;
      total += gpus * WHOLE_GPU_MILLI;
    }
    this.sortedFree = this.laneFree.slice();
    this.gpuTotal = total;
  }

  /** The same columns, as a placement sees them. */
  get columns(): ShareColumns {
    return {
      count: this.size,
      freeCpuMilli: this.cpuFree,
      freeMemMib: this.memoryFree,
      gpus: this.gpus,
      model: this.model,
      freeGpuMilli: this.gpuFree,
      kinds: this.kinds,
      free: this.laneFree,
    };
  }

  /** Whether all but memory suffices; `mask` are the models that the pod may use. */
  fits(node: number, shape: PodShape, mask: number): boolean {
    if (this.cpuFree[node]! < shape.cpuMilli) return false;
    const { gpus, gpuMilli } = shape;
    if (gpus === 0) return true;
    const devices = this.gpus[node]!;
    if (devices === 0 || ((mask >> this.model[node]!) & 1) === 0) return false;
    return lanesHold(this.sortedFree, node * SHARE_LANES, devices, gpus, gpuMilli);
  }

  /** Takes what the pod asks for; `devices` has its devices by index, one of them as often as it takes parts of it. */
  take(node: number, shape: PodShape, memoryMib: number, devices: readonly number[]): void {
    this.cpuFree[node]! -= shape.cpuMilli;
    this.memoryFree[node]! -= memoryMib;
    if (shape.gpus === 0) return;
    const from = node * SHARE_LANES;
    for (const device of devices) this.laneFree[from + device]! -= shape.gpuMilli;
    const taken = devices.length * shape.gpuMilli;
    this.gpuFree[node]! -= taken;
    this.gpuUsed += taken;
    this.kinds[node]! |= 1 << kindOf(shape);
    const to = from + this.gpus[node]!;
    this.sortedFree.set(this.laneFree.subarray(from, to), from);
    this.sortedFree.subarray(from, to).sort();
  }
}

/** Bit of a pod with GPUs: 0 for a part of a device, else how many devices. */
const kindOf = (shape: PodShape): number => (isPart(shape) ? 0 : shape.gpus);

/** Whether lanes, sorted from the least free, have room for `gpus` parts of `gpuMilli`; several may lie on one lane. */
export function lanesHold(
  sorted: Int16Array,
  from: number,
  devices: number,
  gpus: number,
  gpuMilli: number,
): boolean {
  let left = gpus;
  for (let lane = from + devices - 1; lane >= from; lane--) {
    const free = sorted[lane]!;
    if (free < gpuMilli) return false;
    left -= free < 2 * gpuMilli ? 1 : Math.floor(free / gpuMilli);
    if (left <= 0) return true;
  }
  return false;
}
