/**
 * A seeded batch log the size of a large machine's, for the replay benchmark: sizes are mostly powers of two, run times
 * log-uniform, limits round and too long, arrivals by day and night, so that queues come and go. Only the benchmark
 * runs this; `rota generate` has the models for studies.
 */
import type { Workload, WorkloadJob } from "../../core/simulate/workload.ts";

export interface LogOptions {
  readonly jobs: number;
  readonly processors: number;
  /** Processor seconds of the jobs over those of the machine while they arrive. */
  readonly load: number;
  readonly seed: number;
}

const MAX_SIZE_LOG2 = 13;
/** Of the jobs, those of a power of two. */
const POWERS = 0.75;
const MIN_RUN_LOG2 = 4;
const MAX_RUN_LOG2 = 16.4;
/** Limits that people ask for, seconds. */
const LIMITS = [600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400];
const DAY_S = 86_400;
/** Arrivals by day over the mean; by night there are as many fewer. */
const SWING = 0.6;

export function makeLog({ jobs: count, processors, load, seed }: LogOptions): Workload {
  const random = randomFrom(seed);
  const drawn = Array.from({ length: count }, (): Omit<WorkloadJob, "id" | "submitS"> => {
    // The mean of two draws: jobs of a middling size are the most.
    const log2 = Math.min(MAX_SIZE_LOG2, Math.log2(processors)) * ((random() + random() + random()) / 3);
    const cpus = random() < POWERS ? 2 ** Math.round(log2) : Math.max(1, Math.round(2 ** log2));
    const runS = Math.round(2 ** (MIN_RUN_LOG2 + (MAX_RUN_LOG2 - MIN_RUN_LOG2) * random()));
    const atLeast = LIMITS.findIndex((limit) => limit >= runS);
    const timeLimitS = LIMITS[Math.min(LIMITS.length - 1, Math.max(0, atLeast) + Math.floor(random() * 4))]!;
    return {
      nodes: 0,
      cpus: Math.min(cpus, processors),
      gpusPerNode: 0,
      runS: Math.min(runS, timeLimitS),
      timeLimitS,
      user: Math.floor(random() * 200),
    };
  });
  const work = drawn.reduce((sum, { cpus, runS }) => sum + cpus * runS, 0);
  const meanGapS = work / (processors * load) / count;
  let atS = 0;
  const jobs = drawn.map((job, i): WorkloadJob => {
    const rate = 1 + SWING * Math.sin((2 * Math.PI * atS) / DAY_S);
    atS += (-Math.log(1 - random()) * meanGapS) / rate;
    return { id: i + 1, submitS: Math.floor(atS), ...job };
  });
  return { name: `seed ${seed}`, jobs, machineCpus: processors, machineNodes: processors };
}

/** The log as text, for a file that the command reads. */
export const logText = ({ jobs, machineCpus }: Workload): string =>
  `; MaxProcs: ${machineCpus}\n${jobs
    .map(
      ({ id, submitS, runS, cpus, timeLimitS, user }) =>
        `${id} ${submitS} -1 ${runS} ${cpus} -1 -1 ${cpus} ${timeLimitS} -1 1 ${user} -1 -1 -1 -1 -1 -1\n`,
    )
    .join("")}`;

/** mulberry32: 32 bits of state are enough for a log. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
