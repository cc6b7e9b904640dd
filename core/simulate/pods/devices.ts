/** Which devices of a node a pod gets, for all placements that leave it to a plain rule. Pure. */
import { isPart, MAX_POD_GPUS, type PodShape } from "./pod.ts";
import type { PodCluster } from "./pod-cluster.ts";

/** A part goes to the least free device that has room for it; whole devices are the first free ones by index. */
export function plainDevices(cluster: PodCluster, node: number, shape: PodShape): readonly number[] {
  const byIndex = Array.from({ length: cluster.gpus[node]! }, (_, device) => device);
  return isPart(shape) ? leastFree(cluster, node, shape) : fill(cluster, node, shape, byIndex);
}

/** The least free devices that have room, of equal ones the first by index. */
export function leastFree(cluster: PodCluster, node: number, shape: PodShape): readonly number[] {
  const from = node * MAX_POD_GPUS;
  const order = Array.from({ length: cluster.gpus[node]! }, (_, device) => device).sort(
    (a, b) => cluster.laneFree[from + a]! - cluster.laneFree[from + b]! || a - b,
  );
  return fill(cluster, node, shape, order);
}

/** A part goes to any of the devices that have room for it, each as likely; whole devices are the first free ones. */
export function drawnDevices(
  cluster: PodCluster,
  node: number,
  shape: PodShape,
  random: () => number,
): readonly number[] {
  if (!isPart(shape)) return plainDevices(cluster, node, shape);
  const from = node * MAX_POD_GPUS;
  const holding: number[] = [];
  for (let device = 0; device < cluster.gpus[node]!; device++) {
    if (cluster.laneFree[from + device]! >= shape.gpuMilli) holding.push(device);
  }
  return [holding[Math.floor(random() * holding.length)]!];
}

/** Takes of each device in turn as many parts as it has room for, until there are enough. */
function fill(
  cluster: PodCluster,
  node: number,
  { gpus, gpuMilli }: PodShape,
  order: readonly number[],
): readonly number[] {
  const devices: number[] = [];
  for (const device of order) {
    let free = cluster.laneFree[node * MAX_POD_GPUS + device]!;
    while (devices.length < gpus && free >= gpuMilli) {
      devices.push(device);
      free -= gpuMilli;
    }
  }
  return devices;
}
