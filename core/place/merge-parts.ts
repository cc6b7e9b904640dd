/**
 * One plan of the plans of all parts of a queue: the same, to the byte, as if one planner had made it. What a part cannot
 * know alone is settled here: the order of the starts, who is the first of all that waits, and for whom free nodes are
 * counted. Runs on the main thread, some milliseconds for the longest queues. Pure.
 */
import type { Plan } from "../model/plan.ts";
import type { RankedQueue } from "../model/ranked.ts";
import { MAX_FRONTIERS } from "./class-table.ts";
import type { PartPlan } from "./part-plan.ts";
import { MAX_FREE_COUNTS } from "./wait-writer.ts";

/** `jobId` is that of the pending rows. undefined where the parts do not say what the whole would have been. */
export function mergeParts(
  ranked: RankedQueue,
  parts: readonly PartPlan[],
  jobId: Int32Array,
): Plan | undefined {
  if (!parts.every(({ isSound }) => isSound) || mayHaveLearntMore(parts)) return undefined;
  const { nowS, pendingCount } = parts[0]!;
  const rank = new Int32Array(pendingCount).fill(-1);
  for (let place = 0; place < ranked.order.length; place++) rank[ranked.order[place]!] = place;
  const columns = {
    reason: ranked.reason.slice(0, pendingCount),
    expectedStartS: new Uint32Array(pendingCount),
    freeNodes: new Int32Array(pendingCount).fill(-1),
    behindJob: new Int32Array(pendingCount),
  };
  for (const part of parts) {
    for (let i = 0; i < part.rows.length; i++) {
      const row = part.rows[i]!;
      columns.reason[row] = part.reason[i]!;
      columns.expectedStartS[row] = part.expectedStartS[i]!;
      columns.freeNodes[row] = part.freeNodes[i]!;
      columns.behindJob[row] = part.behindJob[i]!;
    }
  }
  forgetLateCounts(parts, rank, columns.freeNodes);
  settleFirst(parts, rank, jobId, columns.behindJob);
  return {
    nowS,
    pendingCount,
    ...mergeStarts(parts, rank),
    ...columns,
    priority: ranked.priority.slice(0, pendingCount),
    rank,
    faults: ranked.faults,
    decisions: parts.reduce((sum, { decisions }) => sum + decisions, 0),
  };
}

/**
 * Only so many kinds of classes learn from each other, of a whole queue as of a part. What they have learnt is not always
 * true any more once a job has left its promised place, so more of them may plan otherwise.
 */
const mayHaveLearntMore = (parts: readonly PartPlan[]): boolean =>
  parts.some(({ phases }) => phases.length > 0) &&
  parts.reduce((sum, { likenesses }) => sum + likenesses, 0) > MAX_FRONTIERS;

/** In each phase rows are planned in the order of the queue. */
function mergeStarts(parts: readonly PartPlan[], rank: Int32Array) {
  const count = parts.reduce((sum, { startCount }) => sum + startCount, 0);
  const entries = parts.reduce((sum, { startNodes }) => sum + startNodes.length, 0);
  const startRow = new Int32Array(count);
  const startJob = new Int32Array(count);
  const startPartition = new Int32Array(count);
  const startOffset = new Int32Array(count + 1);
  const startNodes = new Int32Array(entries);
  const startTasks = new Int32Array(entries);
  const next = parts.map(() => 0);
  const phases = Math.max(...parts.map((part) => part.phases.length));
  let start = 0;
  for (let phase = 0; phase <= phases; phase++) {
    const ends = parts.map((part) => part.phases[phase] ?? part.startCount);
    for (;;) {
      const at = firstOf(parts, next, ends, (part, i) => rank[part.startRow[i]!]!);
      if (at < 0) break;
      const part = parts[at]!;
      const own = next[at]!++;
      startRow[start] = part.startRow[own]!;
      startJob[start] = part.startJob[own]!;
      startPartition[start] = part.startPartition[own]!;
      const [from, to] = [part.startOffset[own]!, part.startOffset[own + 1]!];
      startNodes.set(part.startNodes.subarray(from, to), startOffset[start]!);
      startTasks.set(part.startTasks.subarray(from, to), startOffset[start]!);
      startOffset[start + 1] = startOffset[start]! + to - from;
      start++;
    }
  }
  return { startCount: count, startRow, startJob, startPartition, startOffset, startNodes, startTasks };
}

/** The part whose next entry stands first in the queue; -1 where all are at their end. */
function firstOf(
  parts: readonly PartPlan[],
  next: readonly number[],
  ends: readonly number[],
  placeOf: (part: PartPlan, i: number) => number,
): number {
  let first = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < parts.length; at++) {
    if (next[at]! >= ends[at]!) continue;
    const place = placeOf(parts[at]!, next[at]!);
    if (place >= least) continue;
    first = at;
    least = place;
  }
  return first;
}

/** Free nodes are counted for the first classes of the whole queue only. */
function forgetLateCounts(parts: readonly PartPlan[], rank: Int32Array, freeNodes: Int32Array): void {
  const seen = parts.map(() => new Set<number>());
  const next = parts.map(() => 0);
  const ends = parts.map(({ rows }) => rows.length);
  let counted = 0;
  for (;;) {
    const at = firstOf(parts, next, ends, (part, i) => rank[part.rows[i]!]!);
    if (at < 0) return;
    const part = parts[at]!;
    const own = next[at]!++;
    const classIndex = part.countedClass[own]!;
    if (classIndex < 0 || seen[at]!.has(classIndex)) continue;
    if (counted === MAX_FREE_COUNTS) freeNodes[part.rows[own]!] = -1;
    else {
      seen[at]!.add(classIndex);
      counted++;
    }
  }
}

/** Those that wait behind the first of all that waits: he is of another part than theirs, or not planned yet. */
function settleFirst(
  parts: readonly PartPlan[],
  rank: Int32Array,
  jobId: Int32Array,
  behindJob: Int32Array,
): void {
  const waiting = parts.flatMap(({ firstWaiting }) => (firstWaiting === undefined ? [] : [firstWaiting]));
  const isBefore = (a: { row: number; phase: number }, b: { row: number; phase: number }): boolean =>
    a.phase < b.phase || (a.phase === b.phase && rank[a.row]! < rank[b.row]!);
  const first = waiting.reduce<(typeof waiting)[number] | undefined>(
    (best, one) => (best === undefined || isBefore(one, best) ? one : best),
    undefined,
  );
  for (const { behindFirst } of parts)
    for (const one of behindFirst)
      behindJob[one.row] = first !== undefined && isBefore(first, one) ? jobId[first.row]! : 0;
}
