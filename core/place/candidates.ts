/**
 * The classes in which a row may run, in the order to try them: one a partition, and of a job with several options for its
 * nodes one for each; or why none could ever hold it. One object a pass, filled anew for each row.
 */

import type { RankedQueue } from "../model/ranked.ts";
import { waitReasonCode } from "../model/reasons.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import { lapseInS } from "../state/set-rules.ts";
import type { PassTables } from "../state/tables.ts";
import type { ClassTable } from "./class-table.ts";
import { formOf, optionCount } from "./rules/node-rule.ts";

const MAX_PARTITIONS_PER_JOB = 64;
const REASON_PRIORITY = waitReasonCode("Priority");
const REASON_BAD_CONSTRAINTS = waitReasonCode("BadConstraints");

export class Candidates {
  readonly #tables: PassTables;
  readonly #ranked: RankedQueue;
  readonly #table: ClassTable;
  /** Whether any shape may have more than one form. */
  readonly #hasForms: boolean;
  classes = new Int32Array(MAX_PARTITIONS_PER_JOB);
  partitions = new Int32Array(MAX_PARTITIONS_PER_JOB);
  count = 0;
  /** The first so many are those in which it may start at once. */
  nowCount = 0;
  /** Seconds from now before which it may not start in the others. */
  laterS = 0;
  /** Where count is 0: the code of the reason. */
  deadReason = 0;

  constructor(tables: PassTables, ranked: RankedQueue, table: ClassTable) {
    this.#tables = tables;
    this.#ranked = ranked;
    this.#table = table;
    this.#hasForms = tables.constraints !== undefined || tables.setRules !== undefined;
  }

  find(row: number): void {
    this.count = 0;
    this.deadReason = 0;
    this.laterS = 0;
    if (this.#hasForms) this.#findForms(row);
    else this.#add(row, 1, false);
    if (!this.#hasForms || this.laterS === 0) this.nowCount = this.count;
  }

  /** Seconds from now from which on the row may start in candidate `i`. */
  fromS(i: number): number {
    return i < this.nowCount ? 0 : this.laterS;
  }

  /** A limit on switches is one form until it lapses, and none another one from then on. */
  #findForms(row: number): void {
    const options = optionCount(this.#tables, this.#tables.pending.columns.shape[row]!);
    const lapseS = lapseInS(this.#tables, row);
    this.#add(row, options, lapseS === 0);
    if (lapseS === 0 || lapseS === Number.POSITIVE_INFINITY) return;
    this.nowCount = this.count;
    this.laterS = lapseS;
    this.#add(row, options, true);
  }

  #add(row: number, options: number, isLapsed: boolean): void {
    const { columns } = this.#tables.pending;
    const shape = columns.shape[row]!;
    const set = this.#tables.partitionSets[columns.partitionSet[row]!]!;
    const isFree = hasQosRule(this.#tables.qosRules, columns.qos[row]!, QOS_RULE.ANY_MAX_NODES);
    const user = this.#tables.owners?.pending[row] ?? 0;
    for (let i = 0; i < set.length && i < MAX_PARTITIONS_PER_JOB; i++) {
      const partition = set[i]!;
      const allowed = partition < 32 ? this.#ranked.allowedLo[row]! : this.#ranked.allowedHi[row]!;
      if (((allowed >>> (partition & 31)) & 1) === 0) continue;
      for (let option = 0; option < options; option++) {
        const found = this.#table.of(shape, partition, user, isFree, formOf(option, isLapsed));
        // A pass with too many classes leaves the row for a later one.
        const dead = found < 0 ? REASON_PRIORITY : this.#table.deadReason[found]!;
        if (dead === 0) this.#push(found, partition);
        else if (this.deadReason === 0 || this.deadReason === REASON_BAD_CONSTRAINTS) this.deadReason = dead;
      }
    }
  }

  #push(classIndex: number, partition: number): void {
    if (this.count === this.classes.length) {
      this.classes = grown(this.classes);
      this.partitions = grown(this.partitions);
    }
    this.classes[this.count] = classIndex;
    this.partitions[this.count] = partition;
    this.count++;
  }
}

function grown(column: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * column.length);
  larger.set(column);
  return larger;
}
