import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LimitKind } from "../../core/model/limit-reasons.ts";
import { TRES } from "../../core/model/tres.ts";
import { LimitTimeline } from "../../core/place/limit-timeline.ts";
import { NEVER_S } from "../../core/place/slots.ts";
import { TRES_PLACES } from "../../core/state/associations.ts";
import { qosRules } from "../../core/state/qos-rules.ts";
import { Table } from "../../core/state/table.ts";
import { type LimitTables, type PassTables, RUNNING_JOB_LAYOUT } from "../../core/state/tables.ts";

const NOW_S = 1_000_000;
const BORDERS = Int32Array.of(0, 60, 120, 180, 300, 600, 1200);

interface Running {
  readonly leftS: number;
  readonly cpus: number;
  readonly gpus: number;
  /** Its subject set. */
  readonly subjects: number;
}

/** Tables of which the timeline reads only running jobs. */
function tablesOf(running: readonly Running[]): PassTables {
  const table = new Table(RUNNING_JOB_LAYOUT);
  for (const job of running) {
    const row = table.addRow();
    table.columns.endS[row] = job.leftS === NEVER_S ? NEVER_S : NOW_S + job.leftS;
    table.columns.cpus[row] = job.cpus;
    table.columns.gres[row] = job.gpus;
    table.columns.subjects[row] = job.subjects;
  }
  return { nowS: NOW_S, runningJobs: table } as unknown as PassTables;
}

/** One subject, counted by set 1, with one limit, in constraint set 1. */
function limitsOf(kind: LimitKind, place: number, value: number, usage = 0, halfLifeS = 0): LimitTables {
  return {
    counters: [{ subject: 0, kind, place }],
    constraints: [{ counter: 0, kind, place, value, reason: 1 }],
    subjectSets: [[], [0]],
    constraintSets: [[], [0]],
    usage: Float64Array.of(usage),
    halfLifeS: Float64Array.of(halfLifeS),
  };
}

const amounts = (cpus: number, gpus = 0): Float64Array => {
  const vector = new Float64Array(TRES_PLACES);
  vector[TRES.CPU] = cpus;
  vector[TRES.GRES] = gpus;
  return vector;
};
const timeline = (running: readonly Running[], limits: LimitTables): LimitTimeline =>
  new LimitTimeline(tablesOf(running), limits, BORDERS);
const busy = (leftS: number, cpus: number, gpus = 0): Running => ({ leftS, cpus, gpus, subjects: 1 });

describe("limits over the time of a plan", () => {
  test("a job waits for the end of the running job that uses up its account's CPUs", () => {
    const time = timeline([busy(100, 6), busy(400, 2)], limitsOf("grpTres", TRES.CPU, 8));
    expect(time.firstSlot(1, amounts(4), 60, 0, 1)).toBe(2);
    expect(time.hit).toEqual({ constraint: 0, used: 8, added: 4 });
    expect(time.firstSlot(1, amounts(8), 60, 0, 1)).toBe(5);
    expect(time.firstSlot(1, amounts(9), 60, 0, 1)).toBe(BORDERS.length);
  });

  test("jobs of others do not count", () => {
    const others: Running = { leftS: 1000, cpus: 100, gpus: 0, subjects: 0 };
    expect(timeline([others], limitsOf("grpTres", TRES.CPU, 8)).firstSlot(1, amounts(8), 60, 0, 1)).toBe(0);
  });

  test("GPUs are counted as CPUs are", () => {
    const time = timeline([busy(100, 0, 4)], limitsOf("maxTresPerUser", TRES.GRES, 8));
    expect(time.firstSlot(1, amounts(99, 4), 60, 0, 1)).toBe(0);
    expect(time.firstSlot(1, amounts(1, 5), 60, 0, 1)).toBe(2);
  });

  test("a number of jobs is counted whatever their size", () => {
    const time = timeline([busy(100, 1), busy(200, 1)], limitsOf("maxJobs", 0, 2));
    expect(time.firstSlot(1, amounts(1), 60, 0, 1)).toBe(2);
  });

  test("what the plan gives counts for those after it, until it ends", () => {
    const time = timeline([], limitsOf("grpTres", TRES.CPU, 8));
    time.count(1, amounts(5), 120, 0, 2);
    expect(time.firstSlot(1, amounts(4), 60, 0, 1)).toBe(2);
    time.count(1, amounts(4), 60, 2, 1);
    expect(time.firstSlot(1, amounts(3), 60, 0, 1)).toBe(0);
    expect(time.firstSlot(1, amounts(3), 600, 0, 5)).toBe(0);
    expect(time.firstSlot(1, amounts(5), 600, 0, 5)).toBe(3);
  });

  test("minutes left by running jobs hold a job until they have become few enough", () => {
    const limits = limitsOf("grpTresRunMins", TRES.GRES, 100);
    const time = timeline([busy(3600, 1, 1)], limits);
    expect(time.firstSlot(1, amounts(1, 1), 40 * 60, 0, 1)).toBe(0);
    expect(time.firstSlot(1, amounts(1, 1), 41 * 60, 0, 1)).toBe(1);
    expect(time.hit).toEqual({ constraint: 0, used: 60, added: 41 });
    expect(time.firstSlot(1, amounts(1, 1), 50 * 60, 0, 1)).toBe(5);
    expect(time.firstSlot(1, amounts(1, 1), 101 * 60, 0, 1)).toBe(BORDERS.length);
  });

  test("minutes used count with those that are still to be used", () => {
    const limits = limitsOf("grpTresMins", TRES.CPU, 1000, 900);
    const time = timeline([busy(600, 5)], limits);
    expect(time.firstSlot(1, amounts(5), 10 * 60, 0, 1)).toBe(0);
    expect(time.firstSlot(1, amounts(6), 10 * 60, 0, 1)).toBe(BORDERS.length);
  });

  test("a job waits until enough of what was used has decayed", () => {
    const time = timeline([busy(600, 5)], limitsOf("grpTresMins", TRES.CPU, 1000, 900, 300));
    // 900 and 50 are used; 900 becomes 783 in 60 s, 450 in 300 s.
    expect(time.firstSlot(1, amounts(5), 20 * 60, 0, 1)).toBe(1);
    expect(time.firstSlot(1, amounts(5), 100 * 60, 0, 1)).toBe(4);
  });

  test("what the plan lets use minutes counts for ever, and comes off again", () => {
    const time = timeline([], limitsOf("grpTresMins", TRES.CPU, 100));
    time.count(1, amounts(6), 600, 2, 5);
    expect(time.firstSlot(1, amounts(4), 600, 0, 5)).toBe(0);
    expect(time.firstSlot(1, amounts(5), 600, 0, 5)).toBe(BORDERS.length);
    time.count(1, amounts(6), 600, 2, 5, -1);
    expect(time.firstSlot(1, amounts(10), 600, 0, 5)).toBe(0);
  });

  test("one that is planned for later has its minutes left then", () => {
    const time = timeline([], limitsOf("grpTresRunMins", TRES.CPU, 100));
    // Has 100 minutes left when slot 3 begins, after 180 s.
    time.count(1, amounts(10), 600, 3, 5);
    expect(time.firstSlot(1, amounts(1), 120, 0, 2)).toBe(0);
    expect(time.firstSlot(1, amounts(1), 240, 0, 4)).toBe(4);
  });

  test("minutes of a QOS with a factor count so often", () => {
    const rules = qosRules([{ name: "dear", priority: 0, usageFactor: 2, flags: ["UsageFactorSafe"] }]);
    const tables = { ...tablesOf([]), qosRules: rules };
    const time = new LimitTimeline(tables, limitsOf("grpTresMins", TRES.CPU, 100), BORDERS);
    expect(time.firstSlot(1, amounts(5), 600, 0, 5, 0)).toBe(0);
    expect(time.firstSlot(1, amounts(6), 600, 0, 5, 0)).toBe(BORDERS.length);
    expect(time.firstSlot(1, amounts(10), 600, 0, 5)).toBe(0);
  });

  const running = fc.record({
    leftS: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.constant(NEVER_S)),
    cpus: fc.nat(8),
    gpus: fc.constant(0),
    subjects: fc.nat(1),
  });
  const asked = fc.record({
    cpus: fc.integer({ min: 1, max: 12 }),
    length: fc.integer({ min: 1, max: BORDERS.length }),
  });

  test("no slot is ever over its limit, and no earlier one would do", () => {
    fc.assert(
      fc.property(
        fc.array(running, { maxLength: 8 }),
        fc.array(asked, { maxLength: 10 }),
        fc.nat(24),
        (jobs, queue, value) => {
          const time = timeline(jobs, limitsOf("grpTres", TRES.CPU, value));
          const use = Array.from(BORDERS, (borderS) =>
            jobs
              .filter(({ subjects, leftS }) => subjects === 1 && leftS > borderS)
              .reduce((sum, { cpus }) => sum + cpus, 0),
          );
          const endOf = (slot: number, length: number): number => {
            if (length >= BORDERS.length) return BORDERS.length;
            const at = BORDERS.findIndex(
              (border, i) => i > slot && border >= BORDERS[slot]! + BORDERS[length]!,
            );
            return at < 0 ? BORDERS.length : at;
          };
          const fits = (slot: number, cpus: number, length: number): boolean =>
            use.every((used, at) => at < slot || at >= endOf(slot, length) || used + cpus <= value);
          for (const { cpus, length } of queue) {
            const slot = time.firstSlot(1, amounts(cpus), 60, 0, length);
            const expected = use.findIndex((_, at) => fits(at, cpus, length));
            expect(slot).toBe(expected < 0 ? BORDERS.length : expected);
            if (slot === BORDERS.length) continue;
            time.count(1, amounts(cpus), 60, slot, length);
            for (let at = slot; at < endOf(slot, length); at++) use[at]! += cpus;
          }
        },
      ),
    );
  });
});
