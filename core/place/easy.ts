/**
 * The one reservation of the `easy` mode: the first second at which the first blocked job fits, given when running and
 * just started jobs end. Exact: without other reservations what is free only grows, so the second is found by halving.
 */
import type { PassTables } from "../state/tables.ts";
import type { ClassTable } from "./class-table.ts";
import { type EndColumns, type PlanKernel, runningEnds } from "./kernel.ts";
import { NEVER_S, OVERDUE_S } from "./slots.ts";

/** Slots of an easy plan: before the reservation and from it on. */
export const EASY_BORDERS = [0, NEVER_S] as const;

/** What a job that the plan has started holds on one of its nodes. */
export interface StartedWork {
  readonly node: number;
  readonly limitS: number;
  readonly cpus: number;
  readonly memMib: number;
  /** In the order of the kernel's dimensions. */
  readonly gres: readonly number[];
}

/** Takes the kernel's picks now and notes what that was on each node. */
export function takeNoted(
  kernel: PlanKernel,
  classIndex: number,
  want: number,
  length: number,
  limitS: number,
): StartedWork[] {
  const nodes = Array.from(kernel.picks.subarray(0, want));
  const planes = [...kernel.dimensions.keys()];
  const free = (node: number): StartedWork => ({
    node,
    limitS,
    cpus: kernel.freeCpus(node),
    memMib: kernel.freeMemMib(node),
    gres: planes.map((plane) => kernel.freeGres(plane, node)),
  });
  const before = nodes.map(free);
  kernel.take(classIndex, 0, length);
  return nodes.map(free).map((after, i) => ({
    node: after.node,
    limitS,
    cpus: before[i]!.cpus - after.cpus,
    memMib: before[i]!.memMib - after.memMib,
    gres: after.gres.map((left, plane) => before[i]!.gres[plane]! - left),
  }));
}

export interface EasyReservation {
  readonly classIndex: number;
  /** Seconds from now. */
  readonly atS: number;
}

/**
 * Reserves for the first of these classes with the earliest time: sets the kernel's second slot and takes the nodes
 * there (they stay in its picks). Undefined when it never fits by the ends that are known.
 */
export function reserveEasy(
  tables: PassTables,
  kernel: PlanKernel,
  classes: ClassTable,
  started: readonly StartedWork[],
  candidates: Int32Array,
  count: number,
): EasyReservation | undefined {
  const ends = allEnds(tables, kernel, started);
  const times = timesOf(tables, ends);
  let best: EasyReservation | undefined;
  for (let i = 0; i < count; i++) {
    const classIndex = candidates[i]!;
    classes.ready(classIndex);
    const atS = earliest(kernel, ends, times, classIndex, best?.atS ?? NEVER_S);
    if (atS < (best?.atS ?? NEVER_S)) best = { classIndex, atS };
  }
  if (best === undefined) {
    kernel.setBorder(1, NEVER_S);
    return undefined;
  }
  classes.ready(best.classIndex);
  fits(kernel, ends, best.atS, best.classIndex);
  kernel.take(best.classIndex, 1, 2);
  return best;
}

/** First of the times, ascending, at which the class fits, if below `limitS`; else NEVER_S. */
function earliest(
  kernel: PlanKernel,
  ends: EndColumns,
  times: Int32Array,
  classIndex: number,
  limitS: number,
): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! >= limitS || fits(kernel, ends, times[middle]!, classIndex)) high = middle;
    else low = middle + 1;
  }
  const atS = times[low];
  return atS === undefined || atS >= limitS ? NEVER_S : atS;
}

function fits(kernel: PlanKernel, ends: EndColumns, atS: number, classIndex: number): boolean {
  kernel.setBorder(1, atS);
  kernel.fill(ends);
  return kernel.search(classIndex, 2, 1, 0, 2) === 1;
}

/** Running jobs and those that the plan has started. */
function allEnds(tables: PassTables, kernel: PlanKernel, started: readonly StartedWork[]): EndColumns {
  const running = runningEnds(tables, kernel.dimensions);
  const count = running.count + started.length;
  const ends = {
    count,
    endS: new Uint32Array(count),
    node: new Int32Array(count),
    cpus: new Int32Array(count),
    memMib: new Int32Array(count),
    gres: kernel.dimensions.map(() => new Uint8Array(count)),
  };
  for (const name of ["endS", "node", "cpus", "memMib"] as const)
    ends[name].set(running[name].subarray(0, running.count));
  ends.gres.forEach((column, plane) => {
    column.set(running.gres[plane]!);
  });
  started.forEach((work, i) => {
    const at = running.count + i;
    ends.endS[at] = Math.min(NEVER_S, tables.nowS + work.limitS);
    ends.node[at] = work.node;
    ends.cpus[at] = work.cpus;
    ends.memMib[at] = work.memMib;
    work.gres.forEach((amount, plane) => {
      ends.gres[plane]![at] = amount;
    });
  });
  return ends;
}

/** Distinct seconds from now at which something ends, ascending. */
function timesOf(tables: PassTables, ends: EndColumns): Int32Array {
  const times = new Set<number>();
  for (let i = 0; i < ends.count; i++) {
    const endS = ends.endS[i]!;
    if (endS < NEVER_S) times.add(endS > tables.nowS ? endS - tables.nowS : OVERDUE_S);
  }
  return Int32Array.from(times).sort();
}
