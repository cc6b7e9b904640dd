/**
 * Whether a waiting job fits on what is free at this moment, if there were no jobs ahead of it: for `explain`, which must
 * be able to say that nothing but priority holds it, or which of the things that it asks does. Counts node by node,
 * without the kernel. Pure.
 */
import { missingLicence } from "../state/licences.ts";
import { hasQosRule, QOS_RULE } from "../state/qos-rules.ts";
import { lapseInS } from "../state/set-rules.ts";
import type { PassTables } from "../state/tables.ts";
import { tasksHeld } from "./capacity.ts";
import { type Demand, demandOf, filterOf, partitionBitHi, partitionBitLo, shortOf } from "./demand.ts";
import { limitOf } from "./explain-limit.ts";
import { ownedNodes } from "./explain-owned.ts";
import { reservedNodes } from "./explain-reserved.ts";
import { formOf, type NodeRule, optionCount } from "./rules/node-rule.ts";
import { setAskOf } from "./rules/set-ask.ts";
import { chooseSet } from "./rules/set-choice.ts";
import type { Holds } from "./rules/spanning.ts";

/** What a job asks of its nodes together, and may be looked at without. */
export type RuleName = "constraint" | "contiguous" | "switches";

const NO_RULE: NodeRule = { counts: [], isContiguous: false, switches: 0 };

/** `row` is the pending row. */
export function fitsNow(
  tables: PassTables,
  row: number,
  gresParent: readonly number[],
  without?: RuleName,
): boolean {
  const { licences, partitionSets, pending } = tables;
  const shape = pending.columns.shape[row]!;
  if (licences !== undefined && missingLicence(licences, shape) >= 0) return false;
  const demands = demandsNow(tables, row, gresParent, without);
  return partitionSets[pending.columns.partitionSet[row]!]!.some(
    (partition) =>
      demands.some((demand) => fitsIn(tables, row, demand, partition)) &&
      limitOf(tables, row, partition, gresParent) === undefined,
  );
}

/** What of each node is asked by any of its options, and of them together nothing. */
export function looseDemand(tables: PassTables, shape: number, gresParent: readonly number[]): Demand {
  const demand = demandOf(tables, shape, gresParent);
  const options = tables.constraints?.get(shape);
  const features = options === undefined ? demand.features : options.flatMap(({ each }) => each);
  return { ...demand, features, rule: undefined };
}

/** Nodes that the job may have in a partition and that hold a part of it now. */
export interface FreeRoom {
  readonly nodes: Int32Array;
  /** By node row: units that it holds, as in SetAsk. */
  readonly holds: Holds;
}

/** undefined where the partition does not take the job, or a node that it names has no room. */
export function roomIn(
  tables: PassTables,
  row: number,
  demand: Demand,
  partition: number,
): FreeRoom | undefined {
  const limits = tables.partitions[partition]!;
  const { qos, timeLimitS } = tables.pending.columns;
  const isAnyTime = hasQosRule(tables.qosRules, qos[row]!, QOS_RULE.ANY_TIME);
  if (!limits.up || (timeLimitS[row]! > limits.maxTimeS && !isAnyTime)) return undefined;
  if (demand.wantNodes > mostNodesIn(tables, row, demand, partition)) return undefined;
  const lo = partitionBitLo(partition);
  const hi = partitionBitHi(partition);
  const excluded = new Set(demand.excluded);
  const reserved = reservedNodes(tables, row);
  const owned = ownedNodes(tables, row, [partition]);
  const holds = new Int32Array(tables.nodes.count);
  const nodes: number[] = [];
  for (let node = 0; node < tables.nodes.count; node++) {
    if (reserved?.[node] === 1 || owned?.[node] === 1) continue;
    if (filterOf(tables, demand, node, lo, hi, excluded.has(node)) !== "") continue;
    const most = tasksOnFree(tables, demand, node);
    holds[node] = most;
    if (most > 0) nodes.push(node);
  }
  const hasNamed = demand.required.every((node) => (holds[node] ?? 0) > 0);
  return hasNamed ? { nodes: Int32Array.from(nodes), holds } : undefined;
}

/** Nodes that the job may have there at most. */
function mostNodesIn(tables: PassTables, row: number, { maxNodes }: Demand, partition: number): number {
  const isFree = hasQosRule(tables.qosRules, tables.pending.columns.qos[row]!, QOS_RULE.ANY_MAX_NODES);
  return isFree ? maxNodes : Math.min(maxNodes, tables.partitions[partition]!.maxNodes);
}

/** By each option of its constraint, with its limit on switches until that has lapsed. */
function demandsNow(
  tables: PassTables,
  row: number,
  gresParent: readonly number[],
  without: RuleName | undefined,
): readonly Demand[] {
  const shape = tables.pending.columns.shape[row]!;
  const isLapsed = lapseInS(tables, row) === 0;
  const options = without === "constraint" ? 1 : optionCount(tables, shape);
  return Array.from({ length: options }, (_, option) => {
    const { rule = NO_RULE, ...demand } = demandOf(tables, shape, gresParent, formOf(option, isLapsed));
    switch (without) {
      case "constraint":
        return { ...looseDemand(tables, shape, gresParent), rule: { ...rule, counts: [] } };
      case "contiguous":
        return { ...demand, rule: { ...rule, isContiguous: false } };
      case "switches":
        return { ...demand, rule: { ...rule, switches: 0 } };
      default:
        return { ...demand, rule };
    }
  });
}

function fitsIn(tables: PassTables, row: number, demand: Demand, partition: number): boolean {
  const room = roomIn(tables, row, demand, partition);
  if (room === undefined) return false;
  const maxNodes = mostNodesIn(tables, row, demand, partition);
  const ask = setAskOf(tables, { ...demand, maxNodes }, demand.rule ?? NO_RULE);
  return chooseSet(ask, room.nodes, room.holds) !== undefined;
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
