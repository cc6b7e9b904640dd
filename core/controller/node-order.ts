/**
 * The order of a job's nodes, and so of its ranks: leaf by leaf as the plan has them, and by name within a leaf, as
 * people expect of n1, n2, n3 whatever order their agents came in. Applied to a plan before it is committed; the nodes
 * of a start are alike in what the job needs of them, so their order is free.
 */
import { compareHostNames } from "../model/hostlist.ts";
import type { Plan } from "../model/plan.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import type { Ledger } from "./ledger.ts";

export class NodeOrder {
  private readonly state: ClusterState;
  /** Rows by name; a node that registers is put in its place, since sorting thousands takes too long for one turn. */
  private readonly byName: number[];
  private readonly isKnown = new Set<number>();
  /** By row: its place in `byName`; made again after a node was added. */
  private places: Int32Array | undefined;

  constructor(ledger: Pick<Ledger, "state" | "onApplied">) {
    this.state = ledger.state;
    for (const { index } of ledger.state.nodeRecords) this.isKnown.add(index);
    this.byName = [...this.isKnown].sort((a, b) => compareHostNames(this.nameOf(a), this.nameOf(b)));
    ledger.onApplied((event) => {
      if (event.type === "node.registered") this.add(this.state.nodeByName.get(event.spec.name));
      // A configuration may list nodes that nobody knew.
      else if (event.type === "cluster.configured")
        for (const { index } of this.state.nodeRecords) this.add(index);
    });
  }

  /** Orders the nodes of every start of the plan, in place. */
  apply(plan: Plan): void {
    for (let start = 0; start < plan.startCount; start++) {
      const from = plan.startOffset[start]!;
      const to = plan.startOffset[start + 1]!;
      if (to - from > 1) this.order(plan.startNodes.subarray(from, to));
    }
  }

  private order(nodes: Int32Array): void {
    this.places ??= this.placesNow();
    const places = this.places;
    const leaves = this.state.nodes.columns.topologyLeaf;
    const firstOfLeaf = new Map<number, number>();
    nodes.forEach((node, i) => {
      const leaf = leaves[node]!;
      if (!firstOfLeaf.has(leaf)) firstOfLeaf.set(leaf, i);
    });
    nodes.sort(
      (a, b) => firstOfLeaf.get(leaves[a]!)! - firstOfLeaf.get(leaves[b]!)! || places[a]! - places[b]!,
    );
  }

  private placesNow(): Int32Array {
    const places = new Int32Array(this.byName.length);
    this.byName.forEach((row, place) => {
      places[row] = place;
    });
    return places;
  }

  private add(row: number | undefined): void {
    if (row === undefined || this.isKnown.has(row)) return;
    this.isKnown.add(row);
    const name = this.nameOf(row);
    let from = 0;
    let to = this.byName.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (compareHostNames(this.nameOf(this.byName[middle]!), name) < 0) from = middle + 1;
      else to = middle;
    }
    this.byName.splice(from, 0, row);
    this.places = undefined;
  }

  private nameOf(row: number): string {
    return this.state.nodeRecords[row]?.spec.name ?? "";
  }
}
