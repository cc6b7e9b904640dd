/** The controller behind the API: each method of the port, from the part that does it. */
import type { Caller, ControllerPort, JobRef, StreamEvent } from "../api/port.ts";
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
import type { CoreParts } from "./core-parts.ts";
import { PortAccounts } from "./port-accounts.ts";
import { PortChange } from "./port-change.ts";
import { PortCluster } from "./port-cluster.ts";
import { PortJobs } from "./port-jobs.ts";
import { PortPolicies } from "./port-policies.ts";
import { PortReservation } from "./port-reservation.ts";
import { PortSnapshot } from "./port-snapshot.ts";
import { PortSteps } from "./port-steps.ts";
import { PortSubmit } from "./port-submit.ts";
import { PortSuspension } from "./port-suspension.ts";

export class LivePort implements ControllerPort {
  private readonly parts: CoreParts;
  private readonly submissions: PortSubmit;
  private readonly changes: PortChange;
  private readonly suspensions: PortSuspension;
  private readonly reads: PortJobs;
  private readonly clusterReads: PortCluster;
  private readonly accountReads: PortAccounts;
  private readonly reserved: PortReservation;
  private readonly policyDesk: PortPolicies;
  private readonly snapshots: PortSnapshot;
  private readonly stepReads: PortSteps;

  constructor(parts: CoreParts) {
    this.parts = parts;
    this.submissions = new PortSubmit(parts);
    this.changes = new PortChange(parts);
    this.suspensions = new PortSuspension(parts);
    this.reads = new PortJobs(parts);
    this.clusterReads = new PortCluster(parts);
    this.accountReads = new PortAccounts(parts);
    this.reserved = new PortReservation(parts);
    this.policyDesk = new PortPolicies(parts);
    this.snapshots = new PortSnapshot(parts);
    this.stepReads = new PortSteps(parts);
  }

  submit(spec: JobSpec, caller: Caller): Promise<Result<SubmitAnswer>> {
    return this.submissions.submit(spec, caller);
  }

  testOnly(spec: JobSpec, caller: Caller): Promise<Result<TestOnlyAnswer>> {
    return this.submissions.testOnly(spec, caller);
  }

  jobs(filter: JobFilter): Promise<readonly JobView[]> {
    return this.reads.jobs(filter);
  }

  job(ref: JobRef): Promise<Result<readonly JobView[]>> {
    return this.reads.job(ref);
  }

  script(ref: JobRef): Promise<Result<string>> {
    return this.reads.script(ref);
  }

  waitForEnd(ref: JobRef, timeoutMs: number): Promise<Result<readonly JobView[]>> {
    return this.reads.waitForEnd(ref, timeoutMs);
  }

  explain(ref: JobRef): Promise<Result<readonly ExplainView[]>> {
    return this.reads.explain(ref);
  }

  update(ref: JobRef, change: JobUpdate, caller: Caller): Promise<Result<null>> {
    return this.changes.update(ref, change, caller);
  }

  cancel(ref: JobRef, request: CancelRequest, caller: Caller): Promise<Result<null>> {
    return this.changes.cancel(ref, request, caller);
  }

  hold(ref: JobRef, caller: Caller): Promise<Result<null>> {
    return this.changes.hold(ref, caller);
  }

  release(ref: JobRef, caller: Caller): Promise<Result<null>> {
    return this.changes.release(ref, caller);
  }

  requeue(ref: JobRef, hold: boolean, caller: Caller): Promise<Result<null>> {
    return this.changes.requeue(ref, hold, caller);
  }

  steps(): Promise<readonly StepView[]> {
    return this.stepReads.running();
  }

  jobSteps(ref: JobRef): Promise<Result<readonly StepView[]>> {
    return this.stepReads.ofJob(ref);
  }

  startStep(ref: JobRef, ask: StepAsk, caller: Caller, from: string): Promise<Result<StepAnswer>> {
    return this.parts.steps.start(ref, ask, caller, from);
  }

  holdAllocation(ref: JobRef, caller: Caller): Promise<Result<Readonly<Record<string, string>>>> {
    const held = this.parts.allocations.hold(ref, caller);
    return this.parts.ledger.settled().then(() => held);
  }

  completeAllocation(ref: JobRef, end: AllocationEnd, caller: Caller): Promise<Result<null>> {
    return this.parts.allocations.complete(ref, end, caller);
  }

  cancelStep(ref: JobRef, stepId: number, request: CancelRequest, caller: Caller): Promise<Result<null>> {
    return this.parts.steps.cancel(ref, stepId, request, caller);
  }

  suspend(ref: JobRef, caller: Caller): Promise<Result<null>> {
    return this.suspensions.suspend(ref, caller);
  }

  resume(ref: JobRef, caller: Caller): Promise<Result<null>> {
    return this.suspensions.resume(ref, caller);
  }

  nodes(): Promise<readonly NodeView[]> {
    return this.clusterReads.nodes();
  }

  updateNode(name: string, change: NodeUpdate, caller: Caller): Promise<Result<null>> {
    return this.clusterReads.updateNode(name, change, caller);
  }

  partitions(): Promise<readonly PartitionView[]> {
    return this.clusterReads.partitions();
  }

  reservations(): Promise<readonly ReservationView[]> {
    return this.reserved.list();
  }

  createReservation(request: ReservationRequest, caller: Caller): Promise<Result<string>> {
    return this.reserved.create(request, caller);
  }

  updateReservation(name: string, change: ReservationUpdate, caller: Caller): Promise<Result<null>> {
    return this.reserved.change(name, change, caller);
  }

  deleteReservation(name: string, caller: Caller): Promise<Result<null>> {
    return this.reserved.remove(name, caller);
  }

  cluster(): Promise<ClusterView> {
    return this.clusterReads.cluster();
  }

  stats(): Promise<StatsView> {
    return this.clusterReads.stats();
  }

  shares(filter: ShareFilter): Promise<readonly ShareView[]> {
    return this.accountReads.shares(filter);
  }

  qos(): Promise<readonly QosView[]> {
    return this.accountReads.qos();
  }

  priorityPolicy(): PriorityPolicyView {
    return this.accountReads.priorityPolicy();
  }

  priorities(filter: PriorityFilter): Promise<readonly PriorityView[]> {
    return this.accountReads.priorities(filter);
  }

  policies(): Promise<readonly PolicyView[]> {
    return Promise.resolve(this.policyDesk.list());
  }

  loadPolicy(kind: ServedKind, request: PolicyLoadRequest, caller: Caller): Promise<Result<PolicyView>> {
    return Promise.resolve(this.policyDesk.load(kind, request, caller));
  }

  setPolicy(kind: ServedKind, request: PolicySetRequest, caller: Caller): Promise<Result<PolicyView>> {
    return this.policyDesk.set(kind, request, caller);
  }

  policyShadow(): Promise<ShadowView | null> {
    return Promise.resolve(this.policyDesk.shadow());
  }

  startShadow(kind: ShadowKind, request: ShadowRequest, caller: Caller): Promise<Result<ShadowView>> {
    return Promise.resolve(this.policyDesk.startShadow(kind, request, caller));
  }

  buildPolicy(source: PolicySource, caller: Caller): Promise<Result<PolicyBuildView>> {
    return this.policyDesk.build(source, caller);
  }

  testPolicy(request: PolicyTestRequest, caller: Caller): Promise<Result<PolicyTestView>> {
    return this.policyDesk.test(request, caller);
  }

  simulatePolicy(
    kind: ShadowKind,
    request: PolicySimulateRequest,
    caller: Caller,
  ): Promise<Result<BesideView>> {
    return this.policyDesk.simulate(kind, request, caller);
  }

  stopShadow(caller: Caller): Promise<Result<ShadowView>> {
    return Promise.resolve(this.policyDesk.stopShadow(caller));
  }

  rollbackPolicy(kind: ServedKind, caller: Caller): Promise<Result<PolicyView | null>> {
    return Promise.resolve(this.policyDesk.rollback(kind, caller));
  }

  history(filter: HistoryFilter): Promise<readonly HistoryView[]> {
    return this.parts.ledger.settled().then(() => this.parts.store.history(filter));
  }

  snapshot(): Promise<StateSnapshot> {
    return this.snapshots.snapshot();
  }

  subscribe(afterSeq: number, onEvent: (event: StreamEvent) => void): () => void {
    return this.parts.ring.subscribe(afterSeq, onEvent);
  }
}
