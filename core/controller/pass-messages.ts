/** What crosses between the controller's main thread and the worker that runs passes. */
import type { BackfillMode } from "../model/backfill.ts";
import type { Plan } from "../model/plan.ts";
import type { PolicyFault, PolicyKind } from "../model/policy.ts";
import type { TrialAnswer, TrialRequest } from "../place/explain-trials.ts";
import type { PassSnapshot } from "../state/tables.ts";
import type { ModuleUse } from "../wasm/call-times.ts";
import type { PolicySetSpec } from "../wasm/policy-set.ts";

/** Given to the worker once, when it is started. */
export interface PassWorkerData {
  readonly policies: PolicySetSpec;
  /** The planner's kernel, WASM. */
  readonly kernel: Uint8Array;
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
  /** Kinds that the built-in serves in this pass. */
  readonly withoutChosen: readonly PolicyKind[];
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
  /** Microseconds in the worker. */
  readonly tookUs: number;
}
