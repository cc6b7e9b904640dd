/**
 * Whether a waiting row may be planned at all, in which of its partitions, and the reason if not: holds, dependencies,
 * begin times, partition limits and array limits. Judges one row at a time, without any policy, and keeps the verdicts
 * until the row is judged again. Pure.
 */
import { waitReasonCode } from "../model/reasons.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import { type PassTables, PENDING_FLAG } from "../state/tables.ts";
import { fairshareOf } from "./association.ts";
import { enlarged } from "./columns.ts";
import { overJobLimit } from "./job-limits.ts";
import type { Norms } from "./norms.ts";

const REASON = {
  DEPENDENCY: waitReasonCode("Dependency"),
  DEPENDENCY_NEVER: waitReasonCode("DependencyNeverSatisfied"),
  BEGIN_TIME: waitReasonCode("BeginTime"),
  RESERVATION_DELETED: waitReasonCode("ReservationDeleted"),
  HELD_USER: waitReasonCode("JobHeldUser"),
  HELD_ADMIN: waitReasonCode("JobHeldAdmin"),
  TASK_LIMIT: waitReasonCode("JobArrayTaskLimit"),
  TIME_LIMIT: waitReasonCode("PartitionTimeLimit"),
  NODE_LIMIT: waitReasonCode("PartitionNodeLimit"),
  CONFIG: waitReasonCode("PartitionConfig"),
  DOWN: waitReasonCode("PartitionDown"),
  USAGE_THRESHOLD: waitReasonCode("QOSUsageThreshold"),
} as const;

/** Whether the reason is a begin time, the only one that goes by with time. */
export const isBeginTime = (reason: number): boolean => reason === REASON.BEGIN_TIME;

/** Whether what holds or lets the row changes although nobody writes it: its owner's fair share does. */
export const goesByShare = (tables: PassTables, row: number): boolean =>
  (tables.qosRules?.usageThreshold[tables.pending.columns.qos[row]!] ?? 0) > 0;

const isBelowThreshold = (tables: PassTables, row: number): boolean =>
  goesByShare(tables, row) &&
  fairshareOf(tables, row) < tables.qosRules!.usageThreshold[tables.pending.columns.qos[row]!]!;

/** Whether a row with this reason has a priority: all but those that wait for a release. */
export const hasPriority = (reason: number): boolean =>
  reason !== REASON.HELD_USER && reason !== REASON.HELD_ADMIN && reason !== REASON.RESERVATION_DELETED;

export class Eligibility {
  /** By pending row: index into WAIT_REASONS, 0 for eligible rows. */
  reason = new Uint8Array(0);
  /** By pending row: bit p is set when the row may run in partition p. */
  allowedLo = new Uint32Array(0);
  allowedHi = new Uint32Array(0);

  /** Makes room; what was judged stays. */
  grow(capacity: number): void {
    this.reason = enlarged(this.reason, new Uint8Array(capacity));
    this.allowedLo = enlarged(this.allowedLo, new Uint32Array(capacity));
    this.allowedHi = enlarged(this.allowedHi, new Uint32Array(capacity));
  }

  /** Judges the row anew and gives its reason. */
  judge(tables: PassTables, norms: Norms, row: number): number {
    this.allowedLo[row] = 0;
    this.allowedHi[row] = 0;
    let code = reasonOfRow(tables, row);
    if (code === 0) code = this.#allowPartitions(tables, norms, row);
    if (code === 0) code = overJobLimit(tables, row, norms.gresParent, norms.whole)?.constraint.reason ?? 0;
    if (code === 0 && isBelowThreshold(tables, row)) code = REASON.USAGE_THRESHOLD;
    if (code === 0 && tables.pending.columns.tasksStartable[row]! <= 0) code = REASON.TASK_LIMIT;
    this.reason[row] = code;
    return code;
  }

  /** Sets the bits of the partitions whose limits the row keeps; the reason of the first one where it keeps none. */
  #allowPartitions(tables: PassTables, norms: Norms, row: number): number {
    const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
    let first: number = REASON.DOWN;
    let isAllowed = false;
    for (let i = 0; i < set.length; i++) {
      const partition = set[i]!;
      const code = reasonInPartition(tables, row, partition, norms.partitions[partition]!.nodes);
      if (i === 0) first = code;
      if (code !== 0) continue;
      isAllowed = true;
      if (partition < 32) this.allowedLo[row] = this.allowedLo[row]! | (1 << partition);
      else this.allowedHi[row] = this.allowedHi[row]! | (1 << (partition - 32));
    }
    return isAllowed ? 0 : first;
  }
}

/** What keeps the row itself back, whatever partition it names. */
function reasonOfRow(tables: PassTables, row: number): number {
  const { columns } = tables.pending;
  const flags = columns.flags[row]!;
  if ((flags & PENDING_FLAG.RESERVATION_DELETED) !== 0) return REASON.RESERVATION_DELETED;
  if ((flags & PENDING_FLAG.HELD_ADMIN) !== 0) return REASON.HELD_ADMIN;
  if ((flags & PENDING_FLAG.HELD_USER) !== 0) return REASON.HELD_USER;
  if ((flags & PENDING_FLAG.DEPENDENCY_NEVER) !== 0) return REASON.DEPENDENCY_NEVER;
  if ((flags & PENDING_FLAG.DEPENDENCY) !== 0) return REASON.DEPENDENCY;
  return columns.beginS[row]! > tables.nowS ? REASON.BEGIN_TIME : 0;
}

function reasonInPartition(tables: PassTables, row: number, partition: number, size: number): number {
  const limits = tables.partitions[partition]!;
  const { pending, shapes } = tables;
  const shape = pending.columns.shape[row]!;
  const minNodes = shapes.columns.minNodes[shape]!;
  if (!limits.up) return REASON.DOWN;
  const may = (rule: number): boolean => hasQosRule(tables.qosRules, pending.columns.qos[row]!, rule);
  if (pending.columns.timeLimitS[row]! > limits.maxTimeS && !may(QOS_RULE.ANY_TIME)) return REASON.TIME_LIMIT;
  if (minNodes > limits.maxNodes && !may(QOS_RULE.ANY_MAX_NODES)) return REASON.NODE_LIMIT;
  if (shapes.columns.maxNodes[shape]! < limits.minNodes && !may(QOS_RULE.ANY_MIN_NODES))
    return REASON.NODE_LIMIT;
  return minNodes > size ? REASON.CONFIG : 0;
}
