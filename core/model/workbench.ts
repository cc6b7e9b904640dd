/** What the author's workshop is asked over the API, and what it answers. Types and bounds. */
import type { BackfillMode } from "./backfill.ts";
import type { PolicyLoadRequest } from "./policy-views.ts";

export const MAX_SOURCE_CHARS = 256 * 1024;
export const MAX_TEST_CASES = 1_000;
export const MAX_TEST_ROUNDS = 10_000;

export interface PolicySource {
  /** Small letters, digits and -, as a folder of `rota policy new` is called. */
  readonly name: string;
  /** The author's file. */
  readonly source: string;
}

export interface PolicyBuildView {
  readonly name: string;
  /** The module in base64, as a load takes it. */
  readonly wasm: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Lines of the compiler; mostly "". */
  readonly warnings: string;
}

export interface PolicyTestRequest extends PolicySource {
  /** As `cases` of a test file. */
  readonly cases?: readonly Readonly<Record<string, unknown>>[];
  readonly seed?: number;
  /** Random inputs, 100 where absent. */
  readonly rounds?: number;
}

export interface PolicyTestView {
  readonly name: string;
  readonly kind: string;
  /** No case and no random input has a fault. */
  readonly isGreen: boolean;
  readonly cases: readonly { readonly name: string; readonly faults: readonly string[] }[];
  readonly random: { readonly seed: number; readonly rounds: number; readonly faults: readonly string[] };
  /** Why the source was not run as TypeScript, so that there was nothing to compare with. */
  readonly notCompared?: string;
}

export interface PolicySimulateRequest extends PolicyLoadRequest {
  /** The cluster's own where absent. */
  readonly backfill?: BackfillMode;
  /** Time limits as requested, or exact run times. */
  readonly estimates?: "requested" | "exact";
  readonly seed?: number;
}

/** The figures of a replay, or of what really was; see core/simulate/figures.ts. */
export interface ScheduleView {
  readonly jobs: number;
  readonly makespanS: number;
  readonly utilization: number;
  readonly waitMeanS: number;
  readonly waitP50S: number;
  readonly waitP99S: number;
  readonly boundedSlowdownMean: number;
  readonly predictionErrorP50S: number;
}

/** A job that starts at another time under the candidate. */
export interface MovedJob {
  /** As in the log. */
  readonly id: number;
  /** Seconds of the log's clock; -1 for a job that never ran. */
  readonly liveStartS: number;
  readonly startS: number;
}

/** Two replays of one workload that differ in one policy. */
export interface BesideView {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  /** What it stands beside, by its module's name; "none" for nothing. */
  readonly against: string;
  readonly workload: string;
  readonly nodes: number;
  readonly cpus: number;
  readonly gpus: number;
  readonly backfill: string;
  readonly live: ScheduleView;
  readonly candidate: ScheduleView;
  /** As the jobs of a recorded workload really ran. */
  readonly real?: ScheduleView;
  readonly moved: {
    readonly jobs: number;
    readonly earlier: number;
    readonly later: number;
    /** Those that moved the farthest. */
    readonly farthest: readonly MovedJob[];
  };
}
