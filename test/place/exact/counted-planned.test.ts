/** The mode `planned` where a sum of CPUs decides, against plain counting second by second. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Planner } from "../../../core/place/planner.ts";
import { kernel } from "../planning.ts";
import { type Pass, runHistory } from "./history.ts";
import { CPUS, logs, planWith } from "./logs.ts";
import { Machine } from "./machine.ts";

/** Longer than all jobs of a log together. */
const HORIZON_S = 40 * 31;

/** CPUs that are free, second by second from now; what is taken is taken from there. */
class Seconds {
  readonly #free = new Array<number>(2 * HORIZON_S).fill(CPUS);

  take(fromS: number, cpus: number, forS: number): void {
    for (let s = fromS; s < fromS + forS; s++) this.#free[s]! -= cpus;
  }

  earliest(fromS: number, cpus: number, forS: number): number {
    for (let s = fromS; ; s++) if (this.#free.slice(s, s + forS).every((free) => free >= cpus)) return s;
  }
}

/** When each job of the queue has its place, seconds from now: by the rules as they are written down, in their order. */
function byCounting({ tables }: Pass, promisedS: ReadonlyMap<number, number>): Map<number, number> {
  const { nowS, pending, running, shapes } = tables;
  const seconds = new Seconds();
  for (let row = 0; row < running.count; row++) {
    const leftS = Math.max(1, running.columns.endS[row]! - nowS);
    seconds.take(0, running.columns.cpus[row]!, leftS);
  }
  const queue = Array.from({ length: pending.count }, (_, row) => ({
    job: pending.columns.jobId[row]!,
    cpus: shapes.columns.tasks[pending.columns.shape[row]!]!,
    limitS: pending.columns.timeLimitS[row]!,
  })).sort((a, b) => a.job - b.job);
  const places = new Map<number, number>();
  const put = (job: { job: number; cpus: number; limitS: number }, fromS: number): void => {
    const atS = seconds.earliest(fromS, job.cpus, job.limitS);
    seconds.take(atS, job.cpus, job.limitS);
    places.set(job.job, atS);
  };
  const known = queue.findLastIndex(({ job }) => promisedS.has(job)) + 1;
  for (const job of queue.slice(0, known)) put(job, Math.max(0, (promisedS.get(job.job) ?? nowS) - nowS));
  for (const job of queue.slice(0, known)) {
    const atS = places.get(job.job)!;
    seconds.take(atS, -job.cpus, job.limitS);
    const isNow = seconds.earliest(0, job.cpus, job.limitS) === 0;
    places.set(job.job, isNow ? 0 : atS);
    seconds.take(isNow ? 0 : atS, job.cpus, job.limitS);
  }
  for (const job of queue.slice(known)) put(job, 0);
  return places;
}

describe("planned, on a machine on which CPUs alone decide", () => {
  it("gives every job the place that plain counting gives it, pass after pass", () => {
    const planner = new Planner(kernel);
    fc.assert(
      fc.property(logs, (log) => {
        let promisedS = new Map<number, number>();
        let isFirst = true;
        runHistory(new Machine(4, 2), log, planWith(planner, { mode: "planned" }), (pass) => {
          const { plan, tables, started } = pass;
          // Before anything was promised all is planned in slots.
          if (!isFirst) {
            const places = byCounting(pass, promisedS);
            expect(started).toEqual([...places.keys()].filter((job) => places.get(job) === 0));
            for (let row = 0; row < plan.pendingCount; row++) {
              const job = tables.pending.columns.jobId[row]!;
              if (!started.includes(job)) expect(plan.expectedStartS[row]! - plan.nowS).toBe(places.get(job));
            }
          }
          isFirst = false;
          const { jobId } = tables.pending.columns;
          const waiting = [...jobId.subarray(0, plan.pendingCount).entries()].filter(
            ([, job]) => !started.includes(job),
          );
          promisedS = new Map(waiting.map(([row, job]) => [job, plan.expectedStartS[row]!]));
        });
      }),
      { numRuns: 60 },
    );
  });

  it("never starts a job later than it was promised", () => {
    const planner = new Planner(kernel);
    fc.assert(
      fc.property(logs, (log) => {
        const promisedS = log.map(() => Number.POSITIVE_INFINITY);
        const look = ({ tables, plan }: Pass): void => {
          for (let row = 0; row < plan.pendingCount; row++) {
            const job = tables.pending.columns.jobId[row]! - 1;
            expect(plan.expectedStartS[row]).toBeLessThanOrEqual(promisedS[job]!);
            promisedS[job] = plan.expectedStartS[row]!;
          }
        };
        const starts = runHistory(new Machine(4, 2), log, planWith(planner, { mode: "planned" }), look);
        starts.forEach((startS, job) => {
          expect(startS).toBeLessThanOrEqual(promisedS[job]!);
        });
      }),
      { numRuns: 100 },
    );
  });
});
