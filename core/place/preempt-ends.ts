/**
 * Running jobs whose end has been asked for: when a plan takes them to be gone. Only where the site has preemption, since
 * only there somebody waits for them by name. Pure.
 */
import { type PassTables, RUNNING_JOB_FLAG } from "../state/tables.ts";
import { type EndColumns, runningEnds } from "./running-ends.ts";
import { OVERDUE_S, slotsOfLimit } from "./slots.ts";

/** The running table as ends, in which jobs whose end was asked for end soon. */
export function endsOf(tables: PassTables, dimensions: readonly number[], borders: Int32Array): EndColumns {
  const ends = runningEnds(tables, dimensions);
  const ending = tables.preemption === undefined ? undefined : endingJobs(tables);
  if (ending === undefined || ending.size === 0) return ends;
  const endS = ends.endS.slice(0, ends.count);
  const soonS = tables.nowS + borders[soonSlotOf(tables, borders)]!;
  for (let row = 0; row < ends.count; row++)
    if (ending.has(tables.running.columns.jobId[row]!)) endS[row] = soonS;
  return { ...ends, endS };
}

/** Where all that is ending has ended: the longest grace time and some seconds from now. */
export function soonSlotOf(tables: PassTables, borders: Int32Array): number {
  const graceTimeS = tables.preemption?.graceTimeS ?? 0;
  return Math.min(slotsOfLimit(borders, graceTimeS + OVERDUE_S), borders.length - 1);
}

export function endingJobs({ runningJobs }: PassTables): ReadonlySet<number> {
  const ending = new Set<number>();
  const { flags, jobId } = runningJobs.columns;
  for (let row = 0; row < runningJobs.count; row++)
    if ((flags[row]! & RUNNING_JOB_FLAG.ENDING) !== 0) ending.add(jobId[row]!);
  return ending;
}
