/** The figures of a replay, by the definitions of published ones: over all jobs that ran, with no warm-up. Pure. */
import type { SimulatedJobs, SimulationSummary } from "./simulation.ts";
import type { Workload } from "./workload.ts";

/** Run times below this count as this in a slowdown, in seconds. */
const SLOWDOWN_BOUND_S = 10;

export type Schedule = Pick<
  SimulationSummary,
  | "jobs"
  | "makespanS"
  | "utilization"
  | "waitMeanS"
  | "waitP50S"
  | "waitP99S"
  | "boundedSlowdownMean"
  | "predictionErrorP50S"
>;

/**
 * Zeros where no job ran. `promisedS`, by job, is the first start that it was promised, below 0 for none; percentiles
 * are by nearest rank.
 */
export function figuresOf(
  workload: Workload,
  { startS, endS, cpus, stillS }: SimulatedJobs,
  promisedS: Float64Array,
  clusterCpus: number,
): Schedule {
  const { jobs } = workload;
  const waits = new Float64Array(jobs.length);
  const errors = new Float64Array(jobs.length);
  let ran = 0;
  let promised = 0;
  let waitSum = 0;
  let slowdownSum = 0;
  let work = 0;
  let firstS = Number.POSITIVE_INFINITY;
  let lastS = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < jobs.length; i++) {
    const start = startS[i]!;
    if (start < 0) continue;
    const { submitS } = jobs[i]!;
    const wait = start - submitS;
    const stood = stillS?.[i] ?? 0;
    const run = endS[i]! - start - stood;
    waits[ran++] = wait;
    waitSum += wait;
    slowdownSum += Math.max(1, (wait + stood + run) / Math.max(run, SLOWDOWN_BOUND_S));
    work += run * cpus[i]!;
    if (submitS < firstS) firstS = submitS;
    if (endS[i]! > lastS) lastS = endS[i]!;
    if (promisedS[i]! >= 0) errors[promised++] = Math.abs(promisedS[i]! - start);
  }
  const makespanS = ran === 0 ? 0 : lastS - firstS;
  const sorted = waits.subarray(0, ran).sort();
  return {
    jobs: ran,
    makespanS,
    utilization: makespanS === 0 ? 0 : work / (clusterCpus * makespanS),
    waitMeanS: ran === 0 ? 0 : waitSum / ran,
    waitP50S: nearestRank(sorted, 0.5),
    waitP99S: nearestRank(sorted, 0.99),
    boundedSlowdownMean: ran === 0 ? 0 : slowdownSum / ran,
    predictionErrorP50S: nearestRank(errors.subarray(0, promised).sort(), 0.5),
  };
}

/** The smallest value that this share of the sorted column is no larger than; 0 of none. */
export const nearestRank = (sorted: Float64Array, share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
