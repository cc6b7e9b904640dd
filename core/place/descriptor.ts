/**
 * Writes what the kernel reads of a class: amounts, modes and the planes to test and to take from. The words' places are
 * those of assembly/layout.ts. Runs once for each class of a pass.
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
  UNEVEN: 12,
  TASKS: 13,
  MIN_NODES: 14,
  MAX_NODES: 15,
  MEM_PER_CPU: 16,
  THREADED: 17,
  FULL_CPUS: 18,
  FULL_MEM: 19,
  CHECKS: 20,
  CHECK: 21,
  TAKES: 53,
  TAKE: 54,
  OWNER: 102,
  ALONE: 103,
} as const;
const CHECK_WORDS = 4;
const TAKE_WORDS = 3;
const MODE = { AS_ASKED: 0, PER_THREAD: 1, WHOLE: 2 } as const;

/** Words of the number of the class's user, and of whether no other's jobs may be beside it. */
export const OWNER_WORD = WORD.OWNER;
export const ALONE_WORD = WORD.ALONE;
/** How many nodes a job of the descriptor at `from` has, and whether that is for its tasks to say; tasks on the fullest. */
export const spreadOf = (words: Int32Array, from: number) => ({
  want: words[from + WORD.WANT]!,
  isUneven: words[from + WORD.UNEVEN] !== 0,
  tasksPerNode: words[from + WORD.TASKS_PER_NODE]!,
});

/** Word of the pointer to the class's mask, which moves. */
export const MASK_WORD = WORD.MASK;

/**
 * Fills the descriptor of class `index`, all but the mask. Checks and takes beyond their number are not read, and stay as
 * they were. `takes` are takesOf the demand.
 */
export function writeDescriptor(
  kernel: PlanKernel,
  index: number,
  demand: Demand,
  shapes: ShapeTable,
  takes: readonly Take[],
): void {
  const { wantNodes, required, tasks, checks } = demand;
  const { words, from } = kernel.descriptor(index);
  words[from + WORD.CPU_MODE] = demand.wholeCpus
    ? MODE.WHOLE
    : demand.perThread
      ? MODE.PER_THREAD
      : MODE.AS_ASKED;
  words[from + WORD.CPUS] = demand.cpus;
  words[from + WORD.MEM_MODE] = demand.wholeMem ? MODE.WHOLE : MODE.AS_ASKED;
  words[from + WORD.MEM_MIB] = demand.memMib;
  words[from + WORD.WANT] = wantNodes;
  words[from + WORD.TASKS_FLOOR] = Math.floor(tasks / wantNodes);
  words[from + WORD.TASKS_EXTRA] = tasks % wantNodes;
  words[from + WORD.TASKS_PER_NODE] = demand.tasksPerNode;
  words[from + WORD.CPUS_PER_TASK] = demand.cpusPerTask;
  words[from + WORD.REQUIRED] = kernel.listPointer(shapes.columns.requiredOffset[demand.shape]!);
  words[from + WORD.REQUIRED_COUNT] = required.length;
  words[from + WORD.UNEVEN] = demand.uneven ? 1 : 0;
  words[from + WORD.TASKS] = tasks;
  words[from + WORD.MIN_NODES] = wantNodes;
  words[from + WORD.MAX_NODES] = demand.maxNodes;
  words[from + WORD.MEM_PER_CPU] = demand.memPerCpuMib;
  words[from + WORD.THREADED] = demand.perThread ? 1 : 0;
  words[from + WORD.FULL_CPUS] = demand.fullCpus;
  words[from + WORD.FULL_MEM] = demand.fullMemMib;
  words[from + WORD.CHECKS] = checks.length;
  for (let i = 0; i < checks.length; i++) {
    const at = from + WORD.CHECK + CHECK_WORDS * i;
    words[at] = kernel.dimensions.indexOf(checks[i]!.dimension);
    words[at + 1] = checks[i]!.count;
    words[at + 2] = checks[i]!.flat;
    words[at + 3] = checks[i]!.perTask;
  }
  words[from + WORD.TAKES] = takes.length;
  for (let i = 0; i < takes.length; i++) {
    const at = from + WORD.TAKE + TAKE_WORDS * i;
    words[at] = takes[i]!.plane;
    words[at + 1] = takes[i]!.flat;
    words[at + 2] = takes[i]!.perTask;
  }
}

export interface Take {
  readonly plane: number;
  readonly flat: number;
  readonly perTask: number;
}

/**
 * Planes to take from, and how much. Which type an untyped demand will get is settled at commit, so it is taken from each
 * type: exact on nodes with devices of one type, too much (never too little) on mixed ones.
 */
export function takesOf(
  dimensions: readonly number[],
  { checks }: Demand,
  gresParent: readonly number[],
): Take[] {
  const takes: Take[] = [];
  dimensions.forEach((dimension, plane) => {
    const parent = gresParent[dimension] ?? dimension;
    let flat = 0;
    let perTask = 0;
    // Of a type: all that is asked of its kind, but for what other types are asked for.
    for (const check of checks) {
      const isOther = check.dimension !== dimension && check.dimension !== parent;
      if (isOther && (gresParent[check.dimension] ?? check.dimension) !== parent) continue;
      if (check.dimension === dimension ? dimension !== parent : isOther && dimension === parent) continue;
      flat += isOther ? -check.flat : check.flat;
      perTask += isOther ? -check.perTask : check.perTask;
    }
    if (flat + perTask > 0) takes.push({ plane, flat, perTask });
  });
  return takes;
}
