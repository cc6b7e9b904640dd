import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EndOrder } from "../../core/state/end-order.ts";
import { Table } from "../../core/state/table.ts";
import { RUNNING_JOB_LAYOUT } from "../../core/state/tables.ts";

/** Starts and ends jobs in a table as the reducer does. */
class Jobs {
  readonly table = new Table(RUNNING_JOB_LAYOUT);
  readonly order = new EndOrder(this.table);
  private nextId = 1;

  start(endS: number): void {
    const row = this.table.addRow();
    this.table.columns.jobId[row] = this.nextId++;
    this.table.columns.endS[row] = endS;
    this.order.insert(row);
  }

  end(row: number): void {
    const last = this.table.count - 1;
    this.order.remove(row);
    if (row !== last) this.order.move(last, row);
    this.table.removeRow(row);
  }

  change(row: number, endS: number): void {
    this.order.remove(row);
    this.table.columns.endS[row] = endS;
    this.order.insert(row);
  }

  sorted(): number[] {
    const { endS, jobId } = this.table.columns;
    return Array.from({ length: this.table.count }, (_, row) => row).sort(
      (a, b) => endS[a]! - endS[b]! || jobId[a]! - jobId[b]!,
    );
  }
}

/** What happens to a job: `which` says which row, or how late a new one ends. */
const step = fc.record({ kind: fc.integer({ min: 0, max: 9 }), which: fc.nat(1_000_000) });

describe("the order of running jobs by end", () => {
  it("is that of all of them sorted, whatever starts, ends and changes", () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.integer({ min: 1, max: 50 }), fc.array(step), (first, ends, steps) => {
        const jobs = new Jobs();
        for (let i = 0; i < first; i++) jobs.start((i * 7919) % ends);
        for (const { kind, which } of steps) {
          const { count } = jobs.table;
          if (kind < 4 || count === 0) jobs.start(which % ends);
          else if (kind < 8) jobs.end(which % count);
          else jobs.change(which % count, (which >> 4) % ends);
        }
        expect([...jobs.order.used()]).toEqual(jobs.sorted());
        const built = new EndOrder(jobs.table);
        built.rebuild();
        expect([...built.used()]).toEqual(jobs.sorted());
        while (jobs.table.count > 0) jobs.end(jobs.table.count >> 1);
        expect(jobs.order.used().length).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("goes on from a rebuilt one as from one that has grown", () => {
    const jobs = new Jobs();
    for (let i = 0; i < 1500; i++) jobs.start((i * 31) % 97);
    jobs.order.rebuild();
    for (let i = 0; i < 1500; i++) {
      jobs.start((i * 17) % 89);
      jobs.end((i * 13) % jobs.table.count);
    }
    expect([...jobs.order.used()]).toEqual(jobs.sorted());
  });
});
