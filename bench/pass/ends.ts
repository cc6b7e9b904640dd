/** A full cluster on which one job ends each second, planned anew after each: the life of a controller under load. */
import { median, planOnce, promisesOf, SEED, wrongIn } from "./measure.ts";
import { endFirst, startPlanned } from "./passing.ts";
import {
  type BenchCluster,
  type BenchJob,
  makeRunningWorkload,
  makeTables,
  makeWideWorkload,
} from "./workload.ts";

export interface Ends {
  readonly running: number;
  readonly pending: number;
  readonly passes: number;
  readonly started: number;
  readonly meanMs: number;
  readonly medianMs: number;
  readonly greatestMs: number;
  readonly meanCpuMs: number;
  readonly medianCpuMs: number;
  readonly wrong: string;
}

/** At least `running` jobs run, of `waiting` hardly two are alike; `passes` of them end. */
export function measureEnds(cluster: BenchCluster, running: number, waiting: number, passes: number): Ends {
  const busy: BenchJob[] = makeRunningWorkload(running, SEED);
  // First in, first out: those that are to run come first.
  const queue = makeWideWorkload(waiting, SEED, running + 1);
  const first = makeTables(cluster, [...busy, ...queue]);
  const begun = planOnce(first).made;
  let promises = promisesOf(first, begun);
  let tables = startPlanned(first, begun, 300);
  const atFirst = tables.runningJobs.count;
  const ms: number[] = [];
  const cpu: number[] = [];
  let started = 0;
  let wrong = "";
  for (let pass = 0; pass < passes && tables.endOrder.length > 0; pass++) {
    tables = endFirst(tables);
    const { made, cpuMs, rankMs, planMs } = planOnce(tables, promises);
    ms.push(rankMs + planMs);
    cpu.push(cpuMs);
    wrong ||= wrongIn(tables, made, false);
    started += made.startCount;
    promises = promisesOf(tables, made);
    tables = startPlanned(tables, made, 0);
  }
  return {
    running: atFirst,
    pending: tables.pending.count,
    passes: ms.length,
    started,
    meanMs: mean(ms),
    medianMs: median(ms),
    greatestMs: Math.max(...ms),
    meanCpuMs: mean(cpu),
    medianCpuMs: median(cpu),
    wrong,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;
