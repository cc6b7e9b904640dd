/**
 * The jobs of a run as the page draws them on its nodes, as few bytes as can be: columns of differences. Where all would
 * be too many, those with the most node time for their bytes are kept, and how much that is gets told.
 */
import type { Placements, Simulation } from "../simulation.ts";
import { ColumnWriter, wholeBytes } from "./byte-columns.ts";
import { didRun } from "./ran-jobs.ts";
import { classOf, type SizeClasses } from "./size-classes.ts";

/** What the page is given; the columns are described at `writeColumns`. */
export interface GanttData {
  readonly nodes: number;
  readonly cpus: number;
  readonly gpus: number;
  /** Jobs in the columns. */
  readonly jobs: number;
  /** Jobs that ran. */
  readonly ran: number;
  /** Share of all node time that the jobs in the columns have, 0 to 1. */
  readonly share: number;
  /** Base64. */
  readonly columns: string;
}

/** Jobs, and bytes of their columns before base64, of one page. */
export const MAX_GANTT_JOBS = 300_000;
export const MAX_GANTT_BYTES = 7_000_000;
/** More than the numbers of one job but its nodes take, nearly always. */
const JOB_BYTES = 16;

/** The jobs of a run for a page that shows `runs` of them; undefined when no placements were kept. */
export function ganttData(simulation: Simulation, classes: SizeClasses, runs: number): GanttData | undefined {
  const { placements } = simulation;
  if (placements === undefined) return undefined;
  const ran: number[] = [];
  for (let i = 0; i < simulation.workload.jobs.length; i++) {
    if (didRun(simulation, i) && placements.offset[i + 1]! > placements.offset[i]!) ran.push(i);
  }
  const { kept, share } = keptJobs(simulation, placements, ran, runs);
  return {
    nodes: simulation.clusterNodes,
    cpus: simulation.clusterCpus,
    gpus: simulation.clusterGpus,
    jobs: kept.length,
    ran: ran.length,
    share,
    columns: Buffer.from(writeColumns(simulation, placements, classes, kept)).toString("base64"),
  };
}

/** By start, equal ones in the order of the workload. */
function keptJobs(
  { jobs }: Simulation,
  placements: Placements,
  ran: readonly number[],
  runs: number,
): { readonly kept: Int32Array; readonly share: number } {
  // Columns by place in the workload; only those of jobs that ran are filled.
  const area = new Float64Array(jobs.startS.length);
  const cost = new Float64Array(jobs.startS.length);
  const worth = new Float64Array(jobs.startS.length);
  let bytes = 0;
  let whole = 0;
  for (const i of ran) {
    area[i] = jobs.nodes[i]! * (jobs.endS[i]! - jobs.startS[i]!);
    cost[i] = JOB_BYTES + placementBytes(placements, i);
    worth[i] = area[i]! / cost[i]!;
    bytes += cost[i]!;
    whole += area[i]!;
  }
  const byStart = (a: number, b: number) => jobs.startS[a]! - jobs.startS[b]! || a - b;
  const maxJobs = Math.floor(MAX_GANTT_JOBS / runs);
  const maxBytes = Math.floor(MAX_GANTT_BYTES / runs);
  const all = Int32Array.from(ran);
  if (ran.length <= maxJobs && bytes <= maxBytes) return { kept: all.sort(byStart), share: 1 };
  const kept: number[] = [];
  let keptArea = 0;
  let left = maxBytes;
  for (const i of all.sort((a, b) => worth[b]! - worth[a]! || a - b)) {
    if (kept.length === maxJobs) break;
    if (cost[i]! > left) continue;
    left -= cost[i]!;
    kept.push(i);
    keptArea += area[i]!;
  }
  return { kept: Int32Array.from(kept).sort(byStart), share: whole === 0 ? 1 : keptArea / whole };
}

function placementBytes({ offset, first, last }: Placements, i: number): number {
  let bytes = 0;
  let before = 0;
  for (let at = offset[i]!; at < offset[i + 1]!; at++) {
    bytes += wholeBytes(2 * Math.abs(first[at]! - before)) + wholeBytes(last[at]! - first[at]!);
    before = last[at]!;
  }
  return bytes;
}

/**
 * Column after column, one number a job: start less the start before it, wait, run, id less the id before it, user + 1,
 * time limit, CPUs, GPUs, size class, runs of nodes; then for each run its first node less the last of the run before it,
 * and how many nodes more it has. Times are whole seconds.
 */
function writeColumns(
  { jobs, workload }: Simulation,
  { offset, first, last }: Placements,
  classes: SizeClasses,
  kept: Int32Array,
): Uint8Array {
  const writer = new ColumnWriter();
  const whole = (value: (i: number) => number) => {
    for (const i of kept) writer.whole(Math.max(0, Math.round(value(i))));
  };
  const differences = (value: (i: number) => number) => {
    let before = 0;
    for (const i of kept) {
      const next = Math.round(value(i));
      writer.signed(next - before);
      before = next;
    }
  };
  const job = (i: number) => workload.jobs[i]!;
  const sizes = classes.unit === "GPUs" ? jobs.gpus : jobs.cpus;
  differences((i) => jobs.startS[i]!);
  whole((i) => jobs.startS[i]! - job(i).submitS);
  whole((i) => jobs.endS[i]! - jobs.startS[i]!);
  differences((i) => job(i).id);
  whole((i) => job(i).user + 1);
  whole((i) => job(i).timeLimitS);
  whole((i) => jobs.cpus[i]!);
  whole((i) => jobs.gpus[i]!);
  whole((i) => classOf(classes, sizes[i]!));
  whole((i) => offset[i + 1]! - offset[i]!);
  for (const i of kept) {
    let before = 0;
    for (let at = offset[i]!; at < offset[i + 1]!; at++) {
      writer.signed(first[at]! - before);
      writer.whole(last[at]! - first[at]!);
      before = last[at]!;
    }
  }
  return writer.bytes();
}
