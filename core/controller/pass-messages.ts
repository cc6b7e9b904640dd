/** What crosses between the controller's main thread and the workers that run passes. */
import type { BackfillMode } from "../model/backfill.ts";
import type { Plan } from "../model/plan.ts";
import type { PolicyFault, PolicyKind } from "../model/policy.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { TrialAnswer, TrialRequest } from "../place/explain-trials.ts";
import type { PartPlan } from "../place/part-plan.ts";
import type { Promises } from "../place/queue.ts";
import type { PassSnapshot } from "../state/tables.ts";
import type { ModuleUse } from "../wasm/call-times.ts";
import type { PolicySetSpec } from "../wasm/policy-set.ts";

/** Given to the worker once, when it is started. */
export interface PassWorkerData {
  readonly policies: PolicySetSpec;
  /** The planner's kernel, WASM. */
  readonly kernel: Uint8Array;
  /** What all calls of one module may take in a pass, in milliseconds. */
  readonly passBudgetMs: number;
  /** Cells of an ActiveModule: which module the worker is in. */
  readonly marker: SharedArrayBuffer;
}

export interface PassRequest {
  readonly snapshot: PassSnapshot;
  readonly mode: BackfillMode;
  /** By GRES dimension: the untyped dimension that counts the same devices. */
  readonly gresParent: readonly number[];
  readonly seed: number;
  /** Pending row whose reservation's nodes are wanted. */
  readonly watchRow?: number;
  /** What is to be tried of one waiting job; the snapshot is then of a copy of the state, and may be written. */
  readonly trial?: TrialRequest;
  /** Of the modes that keep promises: the starts that the last plan gave. */
  readonly promises?: Promises | undefined;
  /** Kinds that the built-in serves in this pass. */
  readonly withoutChosen: readonly PolicyKind[];
  /** Workers that may plan side by side. With more than one the answer may be how the queue is to be split. */
  readonly planners: number;
}

/** Of a thread that is to be ready before its first pass. */
export interface WarmRequest {
  readonly warm: true;
}

/** A part of a queue that was ranked and split before. */
export interface PartRequest
  extends Pick<PassRequest, "snapshot" | "mode" | "gresParent" | "seed" | "promises" | "withoutChosen"> {
  /** In shared memory; all workers of a pass read it. */
  readonly ranked: RankedQueue;
  readonly part: Int32Array;
}

/** A wrong answer of a chosen module; its number is the strike book's. */
export interface NumberedFault {
  readonly kind: PolicyKind;
  readonly number: number;
  readonly fault: PolicyFault;
}

export interface PassAnswer {
  readonly plan: Plan;
  /** Of a request with a trial. */
  readonly trial?: TrialAnswer | undefined;
  readonly faults: readonly NumberedFault[];
  /** What each module was used for in this pass. */
  readonly uses: readonly ModuleUse[];
  /** A job starts before what it was promised: the next pass may find room for one ahead of it. */
  readonly leavesRoom: boolean;
  /** Microseconds in the worker. */
  readonly tookUs: number;
}

/** The queue was ranked and not planned: its parts can be planned side by side. */
export interface SplitAnswer extends Pick<PassAnswer, "faults" | "uses" | "tookUs"> {
  /** In shared memory. */
  readonly ranked: RankedQueue;
  readonly parts: readonly Int32Array[];
}

export interface PartAnswer extends Pick<PassAnswer, "uses" | "tookUs"> {
  readonly planned: PartPlan;
}
