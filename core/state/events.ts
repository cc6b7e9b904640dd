/**
 * The events of the journal: every change of the cluster's state is one of these, and nothing else changes it. Types
 * are append-only; a field may be added if it is optional. Encoded as MessagePack maps, one event a journal row.
 */
import { Packr } from "msgpackr";
import type { AccountSpec, FairShareSpec } from "../model/account.ts";
import { RotaError } from "../model/errors.ts";
import type { Allocation, Job, JobState } from "../model/job.ts";
import type { LicenceSpec } from "../model/licence.ts";
import type { NodeSpec } from "../model/node.ts";
import type { NodePower, PowerSpec } from "../model/node-power.ts";
import type { PartitionSpec, QosSpec } from "../model/partition.ts";
import type { PreemptionSpec } from "../model/preemption.ts";
import type { ReservationChange, ReservationSpec } from "../model/reservation.ts";
import type { Step, StepFields } from "../model/step.ts";
import type { TopologySpec } from "../model/topology.ts";
import type { ArraySpecEvent } from "./array-life.ts";

/** The part of a job that admission decided and the journal keeps. */
export type SubmittedFields = Pick<
  Job,
  | "spec"
  | "name"
  | "request"
  | "partitions"
  | "timeLimitS"
  | "nice"
  | "account"
  | "qos"
  | "comment"
  | "held"
  | "beginS"
  | "requeueAllowed"
> & { readonly dependency?: Job["dependency"]; readonly reservation?: string };

/** Fields that an update may change; absent fields stay. */
export interface JobChange {
  readonly timeLimitS?: number;
  readonly nice?: number;
  readonly siteFactor?: number;
  readonly setPriority?: number;
  readonly partitions?: readonly string[];
  readonly qos?: string;
  readonly account?: string;
  readonly comment?: string;
  readonly name?: string;
  readonly beginS?: number;
  readonly throttle?: number;
  readonly held?: Job["held"];
  /** "" for none. */
  readonly reservation?: string;
  /** 0 for none. */
  readonly timeMinS?: number;
  readonly deadlineS?: number;
  /** null removes it. */
  readonly dependency?: Job["dependency"] | null;
}

/** A node that rota.yaml lists, before its agent has registered it. */
export interface ExpectedNode {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly gres: string;
  readonly features: readonly string[];
  readonly topologyLeaf: string;
  /** Absent for DEFAULT_NODE_WEIGHT. */
  readonly weight?: number;
}

export type Event =
  | {
      readonly type: "cluster.configured";
      readonly atS: number;
      readonly clusterName: string;
      readonly partitions: readonly PartitionSpec[];
      readonly qos: readonly QosSpec[];
      /** Empty: any node may register. */
      readonly nodes: readonly ExpectedNode[];
      readonly licences?: readonly LicenceSpec[];
      readonly accounts?: readonly AccountSpec[];
      readonly fairShare?: FairShareSpec;
      /** Absent: nothing is preempted. */
      readonly preemption?: PreemptionSpec;
      /** Absent: nodes are not switched off and on. */
      readonly power?: PowerSpec;
      /** Absent: nodes stand where they say. */
      readonly topology?: TopologySpec;
    }
  | { readonly type: "reservation.created"; readonly atS: number; readonly reservation: ReservationSpec }
  | {
      readonly type: "reservation.changed";
      readonly atS: number;
      readonly name: string;
      readonly change: ReservationChange;
    }
  /** It is gone; jobs that wait for it are held, unless its flags say otherwise. */
  | { readonly type: "reservation.deleted"; readonly atS: number; readonly name: string }
  /** A recurring one has come to its next time. */
  | {
      readonly type: "reservation.rolled";
      readonly atS: number;
      readonly name: string;
      readonly startS: number;
      readonly endS: number;
    }
  /** All usage is forgotten, as the site's period asks, but that of QOS that keep theirs; of one QOS, for an operator. */
  | { readonly type: "usage.reset"; readonly atS: number; readonly qos?: string }
  | { readonly type: "node.registered"; readonly atS: number; readonly spec: NodeSpec }
  | {
      readonly type: "node.changed";
      readonly atS: number;
      readonly node: number;
      readonly responding?: boolean;
      readonly down?: boolean;
      readonly drain?: boolean;
      readonly reason?: string;
      readonly uid?: number;
      readonly weight?: number;
      /** null: it is awake. */
      readonly power?: Omit<NodePower, "sinceS"> | null;
    }
  | {
      readonly type: "job.submitted";
      readonly atS: number;
      readonly jobId: number;
      readonly scriptKey: number;
      readonly job: SubmittedFields;
      readonly array?: ArraySpecEvent;
    }
  /** A heterogeneous job, all of it: its components have jobId and the ids that follow, the leader first. */
  | {
      readonly type: "het.submitted";
      readonly atS: number;
      readonly jobId: number;
      /** Of all components. */
      readonly scriptKey: number;
      readonly jobs: readonly SubmittedFields[];
    }
  /** A waiting task leaves its array's record for one of its own; newJobId equals jobId for the last one. */
  | {
      readonly type: "task.split";
      readonly atS: number;
      readonly jobId: number;
      readonly taskId: number;
      readonly newJobId: number;
    }
  | { readonly type: "job.updated"; readonly atS: number; readonly jobId: number; readonly change: JobChange }
  | {
      readonly type: "job.started";
      readonly atS: number;
      readonly jobId: number;
      readonly partition: string;
      readonly allocation: Allocation;
      readonly priority?: number;
      /** Where it is shorter than the job's: that of this run. */
      readonly timeLimitS?: number;
    }
  /** The end was asked for; the agent has not answered yet. */
  | {
      readonly type: "job.ending";
      readonly atS: number;
      readonly jobId: number;
      /** PENDING: back to the queue. */
      readonly state: JobState;
      readonly byUid: number;
      /** Of a requeue: whether it comes back held. */
      readonly held?: Job["held"];
      /** Of a preemption: the waiting job that it is for. */
      readonly forJob?: number;
    }
  /** Running jobs are ended for a waiting one, which has these nodes first until untilS. */
  | {
      readonly type: "job.preempting";
      readonly atS: number;
      readonly jobId: number;
      readonly partition: string;
      readonly nodes: readonly number[];
      /** On each of the nodes. */
      readonly tasks: readonly number[];
      readonly victims: readonly number[];
      readonly untilS: number;
    }
  /** A running job is to stand still; its agent has not answered yet. */
  | {
      readonly type: "job.suspending";
      readonly atS: number;
      readonly jobId: number;
      readonly byUid: number;
      /** Of a preemption: the waiting job that it is for. */
      readonly forJob?: number;
      /** It stays until job.resuming. */
      readonly byHand?: true;
    }
  /** It stands still: its CPUs and devices are free. */
  | { readonly type: "job.suspended"; readonly atS: number; readonly jobId: number }
  /** Somebody has said that it may go on when there is room. */
  | { readonly type: "job.resuming"; readonly atS: number; readonly jobId: number }
  /** It goes on, with its CPUs and devices. */
  | { readonly type: "job.resumed"; readonly atS: number; readonly jobId: number }
  | {
      readonly type: "job.ended";
      readonly atS: number;
      readonly jobId: number;
      readonly state: JobState;
      readonly exitCode: number;
      readonly exitSignal: number;
      /** When it ended, where its agent could only tell later; absent for `atS`. */
      readonly endS?: number;
      readonly endReason: string;
    }
  | {
      readonly type: "job.requeued";
      readonly atS: number;
      readonly jobId: number;
      readonly beginS: number;
      readonly held: Job["held"];
      readonly endReason: string;
    }
  /** srun was given a step of a running job; its tasks are started by its nodes' agents. */
  | {
      readonly type: "step.started";
      readonly atS: number;
      readonly jobId: number;
      readonly stepId: number;
      readonly step: StepFields;
    }
  /** All its nodes have reported. */
  | {
      readonly type: "step.ended";
      readonly atS: number;
      readonly jobId: number;
      readonly stepId: number;
      readonly state: Step["state"];
      readonly exitCode: number;
      readonly exitSignal: number;
    }
  /** Ended records leave memory; history keeps them. */
  | { readonly type: "jobs.purged"; readonly atS: number; readonly jobIds: readonly number[] };

export type EventType = Event["type"];

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: false, variableMapSize: true });

export function encodeEvent(event: Event): Uint8Array {
  // A copy: msgpackr packs into a shared scratch buffer that the next call may reuse.
  return Uint8Array.from(packr.pack(event));
}

/** Throws JOURNAL_CORRUPT when the bytes are no event. */
export function decodeEvent(bytes: Uint8Array): Event {
  let event: Partial<Event> | null;
  try {
    event = packr.unpack(bytes) as Partial<Event> | null;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new RotaError("JOURNAL_CORRUPT", `bytes that are no MessagePack: ${cause}`);
  }
  if (typeof event?.type === "string" && typeof event.atS === "number") return event as Event;
  throw new RotaError("JOURNAL_CORRUPT", "bytes that are no event: type or time is missing");
}
