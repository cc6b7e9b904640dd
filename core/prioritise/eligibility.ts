/**
 * Which waiting rows may be planned at all, in which of their partitions, and the reason for the others: holds,
 * dependencies, begin times, partition limits and array limits. Looks at each row once, without any policy. Pure.
 */
import { waitReasonCode } from "../model/reasons.ts";
import { type PassTables, PENDING_FLAG } from "../state/tables.ts";

const REASON = {
  DEPENDENCY: waitReasonCode("Dependency"),
  DEPENDENCY_NEVER: waitReasonCode("DependencyNeverSatisfied"),
  BEGIN_TIME: waitReasonCode("BeginTime"),
  HELD_USER: waitReasonCode("JobHeldUser"),
  HELD_ADMIN: waitReasonCode("JobHeldAdmin"),
  TASK_LIMIT: waitReasonCode("JobArrayTaskLimit"),
  TIME_LIMIT: waitReasonCode("PartitionTimeLimit"),
  NODE_LIMIT: waitReasonCode("PartitionNodeLimit"),
  CONFIG: waitReasonCode("PartitionConfig"),
  DOWN: waitReasonCode("PartitionDown"),
} as const;

export interface Eligibility {
  /** Eligible rows, in the order of the table. */
  readonly rows: Int32Array;
  /** Eligible rows, then those that wait for something else than a release: all that have a priority. */
  readonly ranked: Int32Array;
  /** By pending row: index into WAIT_REASONS, 0 for eligible rows. */
  readonly reason: Uint8Array;
  /** By pending row: bit p is set when the row may run in partition p. */
  readonly allowedLo: Uint32Array;
  readonly allowedHi: Uint32Array;
}

export function findEligible(tables: PassTables): Eligibility {
  const { count } = tables.pending;
  const reason = new Uint8Array(count);
  const allowedLo = new Uint32Array(count);
  const allowedHi = new Uint32Array(count);
  const rows = new Int32Array(count);
  const others = new Int32Array(count);
  const sizes = partitionSizes(tables);
  let eligible = 0;
  let waiting = 0;
  for (let row = 0; row < count; row++) {
    let code = reasonOfRow(tables, row);
    if (code === 0) code = allowPartitions(tables, row, sizes, allowedLo, allowedHi);
    if (code === 0 && tables.pending.columns.tasksStartable[row]! <= 0) code = REASON.TASK_LIMIT;
    reason[row] = code;
    if (code === 0) rows[eligible++] = row;
    else if (code !== REASON.HELD_USER && code !== REASON.HELD_ADMIN) others[waiting++] = row;
  }
  rows.set(others.subarray(0, waiting), eligible);
  return {
    rows: rows.slice(0, eligible),
    ranked: rows.slice(0, eligible + waiting),
    reason,
    allowedLo,
    allowedHi,
  };
}

/** Nodes of each partition, whatever their state. */
export function partitionSizes(tables: PassTables): Int32Array {
  const { columns, count } = tables.nodes;
  const sizes = new Int32Array(tables.partitions.length);
  for (let row = 0; row < count; row++) {
    for (let bits = columns.partitionLo[row]!; bits !== 0; bits &= bits - 1)
      sizes[31 - Math.clz32(bits & -bits)]!++;
    for (let bits = columns.partitionHi[row]!; bits !== 0; bits &= bits - 1)
      sizes[63 - Math.clz32(bits & -bits)]!++;
  }
  return sizes;
}

/** What keeps the row itself back, whatever partition it names. */
function reasonOfRow(tables: PassTables, row: number): number {
  const { columns } = tables.pending;
  const flags = columns.flags[row]!;
  if ((flags & PENDING_FLAG.HELD_ADMIN) !== 0) return REASON.HELD_ADMIN;
  if ((flags & PENDING_FLAG.HELD_USER) !== 0) return REASON.HELD_USER;
  if ((flags & PENDING_FLAG.DEPENDENCY_NEVER) !== 0) return REASON.DEPENDENCY_NEVER;
  if ((flags & PENDING_FLAG.DEPENDENCY) !== 0) return REASON.DEPENDENCY;
  return columns.beginS[row]! > tables.nowS ? REASON.BEGIN_TIME : 0;
}

/** Sets the bits of the partitions whose limits the row keeps; the reason of the first one where it keeps none. */
function allowPartitions(
  tables: PassTables,
  row: number,
  sizes: Int32Array,
  allowedLo: Uint32Array,
  allowedHi: Uint32Array,
): number {
  const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  let first: number = REASON.DOWN;
  let isAllowed = false;
  for (let i = 0; i < set.length; i++) {
    const partition = set[i]!;
    const code = reasonInPartition(tables, row, partition, sizes[partition]!);
    if (i === 0) first = code;
    if (code !== 0) continue;
    isAllowed = true;
    if (partition < 32) allowedLo[row] = allowedLo[row]! | (1 << partition);
    else allowedHi[row] = allowedHi[row]! | (1 << (partition - 32));
  }
  return isAllowed ? 0 : first;
}

function reasonInPartition(tables: PassTables, row: number, partition: number, size: number): number {
  const limits = tables.partitions[partition]!;
  const { pending, shapes } = tables;
  const shape = pending.columns.shape[row]!;
  const minNodes = shapes.columns.minNodes[shape]!;
  if (!limits.up) return REASON.DOWN;
  if (pending.columns.timeLimitS[row]! > limits.maxTimeS) return REASON.TIME_LIMIT;
  if (minNodes > limits.maxNodes || shapes.columns.maxNodes[shape]! < limits.minNodes)
    return REASON.NODE_LIMIT;
  return minNodes > size ? REASON.CONFIG : 0;
}
