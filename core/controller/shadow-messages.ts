/** What crosses between the controller's main thread and the worker of a shadow. */
import type { PolicyFault } from "../model/policy.ts";
import type { LiveAndShadow, ShadowKind } from "../model/shadow-views.ts";
import type { PolicySetSpec } from "../wasm/policy-set.ts";
import type { PassRequest } from "./pass-messages.ts";

/** Given to the worker once, when it is started. */
export interface ShadowWorkerData {
  readonly live: PolicySetSpec;
  readonly shadow: PolicySetSpec;
  readonly kind: ShadowKind;
  /** The shadow's module. */
  readonly number: number;
  readonly kernel: Uint8Array;
  readonly marker: SharedArrayBuffer;
}

/** `open` resolves once the worker can plan; nothing waits in its queue after that. */
export type ShadowRequest =
  | { readonly open: true }
  | Pick<PassRequest, "snapshot" | "mode" | "gresParent" | "seed">;

/** Where a row is in both plans: node rows of a start at once, else none. */
export interface MovedRow {
  readonly jobId: number;
  readonly startS: LiveAndShadow;
  readonly nodes: LiveAndShadow<readonly number[]>;
}

/** How the plans of one pass differ. */
export interface PlanDifference {
  readonly decisions: number;
  readonly differ: number;
  readonly starts: LiveAndShadow;
  readonly startsOnly: LiveAndShadow;
  readonly otherNodes: number;
  readonly earlier: number;
  readonly later: number;
  readonly preempted: LiveAndShadow;
  /** Sums over `waitJobs`, seconds. */
  readonly waitS: LiveAndShadow;
  readonly waitJobs: number;
  readonly fragmentation: LiveAndShadow;
  readonly fragmentationOf: "gpus" | "cpus";
  /** Some of those that differ. */
  readonly moved: readonly MovedRow[];
  /** Ids of all of them. */
  readonly movedIds: readonly number[];
}

export interface ShadowAnswer {
  /** Absent of `open`. */
  readonly difference?: Omit<PlanDifference, "movedIds"> & {
    /** Of this pass, jobs that had not moved in one before. */
    readonly newlyMoved: number;
  };
  readonly nowS: number;
  /** Of the shadow's module. */
  readonly faults: readonly PolicyFault[];
  readonly calls: number;
  readonly usedUs: number;
  readonly tookUs: LiveAndShadow;
}
