/**
 * The typical pods of a list, against which fragmentation is measured (Weng et al., Beware of Fragmentation, ATC 2023):
 * the most frequent requests that together are most of the list, with how often each occurs. Pure.
 */
import { ANY_MODEL, modelMask, type PodList, type PodShape } from "./pod.ts";

export interface TypicalPod {
  readonly shape: PodShape;
  readonly count: number;
}

/** Of the list's pods, that typical ones make up at least: a percentage. */
const TYPICAL_PCT = 95;

/** The most frequent first; of equally frequent ones the larger first. */
export function typicalPods({ shapes, shapeOf }: PodList): readonly TypicalPod[] {
  const counts = new Float64Array(shapes.length);
  for (const shape of shapeOf) counts[shape]! += 1;
  const all = shapes
    .map((shape, i) => ({ shape, count: counts[i]! }))
    .sort((a, b) => b.count - a.count || larger(a.shape, b.shape));
  let sum = 0;
  const end = all.findIndex(({ count }) => {
    sum += count;
    return sum * 100 >= TYPICAL_PCT * shapeOf.length;
  });
  return all.slice(0, end + 1);
}

function larger(a: PodShape, b: PodShape): number {
  const byNumbers = b.cpuMilli - a.cpuMilli || b.gpuMilli - a.gpuMilli || b.gpus - a.gpus;
  if (byNumbers !== 0) return byNumbers;
  return a.spec === b.spec ? 0 : a.spec < b.spec ? 1 : -1;
}

/** The typical pods as a node of one GPU model meets them, the smallest part first. */
export interface TypicalTable {
  /** How many pods can use none of the node's devices: those without GPU and those that may not use its model. */
  readonly outside: number;
  readonly cpuMilli: Int32Array;
  readonly gpus: Int32Array;
  readonly gpuMilli: Int32Array;
  readonly count: Float64Array;
}

/** One table a model, in the order of `models`. Pods that differ only in models that make no difference are one. */
export function typicalTables(
  typical: readonly TypicalPod[],
  models: readonly string[],
): readonly TypicalTable[] {
  return models.map((_, model) => {
    let outside = 0;
    const inside = new Map<string, { shape: PodShape; count: number }>();
    for (const { shape, count } of typical) {
      const mask = modelMask(shape, models);
      if (shape.gpus === 0 || (mask !== ANY_MODEL && ((mask >> model) & 1) === 0)) {
        outside += count;
        continue;
      }
      const key = `${shape.cpuMilli},${shape.gpus},${shape.gpuMilli}`;
      const entry = inside.get(key);
      if (entry === undefined) inside.set(key, { shape, count });
      else entry.count += count;
    }
    const rows = [...inside.values()].sort((a, b) => a.shape.gpuMilli - b.shape.gpuMilli);
    return {
      outside,
      cpuMilli: Int32Array.from(rows, ({ shape }) => shape.cpuMilli),
      gpus: Int32Array.from(rows, ({ shape }) => shape.gpus),
      gpuMilli: Int32Array.from(rows, ({ shape }) => shape.gpuMilli),
      count: Float64Array.from(rows, ({ count }) => count),
    };
  });
}
