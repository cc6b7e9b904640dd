/** Submissions: admitted, written, then answered. Also `--test-only`, which plans a job without leaving one. */

import { type Admitted, admit } from "../admit/admit.ts";
import { type AdmittedHet, admitHet } from "../admit/het.ts";
import type { Caller } from "../api/port.ts";
import { compressSorted } from "../model/hostlist.ts";
import { jobId as asJobId, MAX_JOB_ID } from "../model/ids.ts";
import type { JobSpec } from "../model/job-spec.ts";
import { isAsleep } from "../model/node-power.ts";
import type { Plan } from "../model/plan.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import { cpusAsked } from "../model/request.ts";
import type { SubmitAnswer, TestOnlyAnswer } from "../model/views.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Event } from "../state/events.ts";
import { gresParents } from "../state/node-rows.ts";
import { snapshotForPass } from "../state/pass-snapshot.ts";
import { reduce } from "../state/reduce.ts";
import { type AskedSubmission, askSubmission } from "./admission-asking.ts";
import { nowS } from "./clock.ts";
import { type CoreParts, eventTimeS } from "./core-parts.ts";
import { stateForTrial } from "./trial-state.ts";

/** Appends that wait for the disk, past which submissions are turned away; far below what a store refuses. */
const MAX_QUEUED_WRITES = 16_384;
const ALL_IDS_GIVEN = "all job ids have been given out";

export class PortSubmit {
  private readonly parts: CoreParts;

  constructor(parts: CoreParts) {
    this.parts = parts;
  }

  async submit(spec: JobSpec, caller: Caller): Promise<Result<SubmitAnswer>> {
    if (this.parts.store.figures().queued >= MAX_QUEUED_WRITES) {
      return refuse("QUEUE_FULL", `${MAX_QUEUED_WRITES} writes wait for the disk; submit again in a moment`);
    }
    if (!this.parts.admission.isServed) return this.submitAsked(spec, caller);
    const asked = await this.ask(spec, caller);
    return asked.ok ? noted(await this.submitAsked(asked.value.spec, caller), asked.value) : asked;
  }

  private async submitAsked(spec: JobSpec, caller: Caller): Promise<Result<SubmitAnswer>> {
    const { ledger, shelf } = this.parts;
    if (spec.het !== undefined) return this.submitHet(spec, caller);
    const admitted = this.admit(spec, caller);
    if (!admitted.ok) return admitted;
    const { job, array, script, environment } = admitted.value;
    const jobId = ledger.state.nextJobId;
    if (jobId > MAX_JOB_ID) return refuse("QUEUE_FULL", ALL_IDS_GIVEN);
    const bytes = shelf.put(jobId, { script, environment });
    const event: Event = {
      type: "job.submitted",
      atS: eventTimeS(this.parts),
      jobId,
      scriptKey: jobId,
      job,
      ...(array === undefined ? {} : { array }),
    };
    await ledger.append([event], { scripts: [{ key: jobId, bytes }] });
    return ok({ jobId, tasks: array?.tasks.length ?? 1 });
  }

  /** All components or none, in one event. */
  private async submitHet(spec: JobSpec, caller: Caller): Promise<Result<SubmitAnswer>> {
    const { ledger, shelf } = this.parts;
    const admitted = this.admitHet(spec, caller);
    if (!admitted.ok) return admitted;
    const { jobs, script, environment } = admitted.value;
    const jobId = ledger.state.nextJobId;
    if (jobId + jobs.length - 1 > MAX_JOB_ID) return refuse("QUEUE_FULL", ALL_IDS_GIVEN);
    const bytes = shelf.put(jobId, { script, environment });
    const event: Event = {
      type: "het.submitted",
      atS: eventTimeS(this.parts),
      jobId,
      scriptKey: jobId,
      jobs,
    };
    await ledger.append([event], { scripts: [{ key: jobId, bytes }] });
    return ok({ jobId, tasks: 1 });
  }

  async testOnly(spec: JobSpec, caller: Caller): Promise<Result<TestOnlyAnswer>> {
    if (!this.parts.admission.isServed) return this.testAsked(spec, caller);
    const asked = await this.ask(spec, caller);
    return asked.ok ? noted(await this.testAsked(asked.value.spec, caller), asked.value) : asked;
  }

  private async testAsked(spec: JobSpec, caller: Caller): Promise<Result<TestOnlyAnswer>> {
    if (spec.het !== undefined) return this.testHet(spec, caller);
    const admitted = this.admit(spec, caller);
    if (!admitted.ok) return admitted;
    const { ledger, runner, config, clock } = this.parts;
    // On a state of its own, so that the live one never knows of the job.
    const copy = stateForTrial(ledger.state);
    const jobId = copy.nextJobId;
    const { job, array } = admitted.value;
    reduce(copy, copy.lastSeq + 1, {
      type: "job.submitted",
      atS: eventTimeS(this.parts),
      jobId,
      scriptKey: jobId,
      job: { ...job, held: "", beginS: 0 },
      ...(array === undefined ? {} : { array }),
    });
    const row = copy.pendingRow.get(asJobId(jobId)) ?? 0;
    const snapshot = snapshotForPass(copy, nowS(clock));
    const { plan } = await runner.run({
      snapshot,
      mode: config.scheduler.backfill,
      gresParent: gresParents(copy),
      seed: copy.lastSeq,
      watchRow: row,
    });
    const where = startOf(plan, jobId) ?? plan.watched;
    const names = [...(where?.nodes ?? [])].map((node) => copy.nodeRecords[node]!.spec.name);
    const startS = plan.expectedStartS[row] ?? 0;
    return ok({
      jobId,
      startS: startS === 0 ? 0 : Math.max(startS, job.beginS) + bootOf(copy, where?.nodes ?? []),
      cpus: cpusAsked(job.request),
      nodes: compressSorted(names),
      partition: copy.partitions[where?.partition ?? -1]?.spec.name ?? job.partitions[0] ?? "",
    });
  }

  private async testHet(spec: JobSpec, caller: Caller): Promise<Result<TestOnlyAnswer>> {
    const admitted = this.admitHet(spec, caller);
    if (!admitted.ok) return admitted;
    const { ledger, runner, config, clock } = this.parts;
    const copy = stateForTrial(ledger.state);
    const jobId = copy.nextJobId;
    const jobs = admitted.value.jobs.map((job) => ({ ...job, held: "" as const, beginS: 0 }));
    reduce(copy, copy.lastSeq + 1, {
      type: "het.submitted",
      atS: eventTimeS(this.parts),
      jobId,
      scriptKey: jobId,
      jobs,
    });
    const row = copy.pendingRow.get(asJobId(jobId)) ?? 0;
    const { plan } = await runner.run({
      snapshot: snapshotForPass(copy, nowS(clock)),
      mode: config.scheduler.backfill,
      gresParent: gresParents(copy),
      seed: copy.lastSeq,
      watchRow: row,
    });
    const starts = jobs.flatMap((_, offset) => startOf(plan, jobId + offset) ?? []);
    const where = starts.length > 0 ? starts : plan.watched === undefined ? [] : [plan.watched];
    const nodes = new Set(where.flatMap((one) => [...one.nodes]));
    const startS = plan.expectedStartS[row] ?? 0;
    return ok({
      jobId,
      startS: startS === 0 ? 0 : Math.max(startS, admitted.value.jobs[0]!.beginS) + bootOf(copy, nodes),
      cpus: jobs.reduce((sum, { request }) => sum + cpusAsked(request), 0),
      nodes: compressSorted([...nodes].map((node) => copy.nodeRecords[node]!.spec.name)),
      partition: copy.partitions[where[0]?.partition ?? -1]?.spec.name ?? jobs[0]!.partitions[0] ?? "",
    });
  }

  /** The submission as the site's policy would have it. */
  private async ask(spec: JobSpec, caller: Caller): Promise<Result<AskedSubmission>> {
    return foreignTo(caller, spec) ?? askSubmission(this.parts, spec, caller);
  }

  private admitHet(spec: JobSpec, caller: Caller): Result<AdmittedHet> {
    const foreign = foreignTo(caller, spec);
    if (foreign !== undefined) return foreign;
    const by = { operator: caller.operator };
    return admitHet(spec, this.parts.admitCluster(), nowS(this.parts.clock), by);
  }

  private admit(spec: JobSpec, caller: Caller): Result<Admitted> {
    const foreign = foreignTo(caller, spec);
    if (foreign !== undefined) return foreign;
    return admit(spec, this.parts.admitCluster(), nowS(this.parts.clock), { operator: caller.operator });
  }
}

const noted = <T extends object>(answer: Result<T>, { notes }: AskedSubmission): Result<T> =>
  !answer.ok || notes.length === 0 ? answer : ok({ ...answer.value, notes });

/** Who holds the token and is not an operator submits as himself. */
function foreignTo(caller: Caller, spec: JobSpec): Result<never> | undefined {
  if (caller.operator || spec.uid === caller.uid) return undefined;
  return refuse("ACCESS_DENIED", `uid ${caller.uid} may not submit for uid ${spec.uid}`);
}

/** Seconds until nodes that are asleep are reckoned to be there; 0 where all are awake. */
const bootOf = ({ nodeRecords, power }: ClusterState, nodes: Iterable<number>): number =>
  [...nodes].some((node) => isAsleep(nodeRecords[node]?.power)) ? power.bootS : 0;

function startOf(plan: Plan, jobId: number): Plan["watched"] {
  const at = plan.startJob.subarray(0, plan.startCount).indexOf(jobId);
  if (at < 0) return undefined;
  const nodes = plan.startNodes.slice(plan.startOffset[at], plan.startOffset[at + 1]);
  return { nodes, partition: plan.startPartition[at]! };
}
