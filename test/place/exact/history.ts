/**
 * Runs a log of jobs through a planner, event by event: submissions of a second before its ends, ends in the order in
 * which their jobs started, a pass after each. A job that ends at its limit gives its CPUs back before the second's
 * submissions, though its end comes after them.
 */
import type { Plan } from "../../../core/model/plan.ts";
import type { RankedQueue } from "../../../core/model/ranked.ts";
import type { PassTables } from "../../../core/state/tables.ts";
import type { LogJob, Machine } from "./machine.ts";

export interface Pass {
  readonly tables: PassTables;
  readonly plan: Plan;
  /** Job ids, from 1 in the order of the log. */
  readonly started: readonly number[];
}

/** `isEnd` where the pass comes after the end of a job, not after a submission. */
export type PlanPass = (tables: PassTables, ranked: RankedQueue, isEnd: boolean) => Plan;

/** Start of each job of the log, which is sorted by submission. `look` sees each pass before its starts are made. */
export function runHistory(
  machine: Machine,
  log: readonly LogJob[],
  plan: PlanPass,
  look: (pass: Pass) => void = () => undefined,
): number[] {
  const startS = log.map(() => -1);
  /** Running jobs in the order in which they started. */
  let running: { job: number; endS: number; isGone: boolean }[] = [];
  let next = 0;
  const pass = (nowS: number, isEnd: boolean): void => {
    const tables = machine.tables(nowS);
    const made = plan(tables, machine.ranked(), isEnd);
    const started = [...made.startJob.subarray(0, made.startCount)];
    look({ tables, plan: made, started });
    machine.apply(made);
    for (const job of started) {
      startS[job - 1] = nowS;
      running.push({ job, endS: nowS + log[job - 1]!.runS, isGone: false });
    }
  };
  while (next < log.length || running.length > 0) {
    const submitS = next < log.length ? log[next]!.submitS : Number.POSITIVE_INFINITY;
    const nowS = Math.min(submitS, ...running.map(({ endS }) => endS));
    const ending = running.filter(({ endS }) => endS === nowS);
    for (const end of ending) {
      if (log[end.job - 1]!.runS !== log[end.job - 1]!.limitS) continue;
      machine.end(end.job);
      end.isGone = true;
    }
    for (; next < log.length && log[next]!.submitS === nowS; next++) {
      machine.submit(next + 1, log[next]!);
      pass(nowS, false);
    }
    for (const end of ending) {
      if (!end.isGone) machine.end(end.job);
      running = running.filter((job) => job !== end);
      pass(nowS, true);
    }
  }
  return startS;
}
