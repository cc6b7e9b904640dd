/**
 * A job as the choice of its nodes sees it: how much its nodes must hold together, and where they may lie. One scale for
 * all jobs: a unit is a task, or one node of a job whose nodes are alike. Pure.
 */
import { isMet } from "../../model/constraint-nodes.ts";
import type { PassTables } from "../../state/tables.ts";
import type { Demand } from "../demand.ts";
import type { NodeRule } from "./node-rule.ts";
import { TermBook } from "./term-book.ts";

export interface SetAsk {
  readonly rule: NodeRule;
  /** Nodes may hold unlike numbers of units. */
  readonly uneven: boolean;
  readonly units: number;
  /** Nodes at least and at most. */
  readonly least: number;
  readonly most: number;
  /** Rows that must be among them, ascending. */
  readonly required: Int32Array;
  /** By node row: which counted terms it has, as bits. */
  readonly terms: Uint8Array;
  readonly book: TermBook;
  /** By node row. */
  readonly leaves: Int32Array;
  readonly places: Int32Array | undefined;
}

export function setAskOf(tables: PassTables, demand: Demand, rule: NodeRule): SetAsk {
  const { uneven, wantNodes, tasks, maxNodes, required } = demand;
  return {
    rule,
    uneven,
    units: uneven ? tasks : wantNodes,
    least: wantNodes,
    most: uneven ? Math.min(tasks, maxNodes) : wantNodes,
    required,
    terms: termsOf(tables, rule),
    book: new TermBook(rule.counts.map(({ count }) => count)),
    leaves: tables.nodes.columns.topologyLeaf,
    places: tables.setRules?.places,
  };
}

/** Whether an ascending list has the row. */
export function isIn(list: Int32Array, row: number): boolean {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < row) low = middle + 1;
    else high = middle;
  }
  return low < list.length && list[low] === row;
}

function termsOf({ nodes: { columns, count } }: PassTables, { counts }: NodeRule): Uint8Array {
  const terms = new Uint8Array(count);
  if (counts.length === 0) return terms;
  for (let node = 0; node < count; node++) {
    for (let term = 0; term < counts.length; term++) {
      if (isMet(counts[term]!.sets, columns.featureLo[node]!, columns.featureHi[node]!))
        terms[node]! |= 1 << term;
    }
  }
  return terms;
}
