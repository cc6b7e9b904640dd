/** Reads a list of pods: one a row, with parts of GPUs. Times and states of the trace are passed over. */
import { ok, type Result } from "../../model/refusal.ts";
import { MAX_POD_GPUS, type PodList, type PodShape, WHOLE_GPU_MILLI } from "./pod.ts";
import { readTable, type TableColumn } from "./table-file.ts";

/** CPU thousandths or MiB of one pod or node. */
export const MAX_AMOUNT = 1_000_000_000;
/** Different shapes of one list: each keeps a score for every node. */
const MAX_SHAPES = 20_000;
/** Letters of a list of models. */
const MAX_SPEC = 512;

const COLUMNS: readonly TableColumn[] = [
  { name: "cpu_milli", most: MAX_AMOUNT },
  { name: "memory_mib", most: MAX_AMOUNT },
  { name: "num_gpu", most: MAX_POD_GPUS },
  { name: "gpu_milli", most: WHOLE_GPU_MILLI },
  { name: "gpu_spec", isOptional: true },
];

/** Refused with the line and reason where a row is wrong. */
export async function readPods(path: string): Promise<Result<PodList>> {
  const shapes: PodShape[] = [];
  const known = new Map<string, number>();
  const shapeOf: number[] = [];
  const memoryMib: number[] = [];
  const read = await readTable(path, COLUMNS, (numbers, texts) => {
    const [cpuMilli, memory, gpus, milli] = numbers as [number, number, number, number];
    const spec = texts[4]!;
    if (gpus > 0 && milli === 0) return "gpu_milli is 0; a pod with GPUs takes from 1 to 1000 of each";
    if (spec.length > MAX_SPEC) return `gpu_spec is longer than ${MAX_SPEC} letters`;
    const gpuMilli = gpus === 0 ? 0 : milli;
    const key = `${cpuMilli},${gpuMilli},${gpus},${spec}`;
    let shape = known.get(key);
    if (shape === undefined) {
      if (shapes.length === MAX_SHAPES) return `a list has at most ${MAX_SHAPES} different requests`;
      shape = shapes.push({ cpuMilli, gpus, gpuMilli, spec }) - 1;
      known.set(key, shape);
    }
    shapeOf.push(shape);
    memoryMib.push(memory);
    return undefined;
  });
  if (!read.ok) return read;
  return ok({ shapes, shapeOf: Int32Array.from(shapeOf), memoryMib: Int32Array.from(memoryMib) });
}
