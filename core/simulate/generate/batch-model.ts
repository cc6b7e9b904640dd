/**
 * The `batch` model: rigid parallel jobs on a machine of CPUs, after U. Lublin and D. G. Feitelson, "The workload on
 * parallel supercomputers: modeling the characteristics of rigid jobs", JPDC 63(11), 2003, with its parameters for
 * batch jobs. Kept of it: sizes (a share of serial jobs, two-stage log-uniform, powers of two preferred), run times
 * (hyper-gamma of the logarithm, whose mixture depends on the size), gaps (gamma of the logarithm) and the daily cycle
 * (a gamma density over the half hours of the day).
 *
 * Where it differs:
 * - gaps are scaled to the load that is asked for, while the day stays 24 hours long;
 * - on machines over REFERENCE_CPUS a size counts for the run time as the same share of a machine of that many, since
 *   the model was fitted to logs of such machines and would give none but long jobs beyond them;
 * - the paper has no requested times: limits are popular values above the run time divided by a uniform share, as
 *   logs show them (Mu'alem and Feitelson, TPDS 2001; Tsafrir, Etsion and Feitelson, JSSPP 2005), a part of the jobs
 *   asks for the longest, and a part is ended by its limit;
 * - users are ranks of a long-tailed distribution, without a memory of what each did before.
 */
import { MAX_NODES } from "../../model/ids.ts";
import { HALF_HOURS } from "./daily-cycle.ts";
import { Draws } from "./draws.ts";
import { type DrawnJob, type JobModel, roundedDown, roundedUp, userCount } from "./job-model.ts";
import type { GenerateOptions } from "./options.ts";

const SERIAL_SHARE = 0.2927;
const POWER_OF_TWO_SHARE = 0.6686;
/** Base-2 logarithms of sizes: the lower stage begins at LOG_SIZE_LOW, the upper one ends at the machine's. */
const LOG_SIZE_LOW = 1.2;
const LOG_SIZE_MIDDLE_BELOW_HIGH = 2.5;
const LOWER_STAGE_SHARE = 0.705;

/** Natural logarithm of the run time: gamma distributions of the short and the long jobs. */
const SHORT_RUN = { shape: 6.57, scale: 0.823 };
const LONG_RUN = { shape: 639.1, scale: 0.0156 };
/** Probability of a short one: SHORT_SLOPE × size + SHORT_AT_ZERO. */
const SHORT_SLOPE = -0.003;
const SHORT_AT_ZERO = 0.6986;
const REFERENCE_CPUS = 128;
/** Natural logarithm of the longest run time, about 45 hours. */
const MAX_LOG_RUN = 12;

/** Natural logarithm of the gaps at the busiest hours. */
const LOG_GAP = { shape: 10.2303, scale: 0.4871 };
const MAX_LOG_GAP = 13;

/** The day's gamma density over half hours since midnight, which is highest at about 14:00. */
const CYCLE = { shape: 8.1737, scale: 3.9631 };
/** The quietest half hour, in which one day ends and the next begins. */
const DAY_BEGINS = 11;

const MINUTE_S = 60;
const HOUR_S = 3600;
const LIMITS_S = [
  ...[5, 10, 15, 30].map((minutes) => minutes * MINUTE_S),
  ...[1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48].map((hours) => hours * HOUR_S),
];
const LONGEST_LIMIT_SHARE = 0.1;
const ENDED_BY_LIMIT_SHARE = 0.08;

/** The model's jobs for these options, from the first on. */
export function batchModel(options: GenerateOptions): JobModel {
  const draws = new Draws(options.seed);
  // No job asks for more nodes than a job may.
  const machineCpus = Math.min(MAX_NODES, options.nodes) * options.cpusPerNode;
  const users = userCount(options.jobs);
  return {
    dailyWeights: dailyWeights(),
    next(): DrawnJob {
      const gap = Math.exp(gammaUpTo(draws, LOG_GAP, MAX_LOG_GAP));
      const size = drawSize(draws, machineCpus);
      const wantedRunS = drawRunS(draws, size, machineCpus);
      return {
        gap,
        ...onNodes(size, options.cpusPerNode),
        gpusPerNode: 0,
        ...drawLimit(draws, wantedRunS),
        user: 1 + draws.rank(users),
      };
    },
  };
}

/** CPUs of a job. */
function drawSize(draws: Draws, machineCpus: number): number {
  if (draws.chance(SERIAL_SHARE)) return 1;
  const high = Math.max(LOG_SIZE_LOW, Math.log2(machineCpus));
  const middle = Math.max(LOG_SIZE_LOW, high - LOG_SIZE_MIDDLE_BELOW_HIGH);
  const isLower = draws.chance(LOWER_STAGE_SHARE);
  const logSize = isLower ? draws.between(LOG_SIZE_LOW, middle) : draws.between(middle, high);
  const isPower = draws.chance(POWER_OF_TWO_SHARE);
  const size = isPower ? 2 ** Math.round(logSize) : Math.round(2 ** logSize);
  return Math.max(1, Math.min(machineCpus, size));
}

function drawRunS(draws: Draws, size: number, machineCpus: number): number {
  const counted = size * Math.min(1, REFERENCE_CPUS / machineCpus);
  const short = draws.chance(SHORT_SLOPE * counted + SHORT_AT_ZERO);
  return Math.max(1, Math.round(Math.exp(gammaUpTo(draws, short ? SHORT_RUN : LONG_RUN, MAX_LOG_RUN))));
}

/** Whole nodes first: as few nodes as hold the CPUs, the same number on each. */
function onNodes(size: number, cpusPerNode: number): { nodes: number; cpus: number } {
  const nodes = Math.ceil(size / cpusPerNode);
  return { nodes, cpus: Math.ceil(size / nodes) };
}

function drawLimit(draws: Draws, wantedRunS: number): { timeLimitS: number; runS: number } {
  const fate = draws.uniform();
  const share = 1 - draws.uniform();
  if (fate < ENDED_BY_LIMIT_SHARE) {
    const timeLimitS = roundedDown(wantedRunS, LIMITS_S);
    if (timeLimitS !== undefined) return { timeLimitS, runS: timeLimitS };
  }
  const asksForMost = fate > 1 - LONGEST_LIMIT_SHARE;
  const timeLimitS = asksForMost ? LIMITS_S[LIMITS_S.length - 1]! : roundedUp(wantedRunS / share, LIMITS_S);
  return { timeLimitS, runS: Math.min(wantedRunS, timeLimitS) };
}

/** The gamma distribution without its tail above `max`: such draws are made again, as the model says. */
function gammaUpTo(draws: Draws, { shape, scale }: typeof LONG_RUN, max: number): number {
  for (;;) {
    const value = draws.gamma(shape, scale);
    if (value <= max) return value;
  }
}

/** The gamma density at the middle of each half hour; the small hours are the end of the day before. */
function dailyWeights(): number[] {
  const weights = new Array<number>(HALF_HOURS).fill(0);
  for (let i = DAY_BEGINS; i < DAY_BEGINS + HALF_HOURS; i++) {
    const x = i + 0.5;
    weights[i % HALF_HOURS] = x ** (CYCLE.shape - 1) * Math.exp(-x / CYCLE.scale);
  }
  return weights;
}
