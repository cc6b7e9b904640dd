/**
 * What a pass and a commit read of preemption: who may take whom, what becomes of a job that is taken, and the nodes
 * that waiting jobs claim already. Made when a snapshot is taken; absent where a site has no preemption.
 */
import type { Job } from "../model/job.ts";
import type { Claim, PreemptBy, PreemptMode } from "../model/preemption.ts";
import type { ClusterState } from "./cluster-state.ts";
import { type PassTables, RUNNING_JOB_FLAG } from "./tables.ts";

export interface PreemptionTables {
  readonly by: PreemptBy;
  /** Absent where no jobs take turns. */
  readonly turns?: TurnTables;
  /** Seconds that a job runs before it can be taken. */
  readonly exemptTimeS: number;
  /** The longest that a job may have to end by itself, seconds. */
  readonly graceTimeS: number;
  /** Of jobs without QOS or partition of the configuration. */
  readonly mode: PreemptMode;
  /** By place of the QOS, or of the partition where it goes by partition. */
  readonly modes: readonly PreemptMode[];
  /** By place of the QOS: places of those whose jobs its own may take. Empty where it goes by partition. */
  readonly takes: readonly (readonly number[])[];
  /** By place of the QOS. */
  readonly qosPriority: readonly number[];
  /** Of waiting jobs, by id. */
  readonly claims: readonly JobClaim[];
}

export interface TurnTables {
  /** By partition: jobs that take turns on each of its CPUs, 0 for none. */
  readonly jobs: readonly number[];
  /** Ids of running jobs whose turn is over, so that their like may have theirs. */
  readonly over: ReadonlySet<number>;
}

export interface JobClaim extends Omit<Claim, "partition"> {
  readonly jobId: number;
  /** Partition index. */
  readonly partition: number;
}

/** undefined where nothing is preempted. */
export function preemptionTables(state: ClusterState, nowS: number): PreemptionTables | undefined {
  const { by, mode, exemptTimeS } = state.preemption;
  const turns = turnTables(state, nowS);
  if (by === "none" && turns === undefined) return undefined;
  const specs = by === "none" ? [] : by === "qos" ? state.qos : state.partitions.map(({ spec }) => spec);
  const { qosIndex } = state.config;
  return {
    by,
    ...(turns === undefined ? {} : { turns }),
    exemptTimeS,
    graceTimeS: specs.reduce((most, { graceTimeS = 0 }) => Math.max(most, graceTimeS), 0),
    mode,
    modes: specs.map(({ preemptMode }) => preemptMode ?? mode),
    takes:
      by !== "qos"
        ? []
        : state.qos.map(({ name, preempt = [] }) =>
            preempt.flatMap((other) => (other === name ? [] : (qosIndex.get(other) ?? []))),
          ),
    qosPriority: state.qos.map(({ priority }) => priority),
    claims: claimsOf(state, nowS),
  };
}

/** What becomes of a job of a QOS and a partition, by their places, when it is taken. */
export function modeOf(preemption: PreemptionTables, qos: number, partition: number): PreemptMode {
  if (hasTurns(preemption, partition)) return "suspend";
  return preemption.modes[preemption.by === "qos" ? qos : partition] ?? preemption.mode;
}

/** Whether jobs of the partition take turns. */
export const hasTurns = ({ turns }: PreemptionTables, partition: number): boolean =>
  (turns?.jobs[partition] ?? 0) > 0;

/** Whether the waiting row may take anybody at all if it runs in the partition. */
export function mayTakeAny(tables: PassTables, row: number, partition: number): boolean {
  const { preemption } = tables;
  if (preemption === undefined) return false;
  if (hasTurns(preemption, partition)) return true;
  if (preemption.by === "none") return false;
  if (preemption.by === "qos") return (preemption.takes[tables.pending.columns.qos[row]!]?.length ?? 0) > 0;
  const tier = tables.partitions[partition]!.priorityTier;
  return tables.partitions.some(({ priorityTier }) => priorityTier < tier);
}

const NOT_TAKEN =
  RUNNING_JOB_FLAG.ENDING |
  RUNNING_JOB_FLAG.SPARED |
  RUNNING_JOB_FLAG.SUSPENDING |
  RUNNING_JOB_FLAG.SUSPENDED;

/** Whether anybody might take the running job of a row, now. */
export function isTakeable(tables: PassTables, preemption: PreemptionTables, runningJob: number): boolean {
  const { flags } = tables.runningJobs.columns;
  if ((flags[runningJob]! & NOT_TAKEN) !== 0) return false;
  if (preemption.turns?.over.has(tables.runningJobs.columns.jobId[runningJob]!) === true) return true;
  return isOrdinary(tables, preemption, runningJob);
}

/** Whether those above it might take a running job that has no flag against it. */
function isOrdinary(tables: PassTables, preemption: PreemptionTables, runningJob: number): boolean {
  const { startS, qos, partition } = tables.runningJobs.columns;
  if (preemption.by === "none") return false;
  if (startS[runningJob]! + preemption.exemptTimeS > tables.nowS) return false;
  return modeOf(preemption, qos[runningJob]!, partition[runningJob]!) !== "off";
}

/** Whether the waiting row, if it runs in the partition, may take the running job of a row, now. */
export function mayTake(tables: PassTables, row: number, partition: number, runningJob: number): boolean {
  const { preemption } = tables;
  if (preemption === undefined) return false;
  if (!isTakeable(tables, preemption, runningJob)) return false;
  if (isLike(tables, preemption, partition, runningJob)) return true;
  return isOrdinary(tables, preemption, runningJob) && outranks(tables, row, partition, runningJob);
}

/** Whether the turn of a running job is over, and jobs of the partition are those that it takes turns with. */
function isLike(
  { runningJobs }: PassTables,
  { turns, ...preemption }: PreemptionTables,
  partition: number,
  runningJob: number,
): boolean {
  const { jobId, partition: its } = runningJobs.columns;
  if (turns === undefined || its[runningJob] !== partition) return false;
  return hasTurns({ turns, ...preemption }, partition) && turns.over.has(jobId[runningJob]!);
}

/** Whether the waiting row, if it runs in the partition, is above the running job of a row: by QOS or tier, whatever else. */
export function outranks(tables: PassTables, row: number, partition: number, runningJob: number): boolean {
  const { preemption } = tables;
  if (preemption === undefined || preemption.by === "none") return false;
  const { columns } = tables.runningJobs;
  const qos = columns.qos[runningJob]!;
  const its = columns.partition[runningJob]!;
  if (preemption.by === "qos")
    return preemption.takes[tables.pending.columns.qos[row]!]?.includes(qos) === true;
  const other = tables.partitions[its];
  return other !== undefined && other.priorityTier < tables.partitions[partition]!.priorityTier;
}

/** How a running job is to be ended: its mode, where it may go back to the queue, and its grace time in seconds. */
export function preemptionOf(
  state: ClusterState,
  job: Job,
): { readonly mode: PreemptMode; readonly graceTimeS: number } {
  const { by, mode } = state.preemption;
  const spec =
    by === "none"
      ? undefined
      : by === "qos"
        ? state.qos[state.config.qosIndex.get(job.qos) ?? -1]
        : state.partitions[state.config.partitionByName.get(job.partition) ?? -1]?.spec;
  const own = state.partitions[state.config.partitionByName.get(job.partition) ?? -1]?.spec;
  const takesTurns = state.preemption.turnS !== undefined && own?.turnJobs !== undefined;
  const asked = takesTurns ? "suspend" : (spec?.preemptMode ?? mode);
  return {
    mode: asked === "requeue" && !job.requeueAllowed ? "cancel" : asked,
    graceTimeS: spec?.graceTimeS ?? 0,
  };
}

function claimsOf(state: ClusterState, nowS: number): readonly JobClaim[] {
  if (state.claimants.size === 0) return [];
  return [...state.claimants]
    .sort((a, b) => a - b)
    .flatMap((jobId) => {
      const claim = state.jobs.get(jobId)?.claim;
      const partition = state.config.partitionByName.get(claim?.partition ?? "");
      if (claim === undefined || partition === undefined || claim.untilS < nowS) return [];
      return [{ ...claim, jobId, partition }];
    });
}

function turnTables(state: ClusterState, nowS: number): TurnTables | undefined {
  if (state.preemption.turnS === undefined) return undefined;
  const jobs = state.partitions.map(({ spec }) => spec.turnJobs ?? 0);
  return jobs.some((count) => count > 0) ? { jobs, over: turnsOver(state, nowS) } : undefined;
}

/** Ids of running jobs in partitions of turns that have run for a turn since they last started or went on. */
export function turnsOver(state: ClusterState, nowS: number): ReadonlySet<number> {
  const { turnS } = state.preemption;
  const over = new Set<number>();
  if (turnS === undefined) return over;
  const { jobId, partition, flags } = state.runningJobs.columns;
  for (let row = 0; row < state.runningJobs.count; row++) {
    if ((flags[row]! & NOT_TAKEN) !== 0 || state.partitions[partition[row]!]?.spec.turnJobs === undefined)
      continue;
    const job = state.jobs.get(jobId[row] as Job["id"]);
    if (job !== undefined && turnBeganS(job) + turnS <= nowS) over.add(job.id);
  }
  return over;
}

/** When a running job last started or went on, epoch seconds. */
export const turnBeganS = (job: Job): number => Math.max(job.startS, job.suspendChangeS ?? 0);
