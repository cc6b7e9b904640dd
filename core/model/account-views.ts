/**
 * What the outside sees of accounts, QOS and the priorities of waiting jobs, and may ask of them. Plain JSON values, as
 * in views.ts.
 */
import type { LimitSet } from "./account.ts";
import type { QosFlag } from "./partition.ts";

/** An account, or a user in one: its shares, what it has used and what it may use. */
export interface ShareView {
  /** Number of the association, from 1: the root's. */
  readonly id: number;
  readonly account: string;
  /** "" for the account itself. */
  readonly user: string;
  /** The account above, of a user his account; "" for the root. */
  readonly parent: string;
  /** Accounts above it, the root included. */
  readonly depth: number;
  /** Whether its user's jobs go here when they name no account. */
  readonly isDefault: boolean;
  readonly rawShares: number;
  /** Its part of the shares of those beside it, 0..1; 1 for the root. */
  readonly normShares: number;
  /** Decayed use, in TRES seconds by the billing weights. */
  readonly rawUsage: number;
  /** Its part of all use, and of the use of those beside it, 0..1. */
  readonly normUsage: number;
  readonly effectvUsage: number;
  /** normShares over effectvUsage; null where it has used nothing, so that no number is great enough. */
  readonly levelFs: number | null;
  /** 0..1; 0 for accounts, which have none. */
  readonly fairShare: number;
  /** Of it and all below it. */
  readonly runningJobs: number;
  /** Decayed use in TRES minutes by name, memory in MiB minutes; only what is not 0. */
  readonly tresMins: Readonly<Record<string, number>>;
  /** The same of what its running jobs may still use until their time limits. */
  readonly tresRunMins: Readonly<Record<string, number>>;
  /** As configured. */
  readonly limits: LimitSet;
  /** What its jobs gain by the association factor; null for that of the account above. */
  readonly priority: number | null;
  /** QOS that may be asked for. */
  readonly qos: readonly string[];
}

/** A QOS as configured. */
export interface QosView {
  readonly name: string;
  readonly priority: number;
  readonly usageFactor: number;
  /** 0 for none, as is minPrioThreshold. */
  readonly usageThreshold: number;
  readonly limitFactor: number;
  readonly minPrioThreshold: number;
  readonly graceTimeS: number;
  readonly flags: readonly QosFlag[];
  readonly preempt: readonly string[];
  readonly limits: LimitSet;
  /** Decayed use in TRES minutes by name, memory in MiB minutes; only what is not 0. */
  readonly tresMins: Readonly<Record<string, number>>;
  /** The same of wall time, in seconds. */
  readonly wallS: number;
}

/** One number for each factor of multifactor priority. */
export interface FactorNumbers {
  readonly age: number;
  readonly assoc: number;
  readonly fairshare: number;
  readonly size: number;
  readonly partition: number;
  readonly qos: number;
  readonly tresCpu: number;
  readonly tresMem: number;
  readonly tresGpu: number;
}

/** How the priority of a waiting job comes about in one of its partitions. */
export interface PriorityView {
  readonly jobId: number;
  readonly displayId: string;
  readonly name: string;
  readonly user: string;
  readonly uid: number;
  readonly account: string;
  readonly qos: string;
  readonly partition: string;
  /** What it is ranked by there: the sum of all, whole and at least 1, or what an operator set. */
  readonly priority: number;
  readonly isSet: boolean;
  /** Points: added, and taken off. */
  readonly site: number;
  readonly nice: number;
  /** 0..1 each. */
  readonly normal: FactorNumbers;
  /** Factor times weight. */
  readonly weighted: FactorNumbers;
}

/** Which policy ranks the queue, and if it is one of factors, their weights. */
export interface PriorityPolicyView {
  /** `multifactor`, `fifo`, ...; a site's own module by its name. */
  readonly policy: string;
  readonly hasFactors: boolean;
  /** All 0 where there are none. */
  readonly weights: FactorNumbers;
}

/** What a list of them is narrowed to; absent: all. */
export interface ShareFilter {
  readonly accounts?: readonly string[];
  /** Accounts are shown whoever is asked for. */
  readonly users?: readonly string[];
}

export interface PriorityFilter {
  readonly ids?: readonly string[];
  readonly users?: readonly string[];
  readonly accounts?: readonly string[];
  readonly partitions?: readonly string[];
}
