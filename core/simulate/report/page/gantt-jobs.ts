/** The jobs of one run, decoded from the page's data. The columns' order is that of gantt-data.ts. */
import { ColumnReader } from "../byte-columns.ts";

/** One entry a job, by start; times in seconds of the workload's clock. */
export interface GanttJobs {
  readonly count: number;
  readonly startS: Float64Array;
  readonly waitS: Float64Array;
  readonly runS: Float64Array;
  readonly id: Float64Array;
  /** -1 when unknown. */
  readonly user: Float64Array;
  readonly timeLimitS: Float64Array;
  readonly cpus: Float64Array;
  readonly gpus: Float64Array;
  readonly sizeClass: Float64Array;
  /** Runs of nodes of job i are entries offset[i] .. offset[i + 1] of `first` and `last` (inclusive). */
  readonly offset: Int32Array;
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** Nodes of the job. */
  readonly nodes: Int32Array;
}

export function decodeJobs(count: number, bytes: Uint8Array): GanttJobs {
  const reader = new ColumnReader(bytes);
  const whole = (less = 0) => Float64Array.from({ length: count }, () => reader.whole() - less);
  const differences = () => {
    let value = 0;
    return Float64Array.from({ length: count }, () => {
      value += reader.signed();
      return value;
    });
  };
  const startS = differences();
  const waitS = whole();
  const runS = whole();
  const id = differences();
  const user = whole(1);
  const timeLimitS = whole();
  const cpus = whole();
  const gpus = whole();
  const sizeClass = whole();
  const offset = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) offset[i + 1] = offset[i]! + reader.whole();
  const first = new Int32Array(offset[count]!);
  const last = new Int32Array(offset[count]!);
  const nodes = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let before = 0;
    for (let at = offset[i]!; at < offset[i + 1]!; at++) {
      first[at] = before + reader.signed();
      last[at] = first[at]! + reader.whole();
      before = last[at]!;
      nodes[i]! += last[at]! - first[at]! + 1;
    }
  }
  return {
    count,
    startS,
    waitS,
    runS,
    id,
    user,
    timeLimitS,
    cpus,
    gpus,
    sizeClass,
    offset,
    first,
    last,
    nodes,
  };
}
