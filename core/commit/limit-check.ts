/**
 * Limits of accounts, users and QOS at the moment of a commit: what running jobs and the starts before this one use. By
 * what the job is really given, which of a job that takes nodes whole may be less than the plan reckoned with. Pure.
 */
import type { DeviceShare, NodeAllocation } from "../model/job.ts";
import { TRES_PLACES } from "../state/associations.ts";
import { LimitUse } from "../state/limit-use.ts";
import type { LimitTables, PassTables } from "../state/tables.ts";
import { CPU_BILLING, givenAmounts } from "../state/tres-amounts.ts";

export class LimitCheck {
  readonly #live: PassTables;
  readonly #limits: LimitTables;
  readonly #dimensionsOf: (node: number, share: DeviceShare) => readonly number[];
  readonly #use: LimitUse;
  readonly #amounts = new Float64Array(TRES_PLACES);
  readonly #ofNode = new Float64Array(TRES_PLACES);

  constructor(
    live: PassTables,
    limits: LimitTables,
    dimensionsOf: (node: number, share: DeviceShare) => readonly number[],
  ) {
    this.#live = live;
    this.#limits = limits;
    this.#dimensionsOf = dimensionsOf;
    this.#use = new LimitUse(live, limits);
  }

  /** What is in use by now, for `restore`. */
  checkpoint(): Float64Array {
    return this.#use.checkpoint();
  }

  restore(use: Float64Array): void {
    this.#use.restore(use);
  }

  /** Counts the start where no limit is in its way; else why it may not be, as one line. */
  take(row: number, partition: number, nodes: readonly NodeAllocation[]): string | undefined {
    const { columns } = this.#live.pending;
    const weights = this.#live.partitions[partition]?.billing ?? CPU_BILLING;
    const amounts = givenAmounts({ nodes }, this.#dimensionsOf, weights, this.#amounts);
    const timeLimitS = columns.timeLimitS[row]!;
    const qos = columns.qos[row]!;
    const hit = this.#use.over(columns.constraints[row]!, amounts, timeLimitS, qos);
    const onNode = hit === undefined ? this.#overOnNode(columns.constraints[row]!, nodes) : undefined;
    if (onNode !== undefined) return `${onNode}, and job ${columns.jobId[row]} would have more of one`;
    if (hit === undefined) {
      this.#use.take(columns.subjects[row]!, amounts, timeLimitS, qos);
      return undefined;
    }
    const { kind, value } = this.#limits.constraints[hit.constraint]!;
    return `${kind} is ${value}, ${hit.used} are in use, and job ${columns.jobId[row]} would add ${hit.added}`;
  }

  #overOnNode(constraintSet: number, nodes: readonly NodeAllocation[]): string | undefined {
    for (const index of this.#limits.constraintSets[constraintSet]!) {
      const { kind, place, value } = this.#limits.constraints[index]!;
      if (kind !== "maxTresPerNode") continue;
      for (const node of nodes) {
        givenAmounts({ nodes: [node] }, this.#dimensionsOf, [], this.#ofNode);
        if (this.#ofNode[place]! > value) return `${kind} is ${value}`;
      }
    }
    return undefined;
  }
}
