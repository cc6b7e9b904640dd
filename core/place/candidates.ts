/**
 * The classes in which a row may run, one a partition, in the order to try them; or why none could ever hold it. One
 * object a pass, filled anew for each row.
 */

import type { RankedQueue } from "../model/ranked.ts";
import { waitReasonCode } from "../model/reasons.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import type { PassTables } from "../state/tables.ts";
import type { ClassTable } from "./class-table.ts";

const MAX_PARTITIONS_PER_JOB = 64;
const REASON_PRIORITY = waitReasonCode("Priority");
const REASON_BAD_CONSTRAINTS = waitReasonCode("BadConstraints");

export class Candidates {
  readonly #tables: PassTables;
  readonly #ranked: RankedQueue;
  readonly #table: ClassTable;
  readonly classes = new Int32Array(MAX_PARTITIONS_PER_JOB);
  readonly partitions = new Int32Array(MAX_PARTITIONS_PER_JOB);
  count = 0;
  /** Where count is 0: the code of the reason. */
  deadReason = 0;

  constructor(tables: PassTables, ranked: RankedQueue, table: ClassTable) {
    this.#tables = tables;
    this.#ranked = ranked;
    this.#table = table;
  }

  find(row: number): void {
    const { columns } = this.#tables.pending;
    const shape = columns.shape[row]!;
    const set = this.#tables.partitionSets[columns.partitionSet[row]!]!;
    const isFree = hasQosRule(this.#tables.qosRules, columns.qos[row]!, QOS_RULE.ANY_MAX_NODES);
    const user = this.#tables.owners?.pending[row] ?? 0;
    this.count = 0;
    this.deadReason = 0;
    for (let i = 0; i < set.length && i < MAX_PARTITIONS_PER_JOB; i++) {
      const partition = set[i]!;
      const allowed = partition < 32 ? this.#ranked.allowedLo[row]! : this.#ranked.allowedHi[row]!;
      if (((allowed >>> (partition & 31)) & 1) === 0) continue;
      const found = this.#table.of(shape, partition, user, isFree);
      // A pass with too many classes leaves the row for a later one.
      const dead = found < 0 ? REASON_PRIORITY : this.#table.deadReason[found]!;
      if (dead === 0) {
        this.classes[this.count] = found;
        this.partitions[this.count] = partition;
        this.count++;
      } else if (this.deadReason === 0 || this.deadReason === REASON_BAD_CONSTRAINTS) {
        this.deadReason = dead;
      }
    }
  }
}
