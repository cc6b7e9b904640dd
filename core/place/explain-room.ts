/**
 * Whether a waiting job fits on what is free at this moment, if there were no jobs ahead of it: for `explain`, which must
 * be able to say that nothing but priority holds it. Counts node by node, without the kernel. Pure.
 */
import { missingLicence } from "../state/licences.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import type { PassTables } from "../state/tables.ts";
import { holdsAll, tasksHeld } from "./capacity.ts";
import { type Demand, filterOf, partitionBitHi, partitionBitLo, shortOf } from "./demand.ts";
import { limitOf } from "./explain-limit.ts";
import { ownedNodes } from "./explain-owned.ts";
import { reservedNodes } from "./explain-reserved.ts";

/** `row` is the pending row that makes the demand. */
export function fitsNow(
  tables: PassTables,
  row: number,
  demand: Demand,
  gresParent: readonly number[],
): boolean {
  const { licences, partitionSets, pending } = tables;
  if (licences !== undefined && missingLicence(licences, demand.shape) >= 0) return false;
  const set = partitionSets[pending.columns.partitionSet[row]!]!;
  return set.some(
    (partition) =>
      fitsIn(tables, row, demand, partition) && limitOf(tables, row, partition, gresParent) === undefined,
  );
}

function fitsIn(tables: PassTables, row: number, demand: Demand, partition: number): boolean {
  const limits = tables.partitions[partition]!;
  const { qos, timeLimitS } = tables.pending.columns;
  const may = (rule: number): boolean => hasQosRule(tables.qosRules, qos[row]!, rule);
  if (!limits.up || (timeLimitS[row]! > limits.maxTimeS && !may(QOS_RULE.ANY_TIME))) return false;
  const partitionNodes = may(QOS_RULE.ANY_MAX_NODES) ? demand.maxNodes : limits.maxNodes;
  const lo = partitionBitLo(partition);
  const hi = partitionBitHi(partition);
  const excluded = new Set(demand.excluded);
  const required = new Set(demand.required);
  const reserved = reservedNodes(tables, row);
  const mostNodes = Math.min(demand.maxNodes, partitionNodes);
  const owned = ownedNodes(tables, row, [partition]);
  const held: number[] = [];
  let named = 0;
  let tasks = 0;
  for (let node = 0; node < tables.nodes.count; node++) {
    if (reserved?.[node] === 1 || owned?.[node] === 1) continue;
    if (filterOf(tables, demand, node, lo, hi, excluded.has(node)) !== "") continue;
    const most = tasksOnFree(tables, demand, node);
    if (most === 0) continue;
    if (!required.has(node)) held.push(most);
    else {
      named++;
      tasks += most;
    }
  }
  if (named < required.size) return false;
  if (!demand.uneven) return named + held.length >= demand.wantNodes && demand.wantNodes <= partitionNodes;
  return holdsAll(demand, named, tasks, held, mostNodes);
}

/** Tasks that fit beside what runs there; of an even job 1 where a node's whole share does. */
function tasksOnFree(tables: PassTables, demand: Demand, node: number): number {
  const { columns, capacity } = tables.nodes;
  const { freeCpus, freeMemMib, freeGres } = columns;
  if (shortOf(tables, demand, node, freeCpus, freeMemMib, freeGres) !== "") return 0;
  if (!demand.uneven) return 1;
  return tasksHeld(tables, demand, node, freeCpus[node]!, freeMemMib[node]!, ({ dimension }) => {
    return freeGres[dimension * capacity + node]!;
  });
}
