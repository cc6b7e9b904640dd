/**
 * The order in which a pass plans the queue, and the reason for every job that it does not plan: partition tier first,
 * then priority, then job id. Runs at the beginning of each pass, in the pass worker. Pure; asks one policy once.
 */
import type { PolicyFault, PriorityBatch, PriorityPolicy } from "../model/policy.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import { bestOf, priorityBatch } from "./batch.ts";
import { type Eligibility, findEligible } from "./eligibility.ts";
import { descendingKeys, sortByKey } from "./radix.ts";

/** Ranks the queue. `fallback` serves when `policy` gives a wrong answer; where that is wrong too, job ids decide. */
export function prioritise(
  tables: PassTables,
  policy: PriorityPolicy,
  fallback: PriorityPolicy,
): RankedQueue {
  const eligible = findEligible(tables);
  const batch = priorityBatch(tables, eligible);
  const faults: RankedQueue["faults"][number][] = [];
  const scores = new Float64Array(batch.count);
  for (const ranker of policy === fallback ? [policy] : [policy, fallback]) {
    const fault = ranker.rank(batch, scores) ?? notFinite(scores);
    if (fault === undefined) break;
    faults.push({ kind: "priority", module: ranker.name, fault });
    scores.fill(0);
  }
  const priority = byRow(tables, eligible, scores);
  return {
    order: orderOf(tables, eligible, batch, priority),
    priority,
    reason: eligible.reason,
    allowedLo: eligible.allowedLo,
    allowedHi: eligible.allowedHi,
    faults,
  };
}

function notFinite(scores: Float64Array): PolicyFault | undefined {
  for (let i = 0; i < scores.length; i++) {
    if (!Number.isFinite(scores[i]))
      return { code: "POLICY_BAD_SCORE", message: `priority ${scores[i]} of row ${i}` };
  }
  return undefined;
}

/** What an operator has set goes before what the policy says. */
function byRow(tables: PassTables, eligible: Eligibility, scores: Float64Array): Float64Array {
  const { setPriority } = tables.pending.columns;
  const priority = new Float64Array(tables.pending.count);
  eligible.ranked.forEach((row, i) => {
    priority[row] = setPriority[row]! >= 0 ? setPriority[row]! : scores[i]!;
  });
  return priority;
}

function orderOf(
  tables: PassTables,
  eligible: Eligibility,
  batch: PriorityBatch,
  priority: Float64Array,
): Int32Array {
  const { rows } = eligible;
  const count = rows.length;
  const jobs = new Uint32Array(tables.pending.count);
  const tiers = new Uint32Array(tables.pending.count);
  for (let i = 0; i < count; i++) {
    jobs[rows[i]!] = batch.jobId[i]!;
    tiers[rows[i]!] = ~Math.min(Math.max(0, bestOf(tables, eligible, rows[i]!, "priorityTier")), 0xffff_ffff);
  }
  const { low, high } = descendingKeys(priority);
  let order = rows;
  for (const keys of [jobs, low, high, tiers]) order = sortByKey(order, count, keys);
  return order;
}
