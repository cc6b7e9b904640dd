/** Use and queue of a run over time: the mean of each of SERIES_BINS equal parts of it. */
import type { Simulation } from "../simulation.ts";
import { didRun, type TimeRange } from "./ran-jobs.ts";

export interface TimeSeries {
  /** Share of the cluster in use, 0 to 1. */
  readonly cpuUse: Float64Array;
  /** Absent where the cluster has none. */
  readonly gpuUse?: Float64Array;
  /** Waiting jobs. */
  readonly queue: Float64Array;
}

export const SERIES_BINS = 600;

/** The series of one run over the range, which may be longer than the run. */
export function timeSeries(simulation: Simulation, range: TimeRange): TimeSeries {
  const { workload, jobs, clusterCpus, clusterGpus } = simulation;
  const cpus = new StepSum(range);
  const gpus = new StepSum(range);
  const queue = new StepSum(range);
  for (let i = 0; i < workload.jobs.length; i++) {
    if (!didRun(simulation, i)) continue;
    const startS = jobs.startS[i]!;
    cpus.add(startS, jobs.endS[i]!, jobs.cpus[i]!);
    if (clusterGpus > 0) gpus.add(startS, jobs.endS[i]!, jobs.gpus[i]!);
    queue.add(workload.jobs[i]!.submitS, startS, 1);
  }
  return {
    cpuUse: cpus.means(Math.max(1, clusterCpus)),
    ...(clusterGpus > 0 ? { gpuUse: gpus.means(clusterGpus) } : {}),
    queue: queue.means(1),
  };
}

/** Sums amounts that hold from one time to another, exactly by area. */
class StepSum {
  readonly #fromS: number;
  readonly #binS: number;
  /** Area in each bin of what begins or ends in it, and change of the amount that fills whole bins. */
  readonly #area = new Float64Array(SERIES_BINS + 1);
  readonly #change = new Float64Array(SERIES_BINS + 1);

  constructor({ fromS, toS }: TimeRange) {
    this.#fromS = fromS;
    this.#binS = (toS - fromS) / SERIES_BINS;
  }

  add(fromS: number, toS: number, amount: number): void {
    if (!(toS > fromS)) return;
    const from = Math.max(0, (fromS - this.#fromS) / this.#binS);
    const to = Math.min(SERIES_BINS, (toS - this.#fromS) / this.#binS);
    const first = Math.floor(from);
    const last = Math.floor(to);
    // As if it began with its first bin and ended with the beginning of its last, and what that is wrong by.
    this.#change[first]! += amount;
    this.#change[last]! -= amount;
    this.#area[first]! -= amount * (from - first);
    this.#area[last]! += amount * (to - last);
  }

  means(whole: number): Float64Array {
    let amount = 0;
    return Float64Array.from({ length: SERIES_BINS }, (_, i) => {
      amount += this.#change[i]!;
      return Math.max(0, amount + this.#area[i]!) / whole;
    });
  }
}
