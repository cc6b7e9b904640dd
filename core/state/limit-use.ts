/**
 * What is in use of each limited counter at this moment: by running jobs, and by those that have been counted since.
 * Made from the tables when a pass, a commit or an admission asks; counters are summed at their first use. Pure.
 */
import { TRES } from "../model/tres.ts";
import { type Constraint, countsJobs, isOfMoment } from "./limit-sets.ts";
import type { QosRules } from "./qos-rules.ts";
import { type LimitTables, MAX_GRES_DIMENSIONS, type PassTables, type RunningJobTable } from "./tables.ts";

/** What it reads of the tables beside the limits. */
export type LimitUseTables = Pick<PassTables, "runningJobs" | "nowS" | "qosRules">;

/** From here on a limit or an end says "never". */
const NEVER_S = 2_147_483_647;

/** What one job takes of each TRES, all its nodes together; by place. */
export type TresVector = ArrayLike<number>;

/** A limit that holds a job back, with its numbers in the unit of the limit. */
export interface LimitHit {
  readonly constraint: number;
  readonly used: number;
  /** What the job would add. */
  readonly added: number;
}

export class LimitUse {
  readonly #running: RunningJobTable;
  readonly #nowS: number;
  readonly #limits: LimitTables;
  readonly #rules: QosRules | undefined;
  /** By counter; NaN until it is summed. */
  readonly #use: Float64Array;
  /** By subject: rows of running jobs that it counts. */
  #rowsOf: number[][] | undefined;

  constructor({ runningJobs, nowS, qosRules }: LimitUseTables, limits: LimitTables) {
    this.#running = runningJobs;
    this.#rules = qosRules;
    this.#limits = limits;
    this.#nowS = nowS;
    this.#use = new Float64Array(limits.counters.length).fill(Number.NaN);
  }

  /**
   * The first limit of the set that the job would exceed if it started now; undefined when it may. `qos` is the place of
   * its QOS, -1 for none.
   */
  over(constraintSet: number, amounts: TresVector, timeLimitS: number, qos: number): LimitHit | undefined {
    for (const constraint of this.#limits.constraintSets[constraintSet]!) {
      const hit = this.overOne(constraint, amounts, timeLimitS, qos);
      if (hit !== undefined) return hit;
    }
    return undefined;
  }

  /** The same of one limit. */
  overOne(constraint: number, amounts: TresVector, timeLimitS: number, qos: number): LimitHit | undefined {
    const { counter, kind, place, value } = this.#limits.constraints[constraint]!;
    const factor = minutesFactor(this.#rules, kind, qos);
    if (counter < 0)
      return overOfJob(this.#limits.constraints[constraint]!, constraint, amounts, timeLimitS, factor);
    const added = amountFor(kind, amounts[place]!, timeLimitS, factor);
    const used = this.#useOf(counter) + (isOfMoment(kind) ? 0 : this.#limits.usage[counter]!);
    return used + added <= value + slackOf(kind) ? undefined : { constraint, used, added };
  }

  /** Counts a job that is started. */
  take(subjectSet: number, amounts: TresVector, timeLimitS: number, qos: number): void {
    const subjects = this.#limits.subjectSets[subjectSet]!;
    this.#limits.counters.forEach(({ subject, kind, place }, counter) => {
      if (!subjects.includes(subject)) return;
      // Summed first, or the sum would be made of the running jobs alone later on.
      const use = this.#useOf(counter);
      const factor = minutesFactor(this.#rules, kind, qos);
      this.#use[counter] = use + amountFor(kind, amounts[place]!, timeLimitS, factor);
    });
  }

  /** What is in use by now, for `restore`. */
  checkpoint(): Float64Array {
    return this.#use.slice();
  }

  /** Forgets what was taken since. */
  restore(use: Float64Array): void {
    this.#use.set(use);
  }

  /** Rows of running jobs that a subject counts. */
  running(subject: number): readonly number[] {
    if (this.#rowsOf === undefined) {
      const { columns, count } = this.#running;
      this.#rowsOf = [];
      for (let row = 0; row < count; row++) {
        for (const each of this.#limits.subjectSets[columns.subjects[row]!]!) {
          this.#rowsOf[each] ??= [];
          this.#rowsOf[each].push(row);
        }
      }
    }
    return this.#rowsOf[subject] ?? [];
  }

  /** What a running job holds of a TRES. */
  amountOf(row: number, place: number): number {
    return runningAmount(this.#running, row, place);
  }

  /** Seconds that a running job may still use, by its limit; NEVER_S for no limit. */
  leftS(row: number): number {
    const endS = this.#running.columns.endS[row]!;
    const leftS = endS >= NEVER_S ? NEVER_S : Math.max(0, endS - this.#nowS);
    return this.#limits.stillLeftS?.get(row) ?? leftS;
  }

  #useOf(counter: number): number {
    const known = this.#use[counter]!;
    if (!Number.isNaN(known)) return known;
    const { subject, kind, place } = this.#limits.counters[counter]!;
    const { qos } = this.#running.columns;
    let use = 0;
    for (const row of this.running(subject)) {
      const leftS = this.leftS(row);
      use += amountFor(kind, this.amountOf(row, place), leftS, minutesFactor(this.#rules, kind, qos[row]!));
    }
    this.#use[counter] = use;
    return use;
  }
}

/** Limits on one job, where only its nodes say how much it takes; the others are looked at when it is ranked. */
function overOfJob(
  { kind, place, value }: Constraint,
  constraint: number,
  amounts: TresVector,
  timeS: number,
  factor: number,
): LimitHit | undefined {
  if (kind !== "maxTresPerJob" && kind !== "maxTresMinsPerJob") return undefined;
  const amount = amounts[place]!;
  const added = kind === "maxTresPerJob" || amount === 0 ? amount : (amount * timeS * factor) / 60;
  return added <= value ? undefined : { constraint, used: 0, added };
}

/** What a running job of a row holds of a TRES, all its nodes together. */
export function runningAmount(running: RunningJobTable, row: number, place: number): number {
  const { columns, capacity } = running;
  switch (place) {
    case TRES.CPU:
      return columns.cpus[row]!;
    case TRES.MEM:
      return columns.memMib[row]!;
    case TRES.NODE:
      return columns.nodes[row]!;
    case TRES.BILLING:
      return columns.billing[row]!;
    case TRES.WALL:
      return 1;
    default:
      return place - TRES.GRES < MAX_GRES_DIMENSIONS
        ? columns.gres[(place - TRES.GRES) * capacity + row]!
        : 0;
  }
}

/** What a job that holds `amount` for `timeS` counts for a limit of this kind. */
export function amountFor(kind: Constraint["kind"], amount: number, timeS: number, factor: number): number {
  if (countsJobs(kind)) return 1;
  if (isOfMoment(kind)) return amount;
  if (amount === 0 || factor === 0) return 0;
  if (timeS >= NEVER_S) return Number.POSITIVE_INFINITY;
  return kind === "grpWall" ? timeS * factor : (amount * timeS * factor) / 60;
}

/** How often minutes of a job of this QOS count for a limit of this kind. */
export function minutesFactor(rules: QosRules | undefined, kind: Constraint["kind"], qos: number): number {
  if (rules === undefined || qos < 0) return 1;
  return kind === "grpTresRunMins" ? rules.runFactor[qos]! : rules.safeFactor[qos]!;
}

/** Sums of fractions of minutes may be a trace above what they are; whole amounts are exact. */
export const slackOf = (kind: Constraint["kind"]): number => (isOfMoment(kind) ? 0 : 1e-6);
