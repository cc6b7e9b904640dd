/**
 * The rules of a replay of pods said plainly and slowly, for comparison: nothing is kept, sorted or summed up ahead.
 * Devices are an array of free thousandths.
 */
import { modelMask, type PodShape } from "../../../core/simulate/pods/pod.ts";
import type { TypicalPod } from "../../../core/simulate/pods/typical-pods.ts";

export interface NaiveNode {
  cpuFree: number;
  memoryFree: number;
  model: number;
  free: number[];
  /** Of the pods with GPUs on it: 0 for a part of a device, else how many. */
  kinds: number[];
}

export const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

export const mayUse = (shape: PodShape, models: readonly string[], model: number): boolean =>
  model >= 0 && ((modelMask(shape, models) >> model) & 1) === 1;

/** Whether the node holds the pod; several parts may lie on one device. */
export function holds(
  { cpuFree, free, model }: NaiveNode,
  shape: PodShape,
  models: readonly string[],
): boolean {
  if (cpuFree < shape.cpuMilli) return false;
  if (shape.gpus === 0) return true;
  if (!mayUse(shape, models, model)) return false;
  return sum(free.map((milli) => Math.floor(milli / shape.gpuMilli))) >= shape.gpus;
}

/** Thousandths times pods. */
export function fragmentation(
  { cpuFree, free, model }: NaiveNode,
  typical: readonly TypicalPod[],
  models: readonly string[],
): number {
  let amount = 0;
  for (const { shape, count } of typical) {
    const fitting = free.filter((milli) => milli >= shape.gpuMilli).length;
    const isUsable =
      shape.gpus > 0 && mayUse(shape, models, model) && fitting >= shape.gpus && cpuFree >= shape.cpuMilli;
    amount += count * (isUsable ? sum(free.filter((milli) => milli < shape.gpuMilli)) : sum(free));
  }
  return amount;
}

/** The devices of a part or of the least free ones, from the least free on. */
export function leastFree(free: readonly number[], { gpus, gpuMilli }: PodShape): number[] {
  const left = [...free];
  const devices: number[] = [];
  while (devices.length < gpus) {
    const last = devices.at(-1);
    const order = free.map((_, d) => d).sort((a, b) => free[a]! - free[b]! || a - b);
    const device =
      last !== undefined && left[last]! >= gpuMilli ? last : order.find((d) => left[d]! >= gpuMilli)!;
    left[device]! -= gpuMilli;
    devices.push(device);
    if (left[device]! < gpuMilli) left[device] = -1;
  }
  return devices;
}

/** The scores of the placements that do not look at fragmentation. */
export function plainScore(
  placement: "best-fit" | "dot-product" | "gpu-packing" | "gpu-clustering",
  node: NaiveNode,
  shape: PodShape,
): number {
  const { cpuFree, free, kinds } = node;
  const { cpuMilli, gpus, gpuMilli } = shape;
  const asked = gpus * gpuMilli;
  const gpuFree = sum(free);
  const isPart = gpus === 1 && gpuMilli < 1000;
  switch (placement) {
    case "best-fit":
      return Math.floor(
        100 * (1 - (0.5 * ((cpuFree - cpuMilli) / 128_000) + 0.5 * ((gpuFree - asked) / 8000))),
      );
    case "dot-product": {
      const cpu = (cpuFree / 128_000) * (cpuMilli / 128_000);
      return Math.floor(100 * (1 - (cpu + (gpuFree / 8000) * (asked / 8000)) / 2));
    }
    case "gpu-packing": {
      if (gpus === 0) return 0;
      if (free.every((milli) => milli === 1000)) return Math.max(33 - free.length, free.length);
      const shared = free.filter((milli) => milli < 1000 && milli >= gpuMilli);
      if (!isPart || shared.length === 0) return Math.max(50 - gpus, 33);
      return Math.max(100 - Math.floor(Math.min(...shared) / 100), 50);
    }
    default: {
      if (gpus === 0) return 0;
      const kind = isPart ? 0 : gpus;
      const own = kinds.includes(kind);
      const base = kinds.length === 0 ? 25 : own ? (kinds.every((k) => k === kind) ? 75 : 50) : 0;
      return Math.floor((25 * (8000 - gpuFree)) / 8000 + base);
    }
  }
}
