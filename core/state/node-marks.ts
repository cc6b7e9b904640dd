/**
 * A set of node rows that is emptied in no time: a number for each row, and the set is of those that have the newest. For
 * telling whether nodes are named twice, without a Set for each of many gangs.
 */
export class NodeMarks {
  private marks = new Float64Array(64);
  private round = 0;

  /** Begins an empty set of rows below `nodes`. */
  begin(nodes: number): void {
    if (nodes > this.marks.length) this.marks = new Float64Array(2 ** Math.ceil(Math.log2(nodes)));
    this.round++;
  }

  /** Adds a row; false when it was there already. */
  add(node: number): boolean {
    if (this.marks[node] === this.round) return false;
    this.marks[node] = this.round;
    return true;
  }

  has(node: number): boolean {
    return this.marks[node] === this.round;
  }
}
