/** A policy that runs in the shadow of those that serve: what may be asked of it and what it shows. Types and bounds. */
import type { PolicyLoadRequest } from "./policy-views.ts";

/** Kinds that passes ask, and that can therefore run beside one. */
export const SHADOW_KINDS = ["priority", "placement", "topology", "preemption"] as const;
export type ShadowKind = (typeof SHADOW_KINDS)[number];

export const DEFAULT_SHADOW_PASSES = 100;
export const MAX_SHADOW_PASSES = 100_000;
/** Jobs of which it is kept how they moved, the last ones. */
export const MAX_SHADOW_JOBS = 500;

export interface ShadowRequest extends PolicyLoadRequest {
  /** Passes with waiting jobs that are run beside the live ones; DEFAULT_SHADOW_PASSES where absent. */
  readonly passes?: number;
}

export const SHADOW_STATES = ["running", "done", "stopped", "out", "ended"] as const;
/**
 * - `done`: all passes were run; `stopped`: somebody stopped it.
 * - `out`: three faults of its own.
 * - `ended`: the policies that serve were changed, or its thread failed.
 */
export type ShadowState = (typeof SHADOW_STATES)[number];

/** The same of the policies that serve and of the shadow. */
export interface LiveAndShadow<Value = number> {
  readonly live: Value;
  readonly shadow: Value;
}

/** Where a job is in a plan. */
export interface ShadowPlace {
  /** Epoch seconds; the pass's own for a start at once, 0 for none in the plan's window. */
  readonly startS: number;
  /** Of a job that starts at once, as a list of hosts; "" else. */
  readonly nodes: string;
}

/** A job that has another place in the shadow's plan. */
export interface ShadowJob extends LiveAndShadow<ShadowPlace> {
  readonly jobId: number;
  /** When the pass was. */
  readonly atS: number;
}

export interface ShadowView {
  readonly kind: string;
  readonly name: string;
  readonly version: string;
  readonly module: string;
  readonly sha256: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  /** What serves the kind meanwhile, name and version; "none" for nothing. */
  readonly against: string;
  readonly state: ShadowState;
  /** Why it is over, of `out` and `ended`. */
  readonly reason?: string;
  readonly sinceS: number;
  readonly passesAsked: number;
  readonly passes: number;
  /** That were due while the shadow was still at an earlier one. */
  readonly passesSkipped: number;
  /** Jobs that both plans looked at, over all passes, and those that have another place in the shadow's. */
  readonly decisions: number;
  readonly differ: number;
  /** Different jobs among them. */
  readonly movedJobs: number;
  readonly starts: LiveAndShadow;
  /** Of those that differ: started by one only, started by both on other nodes, expected earlier or later. */
  readonly startsOnly: LiveAndShadow;
  readonly otherNodes: number;
  readonly earlier: number;
  readonly later: number;
  /** Running jobs that the plans would end or suspend. */
  readonly preempted: LiveAndShadow;
  /** From submission to the planned start: mean over jobs that have one in both plans, seconds. */
  readonly waitMeanS: LiveAndShadow;
  readonly waitJobs: number;
  /** Share of what is free that lies on nodes in part use, after the starts; mean over passes, 0 to 1. */
  readonly fragmentation: LiveAndShadow;
  /** Of what; CPUs where the cluster has no GPUs. */
  readonly fragmentationOf: "gpus" | "cpus";
  /** Of one pass in the shadow's thread, which plans both; mean, microseconds. */
  readonly passUs: LiveAndShadow;
  /** Of the module alone. */
  readonly calls: number;
  readonly usedUs: number;
  readonly strikes: number;
  readonly lastFault?: { readonly code: string; readonly message: string };
  /** The last MAX_SHADOW_JOBS at most, the newest first. */
  readonly jobs: readonly ShadowJob[];
}
