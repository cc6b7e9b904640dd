/**
 * Which waiting jobs share a limit: who is counted by a counter that holds another back cannot be planned apart from him.
 * One a pass, and only where jobs have limits. Pure.
 */
import type { LimitTables, PassTables } from "../state/tables.ts";

/** Interned sets are told apart up to here. */
const MAX_SETS = 2 ** 20;
const MAX_PARTITIONS = 64;

export class LimitLinks {
  readonly #tables: PassTables;
  readonly #limits: LimitTables;
  readonly #countersOf = new Map<number, number[]>();
  readonly #seen = new Set<number>();

  private constructor(tables: PassTables, limits: LimitTables) {
    this.#tables = tables;
    this.#limits = limits;
    limits.counters.forEach(({ subject }, counter) => {
      const known = this.#countersOf.get(subject);
      if (known === undefined) this.#countersOf.set(subject, [counter]);
      else known.push(counter);
    });
  }

  /** undefined where no job has limits. */
  static of(tables: PassTables): LimitLinks | undefined {
    return tables.limits === undefined ? undefined : new LimitLinks(tables, tables.limits);
  }

  get counters(): number {
    return this.#limits.counters.length;
  }

  /** Calls back with each counter that counts the row or holds it back; not again for rows of this partition like it. */
  each(row: number, partition: number, link: (counter: number) => void): void {
    const { subjects, constraints } = this.#tables.pending.columns;
    const key = (subjects[row]! * MAX_SETS + constraints[row]!) * MAX_PARTITIONS + partition;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    for (const index of this.#limits.constraintSets[constraints[row]!] ?? []) {
      const { counter } = this.#limits.constraints[index]!;
      if (counter >= 0) link(counter);
    }
    for (const subject of this.#limits.subjectSets[subjects[row]!] ?? [])
      for (const counter of this.#countersOf.get(subject) ?? []) link(counter);
  }
}
