/** The cluster of the pass benchmark as time goes: starts run, the next job ends. Only the benchmark runs this. */
import type { ColumnLayout } from "../../core/state/shared-columns.ts";
import { Table } from "../../core/state/table.ts";
import {
  type PassTables,
  PENDING_LAYOUT,
  RUNNING_JOB_LAYOUT,
  RUNNING_LAYOUT,
} from "../../core/state/tables.ts";

/** The same cluster with the plan's starts running for some time, beside what ran before, and the rest of the queue waiting. */
export function startPlanned(
  tables: PassTables,
  plan: { startCount: number; startRow: Int32Array; startOffset: Int32Array; startNodes: Int32Array },
  ranForS: number,
): PassTables {
  const running = new Table(RUNNING_LAYOUT, tables.running.count + plan.startNodes.length);
  const runningJobs = new Table(RUNNING_JOB_LAYOUT, tables.runningJobs.count + plan.startCount);
  copyRows(RUNNING_LAYOUT, tables.running, running, () => true);
  copyRows(RUNNING_JOB_LAYOUT, tables.runningJobs, runningJobs, () => true);
  const isStarted = new Set(plan.startRow);
  const { columns: shape } = tables.shapes;
  for (let start = 0; start < plan.startCount; start++) {
    const job = plan.startRow[start]!;
    const shapeRow = tables.pending.columns.shape[job]!;
    const jobRow = runningJobs.addRow();
    const jobs = runningJobs.columns;
    jobs.jobId[jobRow] = tables.pending.columns.jobId[job]!;
    jobs.startS[jobRow] = tables.nowS;
    // Started one after the other, so that hardly two end in the same second.
    jobs.endS[jobRow] = tables.nowS + tables.pending.columns.timeLimitS[job]! + start - (start % 2);
    for (let i = plan.startOffset[start]!; i < plan.startOffset[start + 1]!; i++) {
      const row = running.addRow();
      const { columns } = running;
      columns.jobId[row] = jobs.jobId[jobRow]!;
      columns.node[row] = plan.startNodes[i]!;
      columns.endS[row] = jobs.endS[jobRow]!;
      columns.cpus[row] = shape.cpus[shapeRow]!;
      columns.share[row] = jobs.nodes[jobRow]!++;
      jobs.cpus[jobRow]! += columns.cpus[row]!;
      columns.memMib[row] = shape.memMib[shapeRow]!;
      columns.gres[row] = shape.gresCount[shapeRow]!;
      changeFree(tables.nodes, running, row, -1);
    }
  }
  const pending = new Table(PENDING_LAYOUT, tables.pending.count);
  copyRows(PENDING_LAYOUT, tables.pending, pending, (row) => !isStarted.has(row));
  return withRunning({ ...tables, nowS: tables.nowS + ranForS, pending }, running, runningJobs);
}

/** The same cluster a second later, without the job that is the next to end. */
export function endFirst(tables: PassTables): PassTables {
  const gone = tables.runningJobs.columns.jobId[tables.endOrder[0]!]!;
  const running = new Table(RUNNING_LAYOUT, tables.running.count);
  const runningJobs = new Table(RUNNING_JOB_LAYOUT, tables.runningJobs.count);
  copyRows(RUNNING_LAYOUT, tables.running, running, (row) => tables.running.columns.jobId[row] !== gone);
  copyRows(
    RUNNING_JOB_LAYOUT,
    tables.runningJobs,
    runningJobs,
    (row) => tables.runningJobs.columns.jobId[row] !== gone,
  );
  for (let row = 0; row < tables.running.count; row++) {
    if (tables.running.columns.jobId[row] === gone) changeFree(tables.nodes, tables.running, row, 1);
  }
  return withRunning({ ...tables, nowS: tables.nowS + 1 }, running, runningJobs);
}

function changeFree(
  nodes: PassTables["nodes"],
  running: PassTables["running"],
  row: number,
  sign: 1 | -1,
): void {
  const node = running.columns.node[row]!;
  nodes.columns.freeCpus[node]! += sign * running.columns.cpus[row]!;
  nodes.columns.freeMemMib[node]! += sign * running.columns.memMib[row]!;
  nodes.columns.freeGres[node]! += sign * running.columns.gres[row]!;
}

function withRunning(
  tables: PassTables,
  running: PassTables["running"],
  runningJobs: PassTables["runningJobs"],
): PassTables {
  const { endS, jobId } = runningJobs.columns;
  const endOrder = Int32Array.from({ length: runningJobs.count }, (_, row) => row).sort(
    (a, b) => endS[a]! - endS[b]! || jobId[a]! - jobId[b]!,
  );
  return { ...tables, running, runningJobs, endOrder };
}

function copyRows<L extends ColumnLayout>(
  layout: L,
  from: Table<L>,
  to: Table<L>,
  isKept: (row: number) => boolean,
): void {
  const rows = Array.from({ length: from.count }, (_, row) => row).filter(isKept);
  for (let i = 0; i < rows.length; i++) to.addRow();
  for (const [name, { planes }] of Object.entries(layout)) {
    const source = from.columns[name]!;
    const target = to.columns[name]!;
    for (let plane = 0; plane < planes; plane++) {
      for (let i = 0; i < rows.length; i++)
        target[plane * to.capacity + i] = source[plane * from.capacity + rows[i]!]!;
    }
  }
}
