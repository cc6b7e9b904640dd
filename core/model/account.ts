/**
 * Accounts, the users in them and the QOS that they may ask for, as a site configures them, with the limits that each
 * may carry. Plain records; names and meaning of limits are Slurm's. No I/O.
 */

/** Amounts by TRES name: `cpu`, `mem` (MiB), `node`, `billing`, `gres/gpu`, `gres/gpu:a100`. */
export type TresAmounts = Readonly<Record<string, number>>;

/** Absent fields do not limit. */
export interface LimitSet {
  // Of everything below an association, or in a QOS, together.
  readonly grpTres?: TresAmounts;
  /** TRES minutes in the decayed usage. */
  readonly grpTresMins?: TresAmounts;
  /** TRES minutes that running jobs have left by their limits. */
  readonly grpTresRunMins?: TresAmounts;
  readonly grpJobs?: number;
  readonly grpSubmitJobs?: number;
  /** Seconds of wall time in the decayed usage. */
  readonly grpWallS?: number;

  // Of one job.
  readonly maxTresPerJob?: TresAmounts;
  readonly maxTresPerNode?: TresAmounts;
  readonly maxTresMinsPerJob?: TresAmounts;
  readonly minTresPerJob?: TresAmounts;
  /** Seconds. */
  readonly maxWallS?: number;

  // Of one user: in his association, or in a QOS.
  readonly maxJobs?: number;
  readonly maxSubmitJobs?: number;
  /** QOS only. */
  readonly maxTresPerUser?: TresAmounts;
  readonly maxTresPerAccount?: TresAmounts;
  readonly maxJobsPerAccount?: number;
  readonly maxSubmitJobsPerAccount?: number;
}

export interface UserShare {
  readonly name: string;
  /** >= 0. */
  readonly shares: number;
  readonly limits: LimitSet;
  /** What its jobs gain by the association factor; absent: as the account. */
  readonly priority?: number;
  /** QOS that he may ask for in this account; undefined for those of the account. */
  readonly qos?: readonly string[];
}

export interface AccountSpec {
  readonly name: string;
  /** `root` or the name of another account; no cycles. */
  readonly parent: string;
  readonly shares: number;
  readonly limits: LimitSet;
  readonly users: readonly UserShare[];
  /** Users that are not named may use it, each with this many shares; 0 for "no one else". */
  readonly othersShares: number;
  /** What its jobs gain by the association factor; absent: as the account above. */
  readonly priority?: number;
  readonly qos?: readonly string[];
}

export interface FairShareSpec {
  /** Seconds in which usage counts half; 0 for no decay. */
  readonly halfLifeS: number;
  readonly reset: "none" | "daily" | "weekly" | "monthly" | "quarterly" | "yearly";
}

/** The account above all others; always there. */
export const ROOT_ACCOUNT = "root";
export const MAX_ACCOUNTS = 20_000;
/** Accounts and users in accounts together. */
export const MAX_ASSOCIATIONS = 200_000;
/** Accounts below each other. */
export const MAX_ACCOUNT_DEPTH = 32;
export const MAX_SHARES = 1_000_000;
export const DEFAULT_HALF_LIFE_S = 7 * 86_400;
