/**
 * The last plan, kept for those who ask why: squeue's reasons, expected starts, `rota explain`. Derived, never in the
 * journal: the next pass makes it again. Rows of the plan are of the snapshot it was made from, so that is kept too.
 */
import type { Plan } from "../model/plan.ts";
import { openPassSnapshot, type PassSnapshot, type PassTables } from "../state/tables.ts";

export interface BoardEntry {
  readonly plan: Plan;
  readonly row: number;
}

export class PlanBoard {
  private plan: Plan | undefined;
  private snapshot: PassSnapshot | undefined;
  private rows: Map<number, number> | undefined;

  /** Takes over a plan and the snapshot that it was made from, whose buffers stay untouched until the next `put`. */
  put(plan: Plan, snapshot: PassSnapshot): void {
    this.plan = plan;
    this.snapshot = snapshot;
    this.rows = undefined;
  }

  /** The plan's row for a waiting record; undefined when the last pass did not know it. */
  find(jobId: number): BoardEntry | undefined {
    if (this.plan === undefined || this.snapshot === undefined) return undefined;
    // Made only when somebody asks: most passes are never asked about.
    this.rows ??= rowsByJob(openPassSnapshot(this.snapshot));
    const row = this.rows.get(jobId);
    return row === undefined ? undefined : { plan: this.plan, row };
  }

  /** When a suspended job goes on in the last plan, epoch seconds; 0 where it has no place there. */
  resumeS(jobId: number): number {
    return this.plan?.resumes?.find((resume) => resume.jobId === jobId)?.atS ?? 0;
  }

  /** Epoch seconds of the last plan; 0 before the first. */
  get plannedAtS(): number {
    return this.plan?.nowS ?? 0;
  }

  /** Tables as the plan saw them; undefined before the first pass. */
  tables(): PassTables | undefined {
    return this.snapshot === undefined ? undefined : openPassSnapshot(this.snapshot);
  }
}

function rowsByJob(tables: PassTables): Map<number, number> {
  const rows = new Map<number, number>();
  const ids = tables.pending.columns.jobId;
  for (let row = 0; row < tables.pending.count; row++) rows.set(ids[row]!, row);
  return rows;
}
