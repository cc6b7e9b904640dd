/**
 * Running jobs whose end or suspension has been asked for: when a plan takes them to be gone. Only where the site has
 * preemption, since only there somebody waits for them by name, or while a job is suspended. Pure.
 */
import { type PassTables, RUNNING_JOB_FLAG } from "../state/tables.ts";
import { type EndColumns, runningEnds } from "./running-ends.ts";
import { NEVER_S, OVERDUE_S, slotsOfLimit } from "./slots.ts";

/**
 * The running table as ends, in which jobs whose end was asked for end soon. One that is to stand still gives up all but
 * its memory by then, so its rows are two: one ends soon, and one has the memory and never ends.
 */
export function endsOf(tables: PassTables, dimensions: readonly number[], borders: Int32Array): EndColumns {
  const ends = runningEnds(tables, dimensions);
  if (tables.preemption === undefined && tables.suspended === undefined) return ends;
  const leaving = leavingJobs(tables);
  if (leaving.size === 0) return ends;
  const soonS = tables.nowS + borders[soonSlotOf(tables, borders)]!;
  const endS = ends.endS.slice(0, ends.count);
  const still: number[] = [];
  for (let row = 0; row < ends.count; row++) {
    const how = leaving.get(tables.running.columns.jobId[row]!);
    if (how !== undefined) endS[row] = soonS;
    if (how === "suspending") still.push(row);
  }
  return still.length === 0 ? { ...ends, endS } : withMemoryApart({ ...ends, endS }, still);
}

/** The same ends, with rows of their own for the memory of some of them. */
function withMemoryApart(ends: EndColumns, rows: readonly number[]): EndColumns {
  const { count } = ends;
  const longer = <T extends Int32Array | Uint32Array | Uint8Array>(
    column: T,
    make: (size: number) => T,
  ): T => {
    const all = make(count + rows.length);
    all.set(column.subarray(0, count));
    return all;
  };
  const int = (column: Int32Array): Int32Array => longer(column, (size) => new Int32Array(size));
  const endS = longer(ends.endS, (size) => new Uint32Array(size));
  const [node, cpus, memMib] = [int(ends.node), int(ends.cpus), int(ends.memMib)];
  for (const [i, row] of rows.entries()) {
    endS[count + i] = NEVER_S;
    node[count + i] = node[row]!;
    memMib[count + i] = memMib[row]!;
    memMib[row] = 0;
  }
  const gres = ends.gres.map((column) => longer(column, (size) => new Uint8Array(size)));
  return { count: count + rows.length, endS, node, cpus, memMib, gres };
}

/** Where all that is ending has ended: the longest grace time and some seconds from now. */
export function soonSlotOf(tables: PassTables, borders: Int32Array): number {
  const graceTimeS = tables.preemption?.graceTimeS ?? 0;
  return Math.min(slotsOfLimit(borders, graceTimeS + OVERDUE_S), borders.length - 1);
}

/** Running jobs that give something up soon: those that end, and those that are to stand still. */
export function leavingJobs({ runningJobs }: PassTables): ReadonlyMap<number, "ending" | "suspending"> {
  const leaving = new Map<number, "ending" | "suspending">();
  const { flags, jobId } = runningJobs.columns;
  for (let row = 0; row < runningJobs.count; row++) {
    const flag = flags[row]!;
    if ((flag & (RUNNING_JOB_FLAG.ENDING | RUNNING_JOB_FLAG.SUSPENDING)) === 0) continue;
    leaving.set(jobId[row]!, (flag & RUNNING_JOB_FLAG.ENDING) !== 0 ? "ending" : "suspending");
  }
  return leaving;
}
