/**
 * What jobs ask of where their nodes lie together, beside the features of each: next to each other, or on few leaf
 * switches. For passes and commit, by shape, for the few shapes that ask; and when the second of these lapses. Counts of
 * nodes with features are constraint-tables.ts.
 */
import { compareHostNames } from "../model/hostlist.ts";
import type { Request } from "../model/request.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { PassTables } from "./tables.ts";

export interface SetRule {
  readonly isContiguous: boolean;
  /** Leaf switches at most; 0 for any number. */
  readonly switches: number;
  /** Seconds from when a job may run on, after which it may have any number of switches. */
  readonly waitS: number;
}

export interface SetRuleTables {
  /** By shape. */
  readonly rules: ReadonlyMap<number, SetRule>;
  /** By node row: its place in the order of names. Absent where no rule is about neighbours. */
  readonly places?: Int32Array | undefined;
}

/** Whether it asks what not just any nodes meet: one node is next to itself, and so many nodes hang on no more switches. */
export const isRuled = (request: Request): boolean => {
  const { isContiguous, switches } = ruleOf(request);
  return isContiguous || switches > 0;
};

function ruleOf({ contiguous, switches = NO_SWITCHES, minNodes, maxNodes }: Request): SetRule {
  const most = Math.max(minNodes, maxNodes);
  return {
    isContiguous: contiguous === true && most > 1,
    switches: most > switches.count ? switches.count : 0,
    waitS: switches.waitS,
  };
}

const NO_SWITCHES = { count: 0, waitS: 0 };

/** undefined where no waiting job asks such a thing. */
export function setRuleTables(state: ClusterState): SetRuleTables | undefined {
  const { ruled, shapes } = state;
  if (ruled.size === 0) return undefined;
  const rules = new Map<number, SetRule>();
  let hasNeighbours = false;
  for (const shape of ruled) {
    const request = shapes.requests[shape];
    if (request === undefined || !isRuled(request)) {
      ruled.delete(shape);
      continue;
    }
    const rule = ruleOf(request);
    rules.set(shape, rule);
    hasNeighbours ||= rule.isContiguous;
  }
  if (rules.size === 0) return undefined;
  return hasNeighbours ? { rules, places: placesOf(state) } : { rules };
}

/**
 * Seconds from now after which a waiting row's limit on switches is void: 0 where it is by now, Infinity where the row has
 * no such limit. Of a row that may not run yet it has not begun to count.
 */
export function lapseInS({ setRules, pending, nowS }: PassTables, row: number): number {
  const { shape, eligibleS } = pending.columns;
  const rule = setRules?.rules.get(shape[row]!);
  if (rule === undefined || rule.switches === 0) return Number.POSITIVE_INFINITY;
  const sinceS = eligibleS[row] === 0 ? nowS : eligibleS[row]!;
  return Math.max(0, sinceS + rule.waitS - nowS);
}

/** When the next limit of a waiting row on its switches lapses, epoch seconds after nowS; Infinity for none. */
export function nextLapseS(state: ClusterState, nowS: number): number {
  let nextS = Number.POSITIVE_INFINITY;
  if (state.ruled.size === 0) return nextS;
  const { columns, count } = state.pending;
  for (let row = 0; row < count; row++) {
    const limit = state.shapes.requests[columns.shape[row]!]?.switches;
    if (limit === undefined || columns.eligibleS[row] === 0) continue;
    const atS = columns.eligibleS[row]! + limit.waitS;
    if (atS > nowS && atS < nextS) nextS = atS;
  }
  return nextS;
}

/** Whether these nodes lie as the waiting row asks. */
export function meetsSetRule(tables: PassTables, row: number, nodes: ArrayLike<number>): boolean {
  const { setRules, pending } = tables;
  const rule = setRules?.rules.get(pending.columns.shape[row]!);
  if (rule === undefined) return true;
  if (rule.isContiguous && !areNeighbours(setRules?.places, nodes)) return false;
  if (rule.switches === 0 || lapseInS(tables, row) === 0) return true;
  return leavesOf(tables, nodes) <= rule.switches;
}

/** Leaf switches that the nodes hang on; those that hang on none are together on one. */
export function leavesOf({ nodes: { columns } }: PassTables, nodes: ArrayLike<number>): number {
  const leaves = new Set<number>();
  for (let i = 0; i < nodes.length; i++) leaves.add(columns.topologyLeaf[nodes[i]!]!);
  return leaves.size;
}

function areNeighbours(places: Int32Array | undefined, nodes: ArrayLike<number>): boolean {
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (let i = 0; i < nodes.length; i++) {
    const place = places?.[nodes[i]!] ?? -1;
    if (place < 0) return false;
    first = Math.min(first, place);
    last = Math.max(last, place);
  }
  return last - first + 1 === nodes.length;
}

/** Names of rows never change, so the order is good until there is one more. */
function placesOf(state: ClusterState): Int32Array {
  const { nodeRecords } = state;
  if (state.nodePlaces?.length === nodeRecords.length) return state.nodePlaces;
  const rows = nodeRecords.map(({ index }) => index as number);
  rows.sort((a, b) => compareHostNames(nodeRecords[a]!.spec.name, nodeRecords[b]!.spec.name));
  const places = new Int32Array(nodeRecords.length);
  rows.forEach((row, place) => {
    places[row] = place;
  });
  state.nodePlaces = places;
  return places;
}
