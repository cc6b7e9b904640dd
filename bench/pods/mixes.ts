/** Seeded lists of pods with parts of GPUs, and a cluster for them: mixes that have little in common. */
import type { Arrivals } from "../../core/simulate/pods/arrivals.ts";
import type { NodeList, PodList, PodShape } from "../../core/simulate/pods/pod.ts";
import { seededRandom } from "../../core/wasm/random.ts";

export interface PodCase {
  readonly name: string;
  readonly pods: PodList;
  readonly nodes: NodeList;
  readonly arrivals: Arrivals;
}

interface Mix {
  readonly name: string;
  /** Weights of pods without GPU, with a part of one, with a whole one, and with 2, 4 or 8. */
  readonly kinds: readonly [number, number, number, number];
  /** Thousandths that parts take, each as likely; more than one of a number makes it more so. */
  readonly parts: readonly number[];
  /** CPUs for each GPU, each as likely. */
  readonly cores: readonly number[];
  /** Of pods with GPUs, that may use one model only. */
  readonly specShare: number;
}

const PARTS = [100, 230, 320, 470, 590, 650, 810, 810];
const CORES = [3, 4, 8, 11, 12, 16];
const MIXES: readonly Mix[] = [
  { name: "even", kinds: [10, 40, 48, 2], parts: PARTS, cores: CORES, specShare: 0 },
  { name: "parts", kinds: [10, 75, 14, 1], parts: PARTS, cores: CORES, specShare: 0 },
  { name: "quarters", kinds: [10, 60, 28, 2], parts: [250, 250, 500, 750], cores: CORES, specShare: 0 },
  {
    name: "any-part",
    kinds: [10, 50, 38, 2],
    parts: Array.from({ length: 19 }, (_, i) => 50 * (i + 1)),
    cores: CORES,
    specShare: 0,
  },
  { name: "large", kinds: [8, 25, 47, 20], parts: PARTS, cores: CORES, specShare: 0 },
  { name: "cpus", kinds: [20, 38, 40, 2], parts: PARTS, cores: [4, 11, 12, 16, 20, 24], specShare: 0 },
  { name: "few-cpus", kinds: [5, 43, 50, 2], parts: PARTS, cores: [1, 2, 4, 6], specShare: 0 },
  { name: "models", kinds: [10, 40, 48, 2], parts: PARTS, cores: CORES, specShare: 0.3 },
];

/** How many nodes of each make, with their CPUs, memory, GPUs and model. */
const MAKES: readonly (readonly [number, number, number, number, string])[] = [
  [200, 96, 393_216, 8, "A"],
  [120, 104, 524_288, 2, "B"],
  [40, 32, 131_072, 4, "C"],
  [20, 128, 786_432, 8, "D"],
  [60, 48, 196_608, 2, "C"],
];
const MODELS = ["A", "B", "C", "D"];
const WHOLE = 1000;
/** Of the cluster's GPUs, that pods ask for in all. */
const LOAD = 1.05;
const LIST = 4000;
const SIZES = [2, 4, 8];
const MEMORY_A_CORE_MIB = 3000;

/** Each mix with each seed, on a cluster that is `scale` times as large. */
export function podMixes(seeds: readonly number[], scale = 1): readonly PodCase[] {
  return MIXES.flatMap((mix) => seeds.map((seed) => caseOf(mix, seed, scale)));
}

function caseOf(mix: Mix, seed: number, scale: number): PodCase {
  const random = seededRandom(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random.next() * values.length)]!;
  const nodes = nodesOf(scale);
  const shapes: PodShape[] = [];
  const known = new Map<string, number>();
  const shapeOf: number[] = [];
  const memoryMib: number[] = [];
  const total = mix.kinds.reduce((sum, weight) => sum + weight, 0);
  for (let row = 0; row < LIST; row++) {
    let drawn = random.next() * total;
    const kind = mix.kinds.findIndex((weight) => {
      drawn -= weight;
      return drawn < 0;
    });
    const gpus = kind === 0 ? 0 : kind < 3 ? 1 : pick(SIZES);
    const gpuMilli = kind === 0 ? 0 : kind === 1 ? pick(mix.parts) : WHOLE;
    const cores = pick(mix.cores) * Math.max(1, gpus);
    const spec = gpus > 0 && random.next() < mix.specShare ? pick(MODELS) : "";
    const shape = { cpuMilli: cores * WHOLE, gpus, gpuMilli, spec };
    const key = JSON.stringify(shape);
    const place = known.get(key) ?? shapes.push(shape) - 1;
    known.set(key, place);
    shapeOf.push(place);
    memoryMib.push(Math.min(cores, 30) * MEMORY_A_CORE_MIB);
  }
  const milli = nodes.gpus.reduce((sum, gpus) => sum + gpus * WHOLE, 0);
  const arrivals: number[] = [];
  for (let asked = 0; asked < LOAD * milli; ) {
    const row = Math.floor(random.next() * LIST);
    arrivals.push(row);
    const { gpus, gpuMilli } = shapes[shapeOf[row]!]!;
    asked += gpus * gpuMilli;
  }
  return {
    name: `${mix.name}_${seed}`,
    pods: { shapes, shapeOf: Int32Array.from(shapeOf), memoryMib: Int32Array.from(memoryMib) },
    nodes,
    arrivals: { pods: Int32Array.from(arrivals), nodes: shuffled(nodes.gpus.length, () => random.next()) },
  };
}

function nodesOf(scale: number): NodeList {
  const rows = MAKES.flatMap(([count, ...make]) =>
    Array.from({ length: Math.max(1, Math.round(count * scale)) }, () => make),
  );
  return {
    cpuMilli: Int32Array.from(rows, ([cpus]) => cpus * WHOLE),
    memoryMib: Int32Array.from(rows, ([, memory]) => memory),
    gpus: Uint8Array.from(rows, ([, , gpus]) => gpus),
    model: Int8Array.from(rows, ([, , , model]) => MODELS.indexOf(model)),
    models: MODELS,
  };
}

function shuffled(count: number, draw: () => number): Int32Array {
  const rows = Int32Array.from({ length: count }, (_, row) => row);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  return rows;
}
