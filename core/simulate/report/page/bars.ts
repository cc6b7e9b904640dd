/**
 * Where on the rows of nodes each job is drawn. A job with whole nodes fills their rows; jobs that share a node get
 * parts of its row as high as their share of the node, one below the other. The simulator says which nodes a job had but
 * not which CPUs or devices, so the order within a row means nothing.
 */
import type { GanttJobs } from "./gantt-jobs.ts";

/** Rectangles: from the job's start to its end, from row `top` to row `bottom`, a node being one row high. */
export interface Bars {
  readonly count: number;
  readonly job: Int32Array;
  readonly top: Float32Array;
  readonly bottom: Float32Array;
  /** One entry a job: its share of a node over what the parts of a row allow to draw of it. */
  readonly weight: Float32Array;
}

export interface RowCluster {
  readonly nodes: number;
  readonly cpus: number;
  readonly gpus: number;
}

/** Parts of a row: as many as a node has CPUs, within these bounds. */
const MAX_PARTS = 1024;
const MIN_PARTS_BOUND = 16;
const MAX_PARTS_OF_ALL_ROWS = 16_384;
/** Rectangles of one run; a job that comes later is drawn on top of others. */
const MAX_BARS = 4_000_000;

export function layBars(jobs: GanttJobs, cluster: RowCluster): Bars {
  const bars = new BarList();
  const cpusPerNode = Math.max(1, cluster.cpus / cluster.nodes);
  const gpusPerNode = cluster.gpus / cluster.nodes;
  const bound = Math.max(
    MIN_PARTS_BOUND,
    Math.min(MAX_PARTS, Math.floor(MAX_PARTS_OF_ALL_ROWS / cluster.nodes)),
  );
  const parts = Math.max(1, Math.min(bound, Math.round(Math.max(cpusPerNode, gpusPerNode))));
  const rows = new Rows(cluster.nodes, parts);
  const weight = new Float32Array(jobs.count);
  for (let i = 0; i < jobs.count && bars.count < MAX_BARS; i++) {
    const nodes = Math.max(1, jobs.nodes[i]!);
    const ofCpus = jobs.cpus[i]! / nodes / cpusPerNode;
    const ofGpus = gpusPerNode > 0 ? jobs.gpus[i]! / nodes / gpusPerNode : 0;
    const share = Math.min(1, Math.max(ofCpus, ofGpus));
    const wanted = Math.max(1, Math.min(parts, Math.round(share * parts)));
    weight[i] = (share * parts) / wanted;
    const startS = jobs.startS[i]!;
    const endS = startS + jobs.runS[i]!;
    for (let at = jobs.offset[i]!; at < jobs.offset[i + 1]!; at++) {
      const first = jobs.first[at]!;
      const last = Math.min(jobs.last[at]!, cluster.nodes - 1);
      if (wanted === parts) {
        rows.takeWhole(first, last, endS);
        bars.add(i, first, last + 1);
      } else {
        for (let row = first; row <= last; row++) rows.take(row, wanted, startS, endS, i, bars);
      }
    }
  }
  return { ...bars.done(), weight };
}

/** Until when each part of each row is taken. */
class Rows {
  readonly #parts: number;
  readonly #freeS: Float64Array;

  constructor(rows: number, parts: number) {
    this.#parts = parts;
    this.#freeS = new Float64Array(rows * parts).fill(Number.NEGATIVE_INFINITY);
  }

  takeWhole(first: number, last: number, endS: number): void {
    this.#freeS.fill(endS, first * this.#parts, (last + 1) * this.#parts);
  }

  /** In one piece where one is free, else in the uppermost parts that are; in the last ones where too few are. */
  take(row: number, wanted: number, startS: number, endS: number, job: number, bars: BarList): void {
    const begin = row * this.#parts;
    const end = begin + this.#parts;
    let from = this.#piece(begin, end, wanted, startS);
    if (from >= 0) {
      this.#freeS.fill(endS, from, from + wanted);
      bars.add(job, row + (from - begin) / this.#parts, row + (from - begin + wanted) / this.#parts);
      return;
    }
    let left = wanted;
    for (let at = begin; at < end && left > 0; at++) {
      if (this.#freeS[at]! > startS) continue;
      from = at;
      while (at < end && left > 0 && this.#freeS[at]! <= startS) {
        this.#freeS[at++] = endS;
        left--;
      }
      bars.add(job, row + (from - begin) / this.#parts, row + (at - begin) / this.#parts);
    }
    if (left === wanted) bars.add(job, row + 1 - wanted / this.#parts, row + 1);
  }

  #piece(begin: number, end: number, wanted: number, startS: number): number {
    let free = 0;
    for (let at = begin; at < end; at++) {
      free = this.#freeS[at]! <= startS ? free + 1 : 0;
      if (free === wanted) return at - wanted + 1;
    }
    return -1;
  }
}

class BarList {
  count = 0;
  #job = new Int32Array(1024);
  #top = new Float32Array(1024);
  #bottom = new Float32Array(1024);

  add(job: number, top: number, bottom: number): void {
    if (this.count === this.#job.length) {
      this.#job = larger(this.#job, new Int32Array(2 * this.count));
      this.#top = larger(this.#top, new Float32Array(2 * this.count));
      this.#bottom = larger(this.#bottom, new Float32Array(2 * this.count));
    }
    this.#job[this.count] = job;
    this.#top[this.count] = top;
    this.#bottom[this.count++] = bottom;
  }

  done(): Omit<Bars, "weight"> {
    const { count } = this;
    return {
      count,
      job: this.#job.subarray(0, count),
      top: this.#top.subarray(0, count),
      bottom: this.#bottom.subarray(0, count),
    };
  }
}

function larger<Column extends Int32Array | Float32Array>(old: Column, column: Column): Column {
  column.set(old);
  return column;
}
