/**
 * The order in which a pass plans the queue, and the reason for every job that it does not plan: partition tier first,
 * then priority, then job id. From nothing, for who ranks a queue once. Pure; asks one policy once.
 */
import type { PriorityPolicy } from "../model/policy.ts";
import type { RankedQueue } from "../model/ranked.ts";
import type { PassTables } from "../state/tables.ts";
import { Prioritiser } from "./prioritiser.ts";

/** Ranks the queue. `fallback` serves when `policy` gives a wrong answer; where that is wrong too, job ids decide. */
export function prioritise(
  tables: PassTables,
  policy: PriorityPolicy,
  fallback: PriorityPolicy,
  gresParent?: readonly number[],
): RankedQueue {
  return new Prioritiser(policy, fallback).rank(tables, gresParent);
}
