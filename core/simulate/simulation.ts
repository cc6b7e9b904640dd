/** What a simulation gives: the figures, and when each job ran where. Types only. */
import type { Workload } from "./workload.ts";

/** One run's figures, as `--json` prints them (snake case there). */
export interface SimulationSummary {
  readonly jobs: number;
  /** Last end less first submission. */
  readonly makespanS: number;
  /** CPU seconds used over CPU seconds of the cluster in the makespan, 0 to 1. */
  readonly utilization: number;
  readonly waitMeanS: number;
  readonly waitP50S: number;
  readonly waitP99S: number;
  /** max(1, (wait + run) / max(run, 10 s)), mean. */
  readonly boundedSlowdownMean: number;
  readonly passes: number;
  /** Jobs looked at by all passes. */
  readonly decisions: number;
  /** Seconds of real time, without reading the workload. */
  readonly wallS: number;
  readonly peakRssMib: number;
  /** Median of |first promised start - real start| over jobs that were promised one, seconds. */
  readonly predictionErrorP50S: number;
}

/** When each job ran, by place in the workload. Columns have one entry a job. */
export interface SimulatedJobs {
  /** Seconds of the log's clock; -1 for a job that never ran, endS too. */
  readonly startS: Float64Array;
  readonly endS: Float64Array;
  /** Nodes that it ran on. */
  readonly nodes: Int32Array;
  readonly cpus: Int32Array;
  readonly gpus: Int32Array;
  /** Seconds between start and end that it stood still; absent where nobody did. */
  readonly stillS?: Float64Array;
}

/** Which nodes each job ran on, as runs of consecutive rows; kept only when a report is asked for. */
export interface Placements {
  /** Runs of job i are entries offset[i] .. offset[i + 1] of `first` and `last`. */
  readonly offset: Int32Array;
  readonly first: Int32Array;
  /** Inclusive. */
  readonly last: Int32Array;
}

export interface Simulation {
  /** What distinguishes this run from its neighbours in a report, `easy, fcfs, pack`. */
  readonly label: string;
  readonly workload: Workload;
  readonly clusterNodes: number;
  readonly clusterCpus: number;
  readonly clusterGpus: number;
  readonly summary: SimulationSummary;
  readonly jobs: SimulatedJobs;
  readonly placements?: Placements;
  /** Sentences that belong beside the figures: jobs refused or never started, policies that failed. */
  readonly notes?: readonly string[];
}
