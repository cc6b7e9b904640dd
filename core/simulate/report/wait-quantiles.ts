/** How long the jobs of each size class waited in a run. */
import { nearestRank } from "../figures.ts";
import type { Simulation } from "../simulation.ts";
import { didRun } from "./ran-jobs.ts";
import { classOf, type SizeClasses } from "./size-classes.ts";

/** Seconds; all 0 where `jobs` is. */
export interface WaitQuantiles {
  readonly jobs: number;
  readonly p5S: number;
  readonly p25S: number;
  readonly p50S: number;
  readonly p75S: number;
  readonly p95S: number;
  readonly p99S: number;
}

/** One entry a class. */
export function waitQuantiles(simulation: Simulation, classes: SizeClasses): WaitQuantiles[] {
  const { workload, jobs } = simulation;
  const sizes = classes.unit === "GPUs" ? jobs.gpus : jobs.cpus;
  const counts = new Uint32Array(classes.upTo.length);
  for (let i = 0; i < sizes.length; i++) if (didRun(simulation, i)) counts[classOf(classes, sizes[i]!)]!++;
  const waits = Array.from(counts, (count) => new Float64Array(count));
  counts.fill(0);
  for (let i = 0; i < sizes.length; i++) {
    if (!didRun(simulation, i)) continue;
    const at = classOf(classes, sizes[i]!);
    waits[at]![counts[at]!++] = jobs.startS[i]! - workload.jobs[i]!.submitS;
  }
  return waits.map((column) => {
    column.sort();
    const at = (share: number) => nearestRank(column, share);
    return {
      jobs: column.length,
      p5S: at(0.05),
      p25S: at(0.25),
      p50S: at(0.5),
      p75S: at(0.75),
      p95S: at(0.95),
      p99S: at(0.99),
    };
  });
}
