/** The columns of a plan while it is made: starts grow, the entries of waiting rows are set. One a pass. */
import type { Plan, PlanPreemption, PlanResume } from "../model/plan.ts";
import type { RankedQueue } from "../model/ranked.ts";

export class PlanBuilder {
  readonly #nowS: number;
  #startCount = 0;
  #startRow = new Int32Array(256);
  #startJob = new Int32Array(256);
  #startPartition = new Int32Array(256);
  #startOffset = new Int32Array(257);
  #startNodes = new Int32Array(1024);
  #startTasks = new Int32Array(1024);

  readonly reason: Uint8Array;
  readonly priority: Float64Array;
  readonly rank: Int32Array;
  readonly expectedStartS: Uint32Array;
  readonly freeNodes: Int32Array;
  readonly behindJob: Int32Array;
  decisions = 0;
  /** Reservation of the row that is watched. */
  watched: Plan["watched"];
  readonly preemptions: PlanPreemption[] = [];
  readonly resumes: PlanResume[] = [];
  /** Starts made before each of the later phases: promises are laid, then rows with a place look for a start, then the others. */
  readonly phases: number[] = [];
  /** Rows that wait behind the first of all that waits, whoever that is, and the number of the phase. */
  readonly behindFirst: { readonly row: number; readonly phase: number }[] = [];
  /** The first of all that waits; undefined where none does. */
  firstWaiting: { readonly row: number; readonly phase: number } | undefined;
  readonly #tied: { readonly from: number; readonly count: number; readonly leader: number }[] = [];

  constructor(nowS: number, pendingCount: number, ranked: RankedQueue) {
    this.#nowS = nowS;
    this.reason = ranked.reason.slice(0, pendingCount);
    this.priority = ranked.priority.slice(0, pendingCount);
    this.rank = new Int32Array(pendingCount).fill(-1);
    ranked.order.forEach((row, place) => {
      this.rank[row] = place;
    });
    this.expectedStartS = new Uint32Array(pendingCount);
    this.freeNodes = new Int32Array(pendingCount).fill(-1);
    this.behindJob = new Int32Array(pendingCount);
  }

  get startCount(): number {
    return this.#startCount;
  }
  startRow(start: number): number {
    return this.#startRow[start]!;
  }
  startJob(start: number): number {
    return this.#startJob[start]!;
  }
  /** Nodes of a start that was added. */
  startNodes(start: number): Int32Array {
    return this.#startNodes.subarray(this.#startOffset[start]!, this.#startOffset[start + 1]!);
  }

  /**
   * Adds a start on the first `want` picks. `tasksOf` are the tasks of each; without them the first nodes hold one task
   * more where the tasks do not divide evenly.
   */
  addStart(
    row: number,
    job: number,
    partition: number,
    picks: Int32Array,
    want: number,
    tasks: number,
    tasksOf?: Int32Array,
  ): void {
    const start = this.#startCount;
    const at = this.#startOffset[start]!;
    if (start + 1 === this.#startRow.length) this.#growStarts();
    if (at + want > this.#startNodes.length) this.#growNodes(at + want);
    this.#startRow[start] = row;
    this.#startJob[start] = job;
    this.#startPartition[start] = partition;
    const floor = Math.floor(tasks / want);
    const extra = tasks % want;
    for (let i = 0; i < want; i++) {
      this.#startNodes[at + i] = picks[i]!;
      this.#startTasks[at + i] = tasksOf?.[i] ?? (i < extra ? floor + 1 : floor);
    }
    this.#startOffset[start + 1] = at + want;
    this.#startCount = start + 1;
  }

  /** A phase of the plan has ended. */
  endPhase(): void {
    this.phases.push(this.#startCount);
  }

  /** The last `count` starts are components of one job: all are committed, or none. */
  tieStarts(count: number, leader: number): void {
    this.#tied.push({ from: this.#startCount - count, count, leader });
  }

  /**
   * The row is expected to start so many seconds from now. Of an array it is the first task that waits, not the first that
   * starts; where that one keeps a promise, another may have found room before it.
   */
  expect(row: number, leftS: number): void {
    const atS = this.#nowS + leftS;
    const isFirst = this.expectedStartS[row]! <= this.#nowS || atS < this.expectedStartS[row]!;
    if (isFirst) this.expectedStartS[row] = atS;
  }

  finish(faults: Plan["faults"]): Plan {
    const count = this.#startCount;
    const entries = this.#startOffset[count]!;
    // Of an array of which a task starts now, it is the next one that is expected, or none.
    for (let start = 0; start < count; start++) {
      const row = this.#startRow[start]!;
      if (this.reason[row] !== 0 && this.expectedStartS[row]! <= this.#nowS) this.expectedStartS[row] = 0;
    }
    return {
      nowS: this.#nowS,
      pendingCount: this.rank.length,
      startCount: count,
      startRow: this.#startRow.slice(0, count),
      startJob: this.#startJob.slice(0, count),
      startPartition: this.#startPartition.slice(0, count),
      startOffset: this.#startOffset.slice(0, count + 1),
      startNodes: this.#startNodes.slice(0, entries),
      startTasks: this.#startTasks.slice(0, entries),
      ...(this.#tied.length === 0 ? {} : { startHet: this.#startHet() }),
      reason: this.reason,
      priority: this.priority,
      rank: this.rank,
      expectedStartS: this.expectedStartS,
      freeNodes: this.freeNodes,
      behindJob: this.behindJob,
      ...(this.watched === undefined ? {} : { watched: this.watched }),
      ...(this.preemptions.length === 0 ? {} : { preemptions: this.preemptions }),
      ...(this.resumes.length === 0 ? {} : { resumes: this.resumes }),
      faults,
      decisions: this.decisions,
    };
  }

  #startHet(): Int32Array {
    const leaders = new Int32Array(this.#startCount);
    for (const { from, count, leader } of this.#tied) leaders.fill(leader, from, from + count);
    return leaders;
  }

  #growStarts(): void {
    const size = this.#startRow.length * 2;
    this.#startRow = grown(this.#startRow, size);
    this.#startJob = grown(this.#startJob, size);
    this.#startPartition = grown(this.#startPartition, size);
    this.#startOffset = grown(this.#startOffset, size + 1);
  }

  #growNodes(needed: number): void {
    const size = Math.max(needed, this.#startNodes.length * 2);
    this.#startNodes = grown(this.#startNodes, size);
    this.#startTasks = grown(this.#startTasks, size);
  }
}

function grown(column: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(column);
  return larger;
}
