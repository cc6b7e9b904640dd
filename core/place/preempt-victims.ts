/**
 * The running jobs that may be preempted in a pass, the cheapest first, with what they hold on each node. Made when the
 * first job of a pass asks, from the tables and the policy's costs; never changed afterwards but for who has been taken.
 */
import type { Plan } from "../model/plan.ts";
import type { PreemptionPolicy, VictimBatch } from "../model/policy.ts";
import { isTakeable, modeOf } from "../state/preemption-tables.ts";
import { type PassTables, RUNNING_JOB_FLAG } from "../state/tables.ts";
import { cheapestPreemption } from "./preempt-fallback.ts";
import type { Credit } from "./preempt-room.ts";
import { NEVER_S, OVERDUE_S, slotsOfLimit } from "./slots.ts";

/** GRES dimension of which policies see the devices. */
const GPU = 0;
const NONE: readonly never[] = [];

export class VictimBook {
  /** By victim, the cheapest first: its row among the running jobs. */
  readonly jobRow: Int32Array;
  readonly cost: Float64Array;
  /** By victim, not 0 once it was taken. */
  readonly taken: Uint8Array;
  readonly faults: Plan["faults"][number][] = [];
  readonly #byNode = new Map<number, Credit[]>();
  readonly #nodesOf: number[][];

  /** Jobs that end with `soonSlot` or before it are not worth taking. `dimensions` are those of the planes. */
  constructor(
    tables: PassTables,
    policy: PreemptionPolicy | undefined,
    borders: Int32Array,
    soonSlot: number,
    dimensions: readonly number[],
  ) {
    const rows = takeable(tables, borders, soonSlot);
    const batch = batchOf(tables, rows);
    const cost = this.#weigh(batch, policy);
    const order = Array.from(rows, (_, i) => i).sort(
      (a, b) => cost[a]! - cost[b]! || batch.jobId[b]! - batch.jobId[a]!,
    );
    this.jobRow = Int32Array.from(order, (i) => rows[i]!);
    this.cost = Float64Array.from(order, (i) => cost[i]!);
    this.taken = new Uint8Array(order.length);
    this.#nodesOf = order.map(() => []);
    this.#readNodes(tables, borders, dimensions);
  }

  get count(): number {
    return this.jobRow.length;
  }
  /** Victims on a node, the cheapest first. */
  on(node: number): readonly Credit[] {
    return this.#byNode.get(node) ?? NONE;
  }
  nodesOf(victim: number): readonly number[] {
    return this.#nodesOf[victim]!;
  }

  #weigh(batch: VictimBatch, policy: PreemptionPolicy | undefined): Float64Array {
    const cost = new Float64Array(batch.count);
    const fault = policy?.weigh(batch, cost);
    if (fault !== undefined) this.faults.push({ kind: "preemption", module: policy!.name, fault });
    if (policy === undefined || fault !== undefined) cheapestPreemption().weigh(batch, cost);
    return cost;
  }

  #readNodes(tables: PassTables, borders: Int32Array, dimensions: readonly number[]): void {
    const victimOf = new Map<number, number>();
    this.jobRow.forEach((row, victim) => {
      victimOf.set(tables.runningJobs.columns.jobId[row]!, victim);
    });
    const { columns, capacity, count } = tables.running;
    for (let row = 0; row < count; row++) {
      const victim = victimOf.get(columns.jobId[row]!);
      if (victim === undefined) continue;
      const node = columns.node[row]!;
      const gres = dimensions.map((dimension) => columns.gres[dimension * capacity + row]!);
      // Who stands still keeps his memory.
      const memMib = isSuspendedIfTaken(tables, this.jobRow[victim]!) ? 0 : columns.memMib[row]!;
      const amounts = { cpus: columns.cpus[row]!, memMib, gres };
      const endSlot = endSlotOf(tables, borders, columns.endS[row]!);
      const credits = this.#byNode.get(node);
      if (credits === undefined) this.#byNode.set(node, [{ victim, amounts, endSlot }]);
      else credits.push({ victim, amounts, endSlot });
      this.#nodesOf[victim]!.push(node);
    }
    for (const credits of this.#byNode.values()) credits.sort((a, b) => a.victim - b.victim);
  }
}

/** First slot in which a job that ends then holds nothing any more. */
export function endSlotOf(tables: PassTables, borders: Int32Array, endS: number): number {
  if (endS >= NEVER_S) return borders.length;
  return slotsOfLimit(borders, endS > tables.nowS ? endS - tables.nowS : OVERDUE_S);
}

/** Rows of running jobs that anybody might take. */
function takeable(tables: PassTables, borders: Int32Array, soonSlot: number): number[] {
  const { preemption } = tables;
  const rows: number[] = [];
  if (preemption === undefined) return rows;
  const { columns, count } = tables.runningJobs;
  for (let row = 0; row < count; row++) {
    if (!isTakeable(tables, preemption, row)) continue;
    if (endSlotOf(tables, borders, columns.endS[row]!) > soonSlot) rows.push(row);
  }
  return rows;
}

function batchOf(tables: PassTables, rows: readonly number[]): VictimBatch {
  const { nowS, partitions, preemption } = tables;
  const { columns } = tables.runningJobs;
  const gpus = gpusOf(tables, rows);
  const whole = (value: (row: number) => number): Int32Array => Int32Array.from(rows, value);
  const real = (value: (row: number) => number): Float64Array => Float64Array.from(rows, value);
  return {
    count: rows.length,
    priority: real((row) => columns.priority[row]!),
    runS: real((row) => Math.max(0, nowS - columns.startS[row]!)),
    leftS: real((row) => Math.max(0, columns.endS[row]! - nowS)),
    qosPriority: real((row) => preemption?.qosPriority[columns.qos[row]!] ?? 0),
    jobId: whole((row) => columns.jobId[row]!),
    nodes: whole((row) => columns.nodes[row]!),
    cpus: whole((row) => columns.cpus[row]!),
    gpus,
    tier: whole((row) => partitions[columns.partition[row]!]?.priorityTier ?? 0),
    partition: whole((row) => columns.partition[row]!),
    restarts: whole((row) => columns.restarts[row]!),
    requeued: whole((row) => isRequeued(tables, row)),
  };
}

function isSuspendedIfTaken(tables: PassTables, row: number): boolean {
  const { qos, partition } = tables.runningJobs.columns;
  return modeOf(tables.preemption!, qos[row]!, partition[row]!) === "suspend";
}

/** Whether nothing or little is lost: it goes on where it stands, or begins again. */
function isRequeued(tables: PassTables, row: number): number {
  const { columns } = tables.runningJobs;
  if (isSuspendedIfTaken(tables, row)) return 1;
  const mayBe = (columns.flags[row]! & RUNNING_JOB_FLAG.REQUEUE) !== 0;
  const mode = modeOf(tables.preemption!, columns.qos[row]!, columns.partition[row]!);
  return mayBe && mode === "requeue" ? 1 : 0;
}

/** Whole GPUs of each of these jobs, from what they hold on their nodes. */
function gpusOf(tables: PassTables, rows: readonly number[]): Int32Array {
  const { columns, capacity, count } = tables.running;
  const at = new Map(rows.map((row, i) => [tables.runningJobs.columns.jobId[row]!, i] as const));
  const gpus = new Int32Array(rows.length);
  const plane = GPU * capacity;
  for (let row = 0; row < count; row++) {
    const held = columns.gres[plane + row]!;
    const i = held === 0 ? undefined : at.get(columns.jobId[row]!);
    if (i !== undefined) gpus[i]! += held;
  }
  return gpus;
}
