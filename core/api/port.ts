/**
 * What the API needs of a controller. `core/controller` implements it; the routes know nothing else. Every method that
 * changes something resolves only once its event is on disk; every reading method sees all that has been answered
 * before it was called. An expected "no" is a Refusal, never a throw.
 */

import type {
  PriorityFilter,
  PriorityPolicyView,
  PriorityView,
  QosView,
  ShareFilter,
  ShareView,
} from "../model/account-views.ts";
import type { JobSpec } from "../model/job-spec.ts";
import type { NodeUpdate } from "../model/node-update.ts";
import type { PolicyLoadRequest, PolicySetRequest, PolicyView, ServedKind } from "../model/policy-views.ts";
import type { Result } from "../model/refusal.ts";
import type { ReservationRequest, ReservationUpdate, ReservationView } from "../model/reservation-views.ts";
import type { ShadowKind, ShadowRequest, ShadowView } from "../model/shadow-views.ts";
import type { StateSnapshot } from "../model/state-snapshot.ts";
import type { StepAnswer, StepAsk, StepView } from "../model/step.ts";
import type {
  AllocationEnd,
  CancelRequest,
  ClusterView,
  ExplainView,
  HistoryFilter,
  HistoryView,
  JobFilter,
  JobUpdate,
  JobView,
  NodeView,
  PartitionView,
  StatsView,
  SubmitAnswer,
  TestOnlyAnswer,
} from "../model/views.ts";
import type {
  BesideView,
  PolicyBuildView,
  PolicySimulateRequest,
  PolicySource,
  PolicyTestRequest,
  PolicyTestView,
} from "../model/workbench.ts";

/** Who asks, from the token and the request's headers. */
export interface Caller {
  readonly user: string;
  readonly uid: number;
  /** May act on others' jobs and on nodes. */
  readonly operator: boolean;
}

/** One line of the event stream. */
export interface StreamEvent {
  readonly seq: number;
  readonly atS: number;
  /** `job.submitted`, `job.started`, `job.ended`, `job.updated`, `node.registered`, `node.changed`, ... */
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** `12`, `12_3`, `12_[1-4]` or `12+1`: one job, one task, some tasks of an array, one component, as text. */
export type JobRef = string;

export interface ControllerPort {
  submit(spec: JobSpec, caller: Caller): Promise<Result<SubmitAnswer>>;
  /** When and where it would start; takes a job id, as Slurm does, and leaves no job. */
  testOnly(spec: JobSpec, caller: Caller): Promise<Result<TestOnlyAnswer>>;
  jobs(filter: JobFilter): Promise<readonly JobView[]>;
  /** All records of a reference: an array id gives its waiting rest and every task. */
  job(ref: JobRef): Promise<Result<readonly JobView[]>>;
  /** The batch script as submitted. */
  script(ref: JobRef): Promise<Result<string>>;
  /** Resolves with the records once all of them have ended, or after timeoutMs with what there is. */
  waitForEnd(ref: JobRef, timeoutMs: number): Promise<Result<readonly JobView[]>>;
  update(ref: JobRef, change: JobUpdate, caller: Caller): Promise<Result<null>>;
  cancel(ref: JobRef, request: CancelRequest, caller: Caller): Promise<Result<null>>;
  hold(ref: JobRef, caller: Caller): Promise<Result<null>>;
  release(ref: JobRef, caller: Caller): Promise<Result<null>>;
  /** `hold`: requeue and hold (scontrol requeuehold). */
  requeue(ref: JobRef, hold: boolean, caller: Caller): Promise<Result<null>>;
  /** Has running jobs stand still until `resume`; for operators. */
  suspend(ref: JobRef, caller: Caller): Promise<Result<null>>;
  /** Lets suspended jobs go on as soon as their CPUs and devices are free; for operators. */
  resume(ref: JobRef, caller: Caller): Promise<Result<null>>;
  explain(ref: JobRef): Promise<Result<readonly ExplainView[]>>;
  /** Steps that run. */
  steps(): Promise<readonly StepView[]>;
  /** Of one job, ended ones included. */
  jobSteps(ref: JobRef): Promise<Result<readonly StepView[]>>;
  /** `from` is the address that srun asks from: its nodes call it there. */
  startStep(ref: JobRef, ask: StepAsk, caller: Caller, from: string): Promise<Result<StepAnswer>>;
  /** The variables of a running job without a script; none while it waits. */
  holdAllocation(ref: JobRef, caller: Caller): Promise<Result<Readonly<Record<string, string>>>>;
  completeAllocation(ref: JobRef, end: AllocationEnd, caller: Caller): Promise<Result<null>>;
  cancelStep(ref: JobRef, stepId: number, request: CancelRequest, caller: Caller): Promise<Result<null>>;
  nodes(): Promise<readonly NodeView[]>;
  updateNode(name: string, change: NodeUpdate, caller: Caller): Promise<Result<null>>;
  partitions(): Promise<readonly PartitionView[]>;
  /** In the order in which they were made. */
  reservations(): Promise<readonly ReservationView[]>;
  /** Gives its name. */
  createReservation(request: ReservationRequest, caller: Caller): Promise<Result<string>>;
  updateReservation(name: string, change: ReservationUpdate, caller: Caller): Promise<Result<null>>;
  deleteReservation(name: string, caller: Caller): Promise<Result<null>>;
  cluster(): Promise<ClusterView>;
  stats(): Promise<StatsView>;
  /** Accounts and their users in the order of the tree; none where the site has no accounts. */
  shares(filter: ShareFilter): Promise<readonly ShareView[]>;
  qos(): Promise<readonly QosView[]>;
  priorityPolicy(): PriorityPolicyView;
  /** Of waiting jobs that are eligible and not held, ascending by id, one entry a partition; none without multifactor. */
  priorities(filter: PriorityFilter): Promise<readonly PriorityView[]>;
  /** Of each kind that has one, the policy that serves it. */
  policies(): Promise<readonly PolicyView[]>;
  /** Serves from the next pass on, until the controller ends. */
  loadPolicy(kind: ServedKind, request: PolicyLoadRequest, caller: Caller): Promise<Result<PolicyView>>;
  setPolicy(kind: ServedKind, request: PolicySetRequest, caller: Caller): Promise<Result<PolicyView>>;
  /** The policy that runs beside those that serve, or the last one that did; null before the first. */
  policyShadow(): Promise<ShadowView | null>;
  startShadow(kind: ShadowKind, request: ShadowRequest, caller: Caller): Promise<Result<ShadowView>>;
  stopShadow(caller: Caller): Promise<Result<ShadowView>>;
  /** The author's workshop. */
  buildPolicy(source: PolicySource, caller: Caller): Promise<Result<PolicyBuildView>>;
  testPolicy(request: PolicyTestRequest, caller: Caller): Promise<Result<PolicyTestView>>;
  simulatePolicy(
    kind: ShadowKind,
    request: PolicySimulateRequest,
    caller: Caller,
  ): Promise<Result<BesideView>>;
  /** null where the kind had no policy before. */
  rollbackPolicy(kind: ServedKind, caller: Caller): Promise<Result<PolicyView | null>>;
  history(filter: HistoryFilter): Promise<readonly HistoryView[]>;
  /** The whole state after everything answered so far, encoded; the live one goes on meanwhile. */
  snapshot(): Promise<StateSnapshot>;
  /** Calls back for each event with seq > afterSeq once it is on disk; returns the way to stop. Events older than the retained ring are skipped. */
  subscribe(afterSeq: number, onEvent: (event: StreamEvent) => void): () => void;
}
