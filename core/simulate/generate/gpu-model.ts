/**
 * The `gpu` model: what a cluster of GPU nodes is asked for. Most jobs want one GPU, some a part of a node, some a
 * whole node, a few a gang of 2 to 64 whole nodes; one-GPU jobs often come as sweeps of many alike. The shape follows
 * what is published of such clusters (Jeon et al., "Analysis of large-scale multi-tenant GPU clusters", USENIX ATC
 * 2019; Hu et al., "Characterization and prediction of deep learning workloads", SC 2021): run times over five orders of
 * magnitude, larger jobs longer, most GPU time in the few large ones. The figures below are ours; none is a log's.
 */
import { HALF_HOURS } from "./daily-cycle.ts";
import { Draws } from "./draws.ts";
import { type DrawnJob, type JobModel, roundedUp, userCount } from "./job-model.ts";
import type { GenerateOptions } from "./options.ts";

const ONE_GPU_SHARE = 0.55;
const PART_OF_NODE_SHARE = 0.15;
const WHOLE_NODE_SHARE = 0.18;
/** The rest are gangs of powers of two; each doubling is this much rarer than the one before. */
const GANG_FALL = 0.62;
const MIN_GANG_LOG = 1;
const MAX_GANG_LOG = 6;

/** Medians and spreads (of the natural logarithm) of run times. */
const RUNS = {
  one: { medianS: 1_500, sigma: 1.7 },
  part: { medianS: 2_700, sigma: 1.7 },
  node: { medianS: 5_400, sigma: 1.6 },
  gang: { medianS: 10_800, sigma: 1.5 },
} as const;

/** A one-GPU job is followed by another of its sweep with this probability, that much sooner. */
const SWEEP_SHARE = 0.6;
const SWEEP_GAP = 0.02;
/** Spread of the run times within a sweep. */
const SWEEP_SIGMA = 0.3;

const HOUR_S = 3600;
const LIMITS_S = [0.5, 1, 2, 4, 8, 12, 24, 48, 72, 168].map((hours) => hours * HOUR_S);
const MAX_RUN_S = LIMITS_S[LIMITS_S.length - 1]!;
/** Limit over run time that people think of, before it is rounded up: at least 1, long-tailed. */
const OVERESTIMATE = { median: 1.5, sigma: 0.9 };
/** People who ask for a day whatever they run, where it is enough. */
const A_DAY_SHARE = 0.25;
const DAY_S = 24 * HOUR_S;

/** Arrivals by day are this much of the mean above it, and by night below. */
const DAY_SWING = 0.6;
const BUSIEST_HALF_HOUR = 30;

interface Ask {
  readonly kind: keyof typeof RUNS;
  readonly nodes: number;
  readonly cpus: number;
  readonly gpusPerNode: number;
}

/** What the jobs of a sweep have in common. */
interface Sweep {
  readonly ask: Ask;
  readonly user: number;
  readonly timeLimitS: number;
  readonly medianS: number;
}

/** The model's jobs for these options, from the first on. */
export function gpuModel(options: GenerateOptions): JobModel {
  const draws = new Draws(options.seed);
  const users = userCount(options.jobs);
  let sweep: Sweep | undefined;
  return {
    dailyWeights: dailyWeights(),
    next(): DrawnJob {
      if (sweep !== undefined && draws.chance(SWEEP_SHARE)) return ofSweep(draws, sweep);
      const ask = drawAsk(draws, options);
      const user = 1 + draws.rank(users);
      const { medianS, sigma } = RUNS[ask.kind];
      const runS = wholeRun(draws.logNormal(medianS, sigma), MAX_RUN_S);
      const timeLimitS = drawLimitS(draws, runS);
      sweep = ask.kind === "one" ? { ask, user, timeLimitS, medianS: runS } : undefined;
      return jobOf(ask, draws.exponential(), timeLimitS, runS, user);
    },
  };
}

function ofSweep(draws: Draws, { ask, user, timeLimitS, medianS }: Sweep): DrawnJob {
  const runS = wholeRun(draws.logNormal(medianS, SWEEP_SIGMA), timeLimitS);
  return jobOf(ask, SWEEP_GAP * draws.exponential(), timeLimitS, runS, user);
}

const jobOf = (
  { nodes, cpus, gpusPerNode }: Ask,
  gap: number,
  timeLimitS: number,
  runS: number,
  user: number,
): DrawnJob => ({ gap, nodes, cpus, gpusPerNode, timeLimitS, runS, user });

const wholeRun = (runS: number, maxS: number): number => Math.max(1, Math.min(maxS, Math.round(runS)));

function drawAsk(draws: Draws, { nodes, cpusPerNode, gpusPerNode }: GenerateOptions): Ask {
  const kind = draws.uniform();
  const part = draws.uniform();
  const whole = { cpus: cpusPerNode, gpusPerNode };
  // CPUs go with the GPUs, so that a node's jobs fit together.
  const share = (gpus: number) => ({
    nodes: 1,
    cpus: Math.max(1, Math.floor((cpusPerNode * gpus) / gpusPerNode)),
    gpusPerNode: gpus,
  });
  if (kind < ONE_GPU_SHARE) return { kind: "one", ...share(1) };
  // Powers of two between one GPU and a whole node.
  const parts = Math.max(0, Math.ceil(Math.log2(gpusPerNode)) - 1);
  if (kind < ONE_GPU_SHARE + PART_OF_NODE_SHARE && parts > 0) {
    return { kind: "part", ...share(2 ** (1 + Math.floor(part * parts))) };
  }
  const largest = Math.min(MAX_GANG_LOG, Math.floor(Math.log2(nodes)));
  const isGang = kind >= ONE_GPU_SHARE + PART_OF_NODE_SHARE + WHOLE_NODE_SHARE && largest >= MIN_GANG_LOG;
  if (!isGang) return { kind: "node", nodes: 1, ...whole };
  return { kind: "gang", nodes: 2 ** gangLog(part, largest), ...whole };
}

/** MIN_GANG_LOG .. largest, each GANG_FALL as likely as the one before; `part` is uniform. */
function gangLog(part: number, largest: number): number {
  const choices = largest - MIN_GANG_LOG + 1;
  const total = (1 - GANG_FALL ** choices) / (1 - GANG_FALL);
  let rest = part * total;
  for (let log = MIN_GANG_LOG; log < largest; log++) {
    const weight = GANG_FALL ** (log - MIN_GANG_LOG);
    if (rest < weight) return log;
    rest -= weight;
  }
  return largest;
}

function drawLimitS(draws: Draws, runS: number): number {
  const factor = Math.max(1, draws.logNormal(OVERESTIMATE.median, OVERESTIMATE.sigma));
  if (draws.chance(A_DAY_SHARE) && runS <= DAY_S) return DAY_S;
  return roundedUp(runS * factor, LIMITS_S);
}

const dailyWeights = (): number[] =>
  Array.from(
    { length: HALF_HOURS },
    (_, i) => 1 + DAY_SWING * Math.cos((2 * Math.PI * (i - BUSIEST_HALF_HOUR)) / HALF_HOURS),
  );
