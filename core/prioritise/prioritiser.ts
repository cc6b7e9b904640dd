/**
 * Ranks the queue pass after pass. What a pass found holds in the next one for every row that nobody wrote, so that a
 * pass costs what has changed. Kept by whoever runs passes; gives what a new one would give, for any sequence of tables
 * of one state. Pure but for what it keeps; asks its policy once a pass at most.
 */
import type { PolicyFault, PriorityPolicy } from "../model/policy.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import { BatchColumns, tierOf } from "./batch.ts";
import { enlarged, roomFor } from "./columns.ts";
import { Eligibility, goesByShare, hasPriority, isBeginTime } from "./eligibility.ts";
import { Norms } from "./norms.ts";
import { QueueOrder } from "./queue-order.ts";

type Fault = RankedQueue["faults"][number];

const NO_FAULTS: readonly Fault[] = [];
const NO_TYPES: readonly number[] = [];
const NEVER_S = Number.POSITIVE_INFINITY;

export class Prioritiser {
  readonly #policies: readonly PriorityPolicy[];
  readonly #isStatic: boolean;
  readonly #norms = new Norms();
  readonly #eligible = new Eligibility();
  readonly #batch = new BatchColumns();
  readonly #order = new QueueOrder();
  #scores = new Float64Array(0);
  #capacity = 0;

  // What the last pass saw.
  #count = 0;
  #nowS = 0;
  #topQos = 1;
  /** No row that waits for its begin time begins before. */
  #nextBeginS = NEVER_S;
  /** By pending row: what was written last into it. */
  #version = new Uint32Array(0);
  /** Whether the scores are those of the policy itself, for all rows. */
  #isSound = false;
  #queue: RankedQueue = {
    order: this.#order.rows,
    priority: this.#order.priority,
    reason: this.#eligible.reason,
    allowedLo: this.#eligible.allowedLo,
    allowedHi: this.#eligible.allowedHi,
    faults: NO_FAULTS,
  };

  // Rows that this pass looks at anew: the list, and a mark for each.
  #changed = new Int32Array(0);
  #changedCount = 0;
  #mark = new Uint8Array(0);

  /** `fallback` serves when `policy` gives a wrong answer; where that is wrong too, job ids decide. */
  constructor(policy: PriorityPolicy, fallback: PriorityPolicy) {
    this.#policies = policy === fallback ? [policy] : [policy, fallback];
    this.#isStatic = policy.time === "static";
  }

  /**
   * Ranks the queue of these tables. They must be those of the state that was ranked before, or all that was seen is
   * wrong: a row of an equal version is taken to be the same. The answer is valid until the next call.
   * `gresParent`, by GRES dimension, is the untyped dimension that counts the same devices; it tells GPUs.
   */
  rank(tables: PassTables, gresParent: readonly number[] = NO_TYPES): RankedQueue {
    const { count } = tables.pending;
    if (count > this.#capacity) this.#grow(roomFor(count, this.#capacity));
    const isAnew = this.#norms.update(tables, gresParent) || tables.nowS < this.#nowS;
    this.#nowS = tables.nowS;
    this.#findChanged(tables, isAnew ? 0 : Math.min(count, this.#count));
    const hasChanged = this.#changedCount > 0 || count !== this.#count;
    this.#count = count;
    if (!hasChanged && this.#isStatic && this.#isSound) return this.#queue;

    this.#judge(tables);
    const isOtherTop = hasChanged && this.#takeTopQos(tables);
    const isPartial = this.#isStatic && this.#isSound && !isOtherTop;
    if (isPartial) this.#fillChanged(tables);
    else this.#fillAll(tables, isOtherTop || this.#isStatic);
    const faults = this.#score(tables, isPartial);
    this.#isSound = faults.length === 0;
    const { reason, allowedLo, allowedHi } = this.#eligible;
    this.#order.repair(
      count,
      this.#mark,
      this.#changed,
      this.#changedCount,
      reason,
      !isPartial || faults.length > 0,
    );
    for (let i = 0; i < this.#changedCount; i++) this.#mark[this.#changed[i]!] = 0;
    const { rows: order, priority } = this.#order;
    this.#queue = { order, priority, reason, allowedLo, allowedHi, faults };
    return this.#queue;
  }

  #grow(capacity: number): void {
    this.#capacity = capacity;
    this.#eligible.grow(capacity);
    this.#batch.grow(capacity);
    this.#order.grow(capacity);
    this.#version = enlarged(this.#version, new Uint32Array(capacity));
    this.#scores = new Float64Array(capacity);
    this.#changed = new Int32Array(capacity);
    this.#mark = new Uint8Array(capacity);
  }

  /** Lists the rows that are not what they were: written, moved, or waiting for a time that has come. */
  #findChanged(tables: PassTables, known: number): void {
    const { version, beginS } = tables.pending.columns;
    const { count } = tables.pending;
    const { nowS } = tables;
    const seen = this.#version;
    const changed = this.#changed;
    const { reason } = this.#eligible;
    const isDue = nowS >= this.#nextBeginS;
    const hasShares = tables.qosRules?.usageThreshold.some((threshold) => threshold > 0) === true;
    let next = isDue || known === 0 ? NEVER_S : this.#nextBeginS;
    let at = 0;
    for (let row = 0; row < known; row++) {
      if (version[row] !== seen[row] || (hasShares && goesByShare(tables, row))) changed[at++] = row;
      else if (isDue && isBeginTime(reason[row]!)) {
        if (beginS[row]! <= nowS) changed[at++] = row;
        else next = Math.min(next, beginS[row]!);
      }
    }
    for (let row = known; row < count; row++) changed[at++] = row;
    this.#nextBeginS = next;
    this.#changedCount = at;
  }

  #judge(tables: PassTables): void {
    const { version, jobId, beginS } = tables.pending.columns;
    const order = this.#order;
    for (let i = 0; i < this.#changedCount; i++) {
      const row = this.#changed[i]!;
      const reason = this.#eligible.judge(tables, this.#norms, row);
      if (isBeginTime(reason)) this.#nextBeginS = Math.min(this.#nextBeginS, beginS[row]!);
      this.#mark[row] = 1;
      this.#version[row] = version[row]!;
      order.jobId[row] = jobId[row]!;
      order.tier[row] = ~tierOf(tables, this.#eligible, row);
      order.priority[row] = 0;
    }
  }

  /** Whether the greatest QOS priority of all waiting rows, which the QOS factor is measured by, is another one. */
  #takeTopQos(tables: PassTables): boolean {
    const { qosPriority } = tables.pending.columns;
    let top = 1;
    for (let row = 0; row < this.#count; row++) if (qosPriority[row]! > top) top = qosPriority[row]!;
    const isOther = top !== this.#topQos;
    this.#topQos = top;
    return isOther;
  }

  #fillChanged(tables: PassTables): void {
    const { reason } = this.#eligible;
    let entries = 0;
    for (let i = 0; i < this.#changedCount; i++) {
      const row = this.#changed[i]!;
      if (hasPriority(reason[row]!)) this.#fill(tables, row, entries++);
    }
    this.#batch.count = entries;
    this.#batch.refresh(tables);
  }

  /** All rows that have a priority, in their order; entries that stand where they stood stay. */
  #fillAll(tables: PassTables, isAnew: boolean): void {
    const batch = this.#batch;
    const { reason } = this.#eligible;
    const { row: rows } = batch;
    const known = isAnew ? 0 : batch.count;
    const mark = this.#mark;
    const count = this.#count;
    let entries = 0;
    for (let row = 0; row < count; row++) {
      if (!hasPriority(reason[row]!)) continue;
      if (entries >= known || rows[entries] !== row || mark[row] === 1) this.#fill(tables, row, entries);
      entries++;
    }
    batch.count = entries;
    batch.refresh(tables);
  }

  #fill(tables: PassTables, row: number, entry: number): void {
    this.#batch.fill(tables, this.#norms, this.#eligible, this.#topQos, row, entry);
  }

  /** Has the batch scored and takes the priorities over; with a fault, those of all rows. */
  #score(tables: PassTables, isPartial: boolean): readonly Fault[] {
    const batch = this.#batch;
    batch.clusterNodes = this.#norms.cluster.nodes;
    batch.clusterCpus = this.#norms.cluster.cpus;
    let faults = NO_FAULTS;
    for (const policy of this.#policies) {
      const fault = batch.count === 0 ? undefined : this.#ask(policy);
      if (fault === undefined) break;
      faults = [...faults, { kind: "priority", module: policy.name, fault }];
      // Nobody may be left with the score of a policy that has failed.
      if (isPartial && faults.length === 1) this.#fillAll(tables, true);
      this.#scores.fill(0, 0, batch.count);
    }
    this.#takeScores(tables);
    return faults;
  }

  #ask(policy: PriorityPolicy): PolicyFault | undefined {
    const fault = policy.rank(this.#batch, this.#scores);
    if (fault !== undefined) return fault;
    const { count, jobId } = this.#batch;
    for (let i = 0; i < count; i++) {
      const score = this.#scores[i]!;
      if (!Number.isFinite(score))
        return { code: "POLICY_BAD_SCORE", message: `priority ${score} of job ${jobId[i]}` };
    }
    return undefined;
  }

  /** What an operator has set goes before what the policy says. */
  #takeScores(tables: PassTables): void {
    const { setPriority } = tables.pending.columns;
    const { count, row: rows } = this.#batch;
    const { priority } = this.#order;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      priority[row] = setPriority[row]! >= 0 ? setPriority[row]! : this.#scores[i]!;
    }
  }
}
