/**
 * Why a job that could have run did not start: the first that is blocked in its partitions waits for resources, the
 * others for their turn. Keeps, for each partition, the job that is blocked at its head.
 */
import { waitReasonCode } from "../model/reasons.ts";
import type { PassTables } from "../state/tables.ts";
import type { PlanBuilder } from "./plan-builder.ts";
import { NEVER_S, OVERDUE_S } from "./slots.ts";

export const REASON_PRIORITY = waitReasonCode("Priority");
export const REASON_RESOURCES = waitReasonCode("Resources");
export const REASON_LICENSES = waitReasonCode("Licenses");
export const REASON_TASK_LIMIT = waitReasonCode("JobArrayTaskLimit");

export class WaitBook {
  readonly #tables: PassTables;
  /** By partition: id of the first job that waits there; 0 for none. */
  readonly #headOf: Int32Array;
  /** First job of the whole queue that waits for resources; 0 for none. */
  #first = 0;
  #overlaps: readonly (readonly number[])[] | undefined;

  constructor(tables: PassTables) {
    this.#tables = tables;
    this.#headOf = new Int32Array(tables.partitions.length);
  }

  get first(): number {
    return this.#first;
  }

  /** The waiting job at the head of a partition, 0 for none. */
  headOf(partition: number): number {
    return this.#headOf[partition]!;
  }

  /** Notes that a job waits in these partitions. */
  block(job: number, partitions: Int32Array, count: number): void {
    if (this.#first === 0) this.#first = job;
    for (let i = 0; i < count; i++) {
      if (this.#headOf[partitions[i]!] === 0) this.#headOf[partitions[i]!] = job;
    }
  }

  /** Notes the same for every partition that shares a node with one of these. */
  blockOverlapping(job: number, partitions: Int32Array, count: number): void {
    this.#overlaps ??= overlapsOf(this.#tables);
    for (let i = 0; i < count; i++) {
      for (const other of this.#overlaps[partitions[i]!]!)
        if (this.#headOf[other] === 0) this.#headOf[other] = job;
    }
  }
}

/**
 * The running or just started job whose end frees the last of these nodes by `borderS` seconds from now; 0 when none
 * ends there before.
 */
export function lastToEnd(
  tables: PassTables,
  plan: PlanBuilder,
  nodes: Int32Array,
  want: number,
  borderS: number,
): number {
  const wanted = new Set(nodes.subarray(0, want));
  let job = 0;
  let latestS = 0;
  const offer = (candidate: number, leftS: number): void => {
    if (leftS > borderS || leftS < latestS || (leftS === latestS && job !== 0 && candidate > job)) return;
    job = candidate;
    latestS = leftS;
  };
  const { columns, count } = tables.running;
  for (let row = 0; row < count; row++) {
    if (!wanted.has(columns.node[row]!) || columns.endS[row]! >= NEVER_S) continue;
    const leftS = columns.endS[row]! - tables.nowS;
    offer(columns.jobId[row]!, leftS > 0 ? leftS : OVERDUE_S);
  }
  for (let start = 0; start < plan.startCount; start++) {
    if (plan.startNodes(start).some((node) => wanted.has(node))) {
      offer(plan.startJob(start), tables.pending.columns.timeLimitS[plan.startRow(start)]!);
    }
  }
  return job;
}

/** By partition: those with which it shares a node, itself included. */
function overlapsOf(tables: PassTables): number[][] {
  const { columns, count } = tables.nodes;
  const pairs = new Set<string>();
  for (let row = 0; row < count; row++) pairs.add(`${columns.partitionLo[row]} ${columns.partitionHi[row]}`);
  const shared = tables.partitions.map((_, p) => new Set([p]));
  for (const pair of pairs) {
    const [lo, hi] = pair.split(" ").map(Number);
    const members = tables.partitions
      .map((_, p) => p)
      .filter((p) => (((p < 32 ? lo! : hi!) >>> (p & 31)) & 1) === 1);
    for (const a of members) for (const b of members) shared[a]!.add(b);
  }
  return shared.map((set) => [...set].sort((a, b) => a - b));
}
