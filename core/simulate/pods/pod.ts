/** Vocabulary of a replay of pods: what a pod asks for, in parts of GPUs, and which placements there are. Pure. */

/** Thousandths of one GPU. */
export const WHOLE_GPU_MILLI = 1000;
/** GPUs of one node, and of one pod. */
export const MAX_POD_GPUS = 8;
/** The mask of a pod that any model will do for. */
export const ANY_MODEL = -1;
/** What pods have in common that ask for the same but for their memory. */
export interface PodShape {
  readonly cpuMilli: number;
  /** Devices, 0 .. MAX_POD_GPUS. */
  readonly gpus: number;
  /** Thousandths of each device, 1 .. 1000; 0 without GPU. */
  readonly gpuMilli: number;
  /** Models as the list has them, `A|B`; empty for any. */
  readonly spec: string;
}

/** A list of pods, each a row of two columns. */
export interface PodList {
  readonly shapes: readonly PodShape[];
  /** By row: index into `shapes`. */
  readonly shapeOf: Int32Array;
  /** By row, in MiB. */
  readonly memoryMib: Int32Array;
}

/** A list of nodes, by row. */
export interface NodeList {
  readonly cpuMilli: Int32Array;
  readonly memoryMib: Int32Array;
  readonly gpus: Uint8Array;
  /** Index into `models`; -1 for a node without GPU. */
  readonly model: Int8Array;
  readonly models: readonly string[];
}

/** Modules that come with Rota and choose parts of devices. */
export const POD_PLACEMENTS = [
  "fgd",
  "best-fit",
  "dot-product",
  "gpu-packing",
  "gpu-clustering",
  "foresight",
  "random",
] as const;
export type PodPlacement = (typeof POD_PLACEMENTS)[number];

/** Thousandths of GPUs that a pod of this shape takes. */
export const gpuMilliOf = ({ gpus, gpuMilli }: PodShape): number => gpus * gpuMilli;

/** Whether the pod is content with a part of one device. */
export const isPart = ({ gpus, gpuMilli }: PodShape): boolean => gpus === 1 && gpuMilli < WHOLE_GPU_MILLI;

/** Which of `models` a pod may use, as bits; ANY_MODEL where it does not say. Models that no node has are no bits. */
export function modelMask({ spec }: PodShape, models: readonly string[]): number {
  if (spec === "") return ANY_MODEL;
  let mask = 0;
  for (const name of spec.split("|")) {
    const model = models.indexOf(name);
    if (model >= 0) mask |= 1 << model;
  }
  return mask;
}
