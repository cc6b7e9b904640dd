/**
 * Nodes for jobs that counting has let start: free CPUs wherever they are, from a cursor that goes round, so that a
 * start costs about its own nodes and not the cluster's. The cursor begins behind the node of the last row of the
 * running table, so it goes on where the last start ended. What the plan has taken is kept apart from the tables,
 * which are never written.
 */
import type { PassTables } from "../../state/tables.ts";
import type { PlanColumns } from "./plan-columns.ts";

export class CountedNodes {
  #tables: PassTables | undefined;
  #pass = 0;
  #cursor = 0;
  /** By node: the pass in which `taken` was written. */
  #takenIn = new Float64Array(0);
  #taken = new Int32Array(0);

  begin(tables: PassTables): void {
    this.#tables = tables;
    this.#pass++;
    const { count } = tables.nodes;
    if (this.#taken.length < count) {
      this.#takenIn = new Float64Array(count);
      this.#taken = new Int32Array(count);
    }
    const { running } = tables;
    const next = running.count === 0 ? 0 : running.columns.node[running.count - 1]! + 1;
    this.#cursor = next < count ? next : 0;
  }

  /**
   * Takes so many CPUs for so many tasks, each node's all before the next node's, and adds the nodes to the plan's last
   * start, lowest rows first. Of several nodes a task has one CPU. Throws where the nodes have fewer than was counted.
   */
  take(cpus: number, tasks: number, columns: PlanColumns): void {
    const { columns: nodes, count } = this.#tables!.nodes;
    if (count === 1) {
      columns.addNode(0, tasks);
      return;
    }
    const { freeCpus } = nodes;
    let missing = cpus;
    let node = this.#cursor;
    let wrappedAt = -1;
    for (let looked = 0; ; looked++) {
      if (looked > count) throw new Error(`${missing} CPUs that were counted as free are on no node`);
      const free = freeCpus[node]! > 0 ? freeCpus[node]! - this.#takenOf(node) : 0;
      if (free > 0) {
        const share = Math.min(free, missing);
        missing -= share;
        this.#taken[node]! += share;
        columns.addNode(node, share);
        if (missing === 0) break;
      }
      if (++node === count) {
        node = 0;
        wrappedAt = columns.lastStartNodes;
      }
    }
    // The node may have some left, so the next start looks at it again.
    this.#cursor = node;
    if (wrappedAt > 0) columns.rotateStart(wrappedAt);
  }

  /** Where so many CPUs are free in `leftS` seconds, by the known ends: lowest rows first, for show. */
  expectAt(leftS: number, cpus: number): Int32Array {
    const { nodes, running, nowS } = this.#tables!;
    const free = nodes.columns.freeCpus.slice(0, nodes.count);
    for (let node = 0; node < nodes.count; node++) free[node]! -= this.#takenOf(node);
    const { node, endS, cpus: held } = running.columns;
    for (let row = 0; row < running.count; row++) {
      if (endS[row]! <= nowS + leftS) free[node[row]!]! += held[row]!;
    }
    const picked: number[] = [];
    let missing = cpus;
    for (let row = 0; row < nodes.count && missing > 0; row++) {
      if (free[row]! <= 0) continue;
      picked.push(row);
      missing -= free[row]!;
    }
    return Int32Array.from(picked);
  }

  #takenOf(node: number): number {
    if (this.#takenIn[node] !== this.#pass) {
      this.#takenIn[node] = this.#pass;
      this.#taken[node] = 0;
    }
    return this.#taken[node]!;
  }
}
