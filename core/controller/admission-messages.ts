/** What crosses between the controller and its admission worker. Types only. */
import type { AdmissionAnswer, AdmissionQuestion } from "../model/admission.ts";
import type { PolicyFault } from "../model/policy.ts";
import type { ModuleUse } from "../wasm/call-times.ts";
import type { FuelBudget } from "../wasm/fuel/tank.ts";
import type { ModuleSpec } from "../wasm/policy-set.ts";

export interface AdmissionWorkerData {
  readonly module: ModuleSpec;
  /** Of each call; a submission has the whole of a pass's. */
  readonly fuel: FuelBudget;
  /** Of an ActiveModule. */
  readonly marker: SharedArrayBuffer;
  /** One i32: the question of the batch that is at hand. */
  readonly progress: SharedArrayBuffer;
}

export type Judged = { readonly answer: AdmissionAnswer } | { readonly fault: PolicyFault };

export interface AdmissionBatch {
  readonly questions: readonly AdmissionQuestion[];
}

export interface AdmissionBatchAnswer {
  readonly judged: readonly Judged[];
  readonly uses: readonly ModuleUse[];
}
