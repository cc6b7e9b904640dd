/**
 * The columns of a plan on memory that is used again: a pass of a few microseconds must not allocate a dozen arrays.
 * What `finish` gives is valid until the next `begin`; whoever keeps a plan for longer copies it, as posting to another
 * thread does. Views of equal length are kept, since making one costs as much as filling it.
 */
import type { Plan } from "../../model/plan.ts";
import type { RankedQueue } from "../../model/ranked.ts";

type RowColumns = Pick<Plan, "reason" | "priority" | "rank" | "expectedStartS" | "freeNodes" | "behindJob">;
type StartColumns = Pick<Plan, "startRow" | "startJob" | "startPartition" | "startOffset">;
type NodeColumns = Pick<Plan, "startNodes" | "startTasks">;

/** Lengths of which views are kept. */
const MAX_KEPT_VIEWS = 1_024;
/** Below this, a loop is faster than the engine's own copy and fill. */
const LOOP_BELOW = 48;

export class PlanColumns {
  reason = new Uint8Array(64);
  priority = new Float64Array(64);
  rank = new Int32Array(64);
  expectedStartS = new Uint32Array(64);
  freeNodes = new Int32Array(64);
  behindJob = new Int32Array(64);

  startCount = 0;
  #startRow = new Int32Array(64);
  #startJob = new Int32Array(64);
  #startPartition = new Int32Array(64);
  #startOffset = new Int32Array(65);
  #nodeCount = 0;
  #startNodes = new Int32Array(256);
  #startTasks = new Int32Array(256);

  #rows: (RowColumns | undefined)[] = [];
  #starts: (StartColumns | undefined)[] = [];
  #nodes: (NodeColumns | undefined)[] = [];

  /** Jobs that were looked at. */
  decisions = 0;
  watched: Plan["watched"];

  #nowS = 0;
  #count = 0;

  /** Begins a plan: no starts, the reasons and priorities that ranking gave. */
  begin(nowS: number, count: number, ranked: RankedQueue): void {
    this.#nowS = nowS;
    this.#count = count;
    this.startCount = 0;
    this.#nodeCount = 0;
    this.decisions = 0;
    this.watched = undefined;
    if (count > this.reason.length) this.#growRows(count);
    if (count < LOOP_BELOW) this.#fillShort(count, ranked);
    else this.#fillLong(count, ranked);
  }

  /** Adds a start without nodes, to which `addNode` adds. */
  addStart(row: number, job: number, partition: number): void {
    const start = this.startCount++;
    if (start === this.#startRow.length) this.#growStarts();
    this.#startRow[start] = row;
    this.#startJob[start] = job;
    this.#startPartition[start] = partition;
    this.#startOffset[start + 1] = this.#nodeCount;
  }

  /** Adds a node to the last start. */
  addNode(node: number, tasks: number): void {
    const at = this.#nodeCount++;
    if (at === this.#startNodes.length) this.#growNodes();
    this.#startNodes[at] = node;
    this.#startTasks[at] = tasks;
    this.#startOffset[this.startCount] = at + 1;
  }

  /** Puts the last start's nodes from place `from` on before those that were added first. */
  rotateStart(from: number): void {
    const begin = this.#startOffset[this.startCount - 1]!;
    for (const column of [this.#startNodes, this.#startTasks]) {
      const first = column.slice(begin, begin + from);
      column.copyWithin(begin, begin + from, this.#nodeCount);
      column.set(first, this.#nodeCount - from);
    }
  }

  /** Nodes of the last start so far. */
  get lastStartNodes(): number {
    return this.#nodeCount - this.#startOffset[this.startCount - 1]!;
  }

  finish(faults: Plan["faults"]): Plan {
    // Of an array of which a task starts now, it is the next one that is expected, or none.
    for (let start = 0; start < this.startCount; start++) {
      const row = this.#startRow[start]!;
      if (this.reason[row] !== 0 && this.expectedStartS[row]! <= this.#nowS) this.expectedStartS[row] = 0;
    }
    const rows = this.#rowsOf(this.#count);
    const starts = this.#startsOf(this.startCount);
    const nodes = this.#nodesOf(this.#nodeCount);
    const plan: Plan = {
      nowS: this.#nowS,
      pendingCount: this.#count,
      startCount: this.startCount,
      startRow: starts.startRow,
      startJob: starts.startJob,
      startPartition: starts.startPartition,
      startOffset: starts.startOffset,
      startNodes: nodes.startNodes,
      startTasks: nodes.startTasks,
      reason: rows.reason,
      priority: rows.priority,
      rank: rows.rank,
      expectedStartS: rows.expectedStartS,
      freeNodes: rows.freeNodes,
      behindJob: rows.behindJob,
      faults,
      decisions: this.decisions,
    };
    return this.watched === undefined ? plan : { ...plan, watched: this.watched };
  }

  #fillShort(count: number, ranked: RankedQueue): void {
    const { reason, priority, rank, expectedStartS, freeNodes, behindJob } = this;
    for (let row = 0; row < count; row++) {
      reason[row] = ranked.reason[row]!;
      priority[row] = ranked.priority[row]!;
      rank[row] = -1;
      expectedStartS[row] = 0;
      freeNodes[row] = -1;
      behindJob[row] = 0;
    }
  }

  #fillLong(count: number, ranked: RankedQueue): void {
    this.reason.set(ranked.reason.subarray(0, count));
    this.priority.set(ranked.priority.subarray(0, count));
    this.rank.fill(-1, 0, count);
    this.expectedStartS.fill(0, 0, count);
    this.freeNodes.fill(-1, 0, count);
    this.behindJob.fill(0, 0, count);
  }

  #rowsOf(count: number): RowColumns {
    const kept = this.#rows[count];
    if (kept !== undefined) return kept;
    const made = {
      reason: this.reason.subarray(0, count),
      priority: this.priority.subarray(0, count),
      rank: this.rank.subarray(0, count),
      expectedStartS: this.expectedStartS.subarray(0, count),
      freeNodes: this.freeNodes.subarray(0, count),
      behindJob: this.behindJob.subarray(0, count),
    };
    if (count < MAX_KEPT_VIEWS) this.#rows[count] = made;
    return made;
  }

  #startsOf(count: number): StartColumns {
    const kept = this.#starts[count];
    if (kept !== undefined) return kept;
    const made = {
      startRow: this.#startRow.subarray(0, count),
      startJob: this.#startJob.subarray(0, count),
      startPartition: this.#startPartition.subarray(0, count),
      startOffset: this.#startOffset.subarray(0, count + 1),
    };
    if (count < MAX_KEPT_VIEWS) this.#starts[count] = made;
    return made;
  }

  #nodesOf(count: number): NodeColumns {
    const kept = this.#nodes[count];
    if (kept !== undefined) return kept;
    const made = {
      startNodes: this.#startNodes.subarray(0, count),
      startTasks: this.#startTasks.subarray(0, count),
    };
    if (count < MAX_KEPT_VIEWS) this.#nodes[count] = made;
    return made;
  }

  #growRows(count: number): void {
    const size = 2 ** Math.ceil(Math.log2(count));
    this.reason = new Uint8Array(size);
    this.priority = new Float64Array(size);
    this.rank = new Int32Array(size);
    this.expectedStartS = new Uint32Array(size);
    this.freeNodes = new Int32Array(size);
    this.behindJob = new Int32Array(size);
    this.#rows = [];
  }

  #growStarts(): void {
    const size = this.#startRow.length * 2;
    this.#startRow = grown(this.#startRow, size);
    this.#startJob = grown(this.#startJob, size);
    this.#startPartition = grown(this.#startPartition, size);
    this.#startOffset = grown(this.#startOffset, size + 1);
    this.#starts = [];
  }

  #growNodes(): void {
    const size = this.#startNodes.length * 2;
    this.#startNodes = grown(this.#startNodes, size);
    this.#startTasks = grown(this.#startTasks, size);
    this.#nodes = [];
  }
}

function grown(column: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(column);
  return larger;
}
