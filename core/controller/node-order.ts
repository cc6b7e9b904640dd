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
  /** By row: its place among all names; made again after a node was added. */
  private places: Int32Array | undefined;

  constructor(ledger: Ledger) {
    this.state = ledger.state;
    ledger.onApplied((event) => {
      if (event.type === "node.registered" || event.type === "cluster.configured") this.places = undefined;
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
    const rows = this.state.nodeRecords
      .map(({ index, spec }) => ({ index, name: spec.name }))
      .sort((a, b) => compareHostNames(a.name, b.name));
    const places = new Int32Array(rows.length);
    rows.forEach(({ index }, place) => {
      places[index] = place;
    });
    return places;
  }
}
