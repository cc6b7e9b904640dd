/**
 * Which waiting jobs keep nothing free for themselves: those of a QOS that says so (NoReserve), or whose priority is below
 * what it asks for that. They start when they fit beside all others, and nobody waits for them. Pure.
 */
import type { RankedQueue } from "../model/ranked.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import type { PassTables } from "../state/tables.ts";

/** Whether the row is one of them. */
export function keepsNoPlace(
  { qosRules, pending }: PassTables,
  { priority }: RankedQueue,
  row: number,
): boolean {
  if (qosRules === undefined) return false;
  const qos = pending.columns.qos[row]!;
  if (qos < 0) return false;
  if (hasQosRule(qosRules, qos, QOS_RULE.NO_RESERVE)) return true;
  return priority[row]! < qosRules.minPriority[qos]!;
}

/** Whether QOS let jobs keep no place, or go by other limits than their partition's, which modes that count do not know. */
export const changesPlaces = ({ qosRules }: PassTables): boolean =>
  qosRules !== undefined &&
  (qosRules.flags.some((flags) => flags !== 0) || qosRules.minPriority.some((least) => least > 0));
