/**
 * How long a job that was planned with its shortest limit (--time-min) may run without being in anybody's way: up to the
 * next start that the plan has behind it, wherever that is, and the next reservation on its nodes. Whoever is planned to
 * start before the shortest limit is over has other CPUs, and keeps them. Of an array only the first of its later starts is
 * known, so its other tasks may be planned anew. Made for one commit, of a plan and the tables of that moment. Pure.
 */
import type { CommittedStart } from "../commit/commit.ts";
import type { LimitKind } from "../model/limit-reasons.ts";
import type { Plan } from "../model/plan.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import { hasNode, isForeign } from "../state/reservations.ts";
import type { PassTables } from "../state/tables.ts";

/** Limits by which a longer job is another job: it was let in with the shortest limit, so it keeps it. */
const TIMED: ReadonlySet<LimitKind> = new Set([
  "grpTresMins",
  "grpTresRunMins",
  "maxTresMinsPerJob",
  "maxWall",
]);

export class LimitRoom {
  readonly #plan: Plan;
  readonly #live: PassTables;
  /** Expected starts, ascending; made when the first job asks. */
  #startsS: Uint32Array | undefined;

  constructor(plan: Plan, live: PassTables) {
    this.#plan = plan;
    this.#live = live;
  }

  /** Epoch seconds by which a job with this limit should end, at least its shortest limit from now. */
  untilS({ row, partition, allocation }: CommittedStart, timeLimitS: number): number {
    const { pending, reservations = [], partitions } = this.#live;
    const { nowS } = this.#plan;
    const leastS = nowS + pending.columns.timeLimitS[row]!;
    if (this.#isTimed(row)) return leastS;
    const { maxTimeS = timeLimitS } = partitions[partition] ?? {};
    let untilS = this.#nextStartS(leastS);
    const isFree = hasQosRule(this.#live.qosRules, pending.columns.qos[row]!, QOS_RULE.ANY_TIME);
    if (maxTimeS < timeLimitS && !isFree) untilS = Math.min(untilS, nowS + maxTimeS);
    const own = reservations.find(({ id }) => id === pending.columns.reservation[row]);
    for (const other of reservations) {
      const isKept = isForeign(own, other) && allocation.nodes.some(({ node }) => hasNode(other, node));
      for (const window of other.windows) {
        if (isKept && window.startS >= leastS) untilS = Math.min(untilS, window.startS);
        const isOwn = other === own && !own.isFlexible && window.startS <= nowS;
        if (isOwn && window.endS >= leastS) untilS = Math.min(untilS, window.endS);
      }
    }
    return Math.max(leastS, untilS);
  }

  /** The first expected start at or after the moment. */
  #nextStartS(fromS: number): number {
    this.#startsS ??= this.#plan.expectedStartS.slice(0, this.#plan.pendingCount).sort();
    const starts = this.#startsS;
    let low = 0;
    for (let high = starts.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (starts[middle]! < fromS) low = middle + 1;
      else high = middle;
    }
    return starts[low] ?? Number.POSITIVE_INFINITY;
  }

  #isTimed(row: number): boolean {
    const { limits, pending } = this.#live;
    const set = limits?.constraintSets[pending.columns.constraints[row]!] ?? [];
    return set.some((index) => TIMED.has(limits!.constraints[index]!.kind));
  }
}
