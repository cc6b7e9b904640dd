/**
 * Writes what the kernel reads of a class: amounts, modes and the planes to test and to take from. The words' places are
 * those of assembly/planes.ts. Runs once for each class of a pass.
 */
import type { ShapeTable } from "../state/tables.ts";
import type { Demand } from "./demand.ts";
import type { PlanKernel } from "./kernel.ts";

/** Words of a descriptor, as the kernel reads them. */
const WORD = {
  MASK: 0,
  CPU_MODE: 1,
  CPUS: 2,
  MEM_MODE: 3,
  MEM_MIB: 4,
  WANT: 5,
  TASKS_FLOOR: 6,
  TASKS_EXTRA: 7,
  TASKS_PER_NODE: 8,
  CPUS_PER_TASK: 9,
  REQUIRED: 10,
  REQUIRED_COUNT: 11,
  CHECKS: 12,
  CHECK_PAIRS: 13,
  TAKES: 29,
  TAKE_PAIRS: 30,
} as const;
const MODE = { AS_ASKED: 0, PER_THREAD: 1, WHOLE: 2 } as const;

/** Word of the pointer to the class's mask, which moves. */
export const MASK_WORD = WORD.MASK;

/** Fills the descriptor of class `index`, all but the mask. */
export function writeDescriptor(
  kernel: PlanKernel,
  index: number,
  demand: Demand,
  shapes: ShapeTable,
  gresParent: readonly number[],
): void {
  const { columns } = shapes;
  const { shape, wantNodes, required } = demand;
  const tasks = columns.tasks[shape]!;
  const words = kernel.descriptor(index);
  words.fill(0);
  words[WORD.CPU_MODE] = demand.wholeCpus ? MODE.WHOLE : demand.perThread ? MODE.PER_THREAD : MODE.AS_ASKED;
  words[WORD.CPUS] = demand.cpus;
  words[WORD.MEM_MODE] = demand.wholeMem ? MODE.WHOLE : MODE.AS_ASKED;
  words[WORD.MEM_MIB] = demand.memMib;
  words[WORD.WANT] = wantNodes;
  words[WORD.TASKS_FLOOR] = Math.floor(tasks / wantNodes);
  words[WORD.TASKS_EXTRA] = tasks % wantNodes;
  words[WORD.TASKS_PER_NODE] = columns.tasksPerNode[shape]!;
  words[WORD.CPUS_PER_TASK] = columns.cpusPerTask[shape]!;
  words[WORD.REQUIRED] = kernel.listPointer(columns.requiredOffset[shape]!);
  words[WORD.REQUIRED_COUNT] = required.length;
  words[WORD.CHECKS] = demand.checks.length;
  demand.checks.forEach(({ dimension, count }, i) => {
    words[WORD.CHECK_PAIRS + 2 * i] = kernel.dimensions.indexOf(dimension);
    words[WORD.CHECK_PAIRS + 2 * i + 1] = count;
  });
  const takes = takesOf(kernel.dimensions, demand, gresParent);
  words[WORD.TAKES] = takes.length;
  takes.forEach(([plane, count], i) => {
    words[WORD.TAKE_PAIRS + 2 * i] = plane;
    words[WORD.TAKE_PAIRS + 2 * i + 1] = count;
  });
}

/**
 * Planes to take from, and how much. Which type an untyped demand will get is settled at commit, so it is taken from each
 * type: exact on nodes with devices of one type, too much (never too little) on mixed ones.
 */
function takesOf(
  dimensions: readonly number[],
  demand: Demand,
  gresParent: readonly number[],
): [number, number][] {
  const parentOf = (dimension: number): number => gresParent[dimension] ?? dimension;
  const byDimension = new Map(demand.checks.map(({ dimension, count }) => [dimension, count]));
  const typedOf = new Map<number, number>();
  for (const { dimension, count } of demand.checks) {
    const parent = parentOf(dimension);
    if (parent !== dimension) typedOf.set(parent, (typedOf.get(parent) ?? 0) + count);
  }
  const takes: [number, number][] = [];
  dimensions.forEach((dimension, plane) => {
    const parent = parentOf(dimension);
    const own = byDimension.get(dimension) ?? 0;
    const untyped = parent === dimension ? 0 : (byDimension.get(parent) ?? 0) - (typedOf.get(parent) ?? 0);
    if (own + untyped > 0) takes.push([plane, own + untyped]);
  });
  return takes;
}
