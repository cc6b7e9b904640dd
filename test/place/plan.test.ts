import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../core/model/plan.ts";
import { slotBorders } from "../../core/place/slots.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { clusterPlans, makeCluster } from "./arbitrary.ts";
import { GPU, gpus, type TestCluster } from "./cluster.ts";
import { type OracleJob, planByForce } from "./oracle.ts";
import { kernel, planQueue, rank, startsOf } from "./planning.ts";

const MAX_SLOTS = 160;

function oracleOf(cluster: TestCluster, tables: PassTables): OracleJob[] {
  const ranked = rank(tables);
  const borders = [...slotBorders(tables, MAX_SLOTS)];
  return planByForce(cluster, tables, [...ranked.order], borders);
}

const startsByForce = (
  oracle: readonly OracleJob[],
  tables: PassTables,
): { job: number; nodes: readonly number[] }[] =>
  oracle
    .filter(({ startS }) => startS === 0)
    .map(({ row, nodes }) => ({ job: tables.pending.columns.jobId[row]!, nodes }));

/** First start of a row that lies ahead, in seconds from now; 0 when it has none. */
function firstAhead(oracle: readonly OracleJob[], row: number): number {
  const ahead = oracle.filter((job) => job.row === row && job.startS > 0).map(({ startS }) => startS);
  return ahead[0] ?? 0;
}

function bytesOf(plan: Plan): string {
  return JSON.stringify(plan, (_, value) =>
    ArrayBuffer.isView(value) ? [...new Uint8Array(value.buffer)] : value,
  );
}

describe("a planned queue", () => {
  it("is what a search by brute force gives: every job at its earliest start, in order", () => {
    fc.assert(
      fc.property(clusterPlans, (made) => {
        const cluster = makeCluster(made);
        const tables = cluster.tables();
        const plan = planQueue(tables);
        const oracle = oracleOf(cluster, tables);
        expect(startsOf(plan).map(({ job, nodes }) => ({ job, nodes }))).toEqual(
          startsByForce(oracle, tables),
        );
        for (let row = 0; row < tables.pending.count; row++) {
          const ahead = firstAhead(oracle, row);
          const expected = plan.expectedStartS[row]! - plan.nowS;
          const startsNow = oracle.some((job) => job.row === row && job.startS === 0);
          if (ahead > 0) expect(expected).toBe(ahead);
          // What waits of an array whose other tasks start has no start of theirs.
          else expect(plan.expectedStartS[row]).toBe(startsNow && plan.reason[row] === 0 ? plan.nowS : 0);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("is the same where hardly two jobs are alike and classes learn from each other", () => {
    const job = fc.record({
      nodes: fc.integer({ min: 1, max: 6 }),
      cpusPerTask: fc.integer({ min: 1, max: 16 }),
      memMib: fc.integer({ min: 1, max: 4000 }),
      gres: fc.integer({ min: 1, max: 4 }).map((count) => [{ dimension: GPU, count }]),
      limitS: fc.integer({ min: 1, max: 20_000 }),
    });
    fc.assert(
      fc.property(fc.array(job, { minLength: 60, maxLength: 120 }), (jobs) => {
        const nodes = Array.from({ length: 20 }, () => ({ cpus: 16, devices: gpus(4) }));
        const cluster = makeCluster({ nodes, busy: [], jobs });
        const tables = cluster.tables();
        const plan = planQueue(tables);
        const oracle = oracleOf(cluster, tables);
        expect(startsOf(plan).map(({ job, nodes }) => ({ job, nodes }))).toEqual(
          startsByForce(oracle, tables),
        );
        for (const { row, startS } of oracle) expect(plan.expectedStartS[row]! - plan.nowS).toBe(startS);
      }),
      { numRuns: 15 },
    );
  });

  it("is the same on clusters of many blocks, where searches skip most of them", () => {
    const job = fc.record({
      nodes: fc.constantFrom(1, 1, 1, 3, 40, 300),
      cpusPerTask: fc.integer({ min: 1, max: 40 }),
      memMib: fc.integer({ min: 0, max: 4000 }),
      gres: fc.integer({ min: 0, max: 4 }).map((count) => (count > 0 ? [{ dimension: GPU, count }] : [])),
      limitS: fc.integer({ min: 1, max: 20_000 }),
    });
    const shape = fc.record({
      nodes: fc.integer({ min: 250, max: 600 }),
      // Every so many nodes one is free; the others are busy in part or wholly, for some time.
      freeEach: fc.integer({ min: 1, max: 90 }),
      jobs: fc.array(job, { minLength: 20, maxLength: 50 }),
      seed: fc.integer({ min: 1, max: 1_000 }),
    });
    fc.assert(
      fc.property(shape, ({ nodes, freeEach, jobs, seed }) => {
        const cluster = makeCluster({
          nodes: Array.from({ length: nodes }, () => ({ cpus: 40, devices: gpus(4) })),
          busy: [],
          jobs: [],
        });
        for (let node = 0; node < nodes; node++) {
          if (node % freeEach === 0) continue;
          const mix = (node * 7_919 + seed * 104_729) % 1_009;
          const lanes = [0, 1, 2, 3].slice(0, mix % 5);
          cluster.busy(node, 1 + ((mix * 37) % 9_000), 1 + (mix % 40), (mix * 13) % 4_000, lanes);
        }
        for (const options of jobs) cluster.job({ ...options, nodes: Math.min(nodes, options.nodes) });
        const tables = cluster.tables();
        const plan = planQueue(tables);
        const oracle = oracleOf(cluster, tables);
        expect(startsOf(plan).map(({ job, nodes }) => ({ job, nodes }))).toEqual(
          startsByForce(oracle, tables),
        );
        for (const { row, startS } of oracle) expect(plan.expectedStartS[row]! - plan.nowS).toBe(startS);
      }),
      { numRuns: 8 },
    );
  });

  it("never gives out more of a node than is free", () => {
    fc.assert(
      fc.property(clusterPlans, (made) => {
        const cluster = makeCluster(made);
        const tables = cluster.tables();
        const { columns } = tables.nodes;
        const cpus = columns.freeCpus.slice();
        const memMib = columns.freeMemMib.slice();
        const gres = columns.freeGres.slice();
        for (const { job, nodes, tasks } of startsOf(planQueue(tables))) {
          const row = [...tables.pending.columns.jobId].indexOf(job);
          const request = cluster.request(tables.pending.columns.shape[row]!);
          expect(nodes.length).toBe(request.minNodes);
          expect(new Set(nodes).size).toBe(nodes.length);
          expect(tasks.reduce((sum, n) => sum + n, 0)).toBe(request.tasks);
          nodes.forEach((node, i) => {
            const threads = request.oneThreadPerCore === 1 ? columns.threadsPerCore[node]! : 1;
            const asked = request.exclusive
              ? columns.totalCpus[node]!
              : tasks[i]! * request.cpusPerTask * threads;
            cpus[node]! -= asked;
            memMib[node]! -= request.memMib < 0 ? columns.totalMemMib[node]! : request.memMib;
            expect(cpus[node]).toBeGreaterThanOrEqual(0);
            expect(memMib[node]).toBeGreaterThanOrEqual(0);
            for (const { dimension, count } of request.gres) {
              // All GPUs of the random clusters are of one type, so its count and that of all are one.
              const at = (dimension <= 2 ? 0 : dimension) * tables.nodes.capacity + node;
              const left = gres[at]! - count;
              expect(left).toBeGreaterThanOrEqual(0);
              gres[at] = left;
            }
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it("does not change for a job when jobs come after it", () => {
    fc.assert(
      fc.property(clusterPlans, fc.nat(), (made, cut) => {
        const kept = cut % made.jobs.length;
        const whole = makeCluster(made).tables();
        const short = makeCluster(made, kept).tables();
        const all = planQueue(whole);
        const some = planQueue(short);
        const starts = startsOf(all).filter(({ job }) => job <= whole.pending.columns.jobId[kept]! - 1);
        expect(starts).toEqual(startsOf(some));
        for (let row = 0; row < kept; row++) expect(all.expectedStartS[row]).toBe(some.expectedStartS[row]);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same to the byte when planned again, whatever was planned between", () => {
    fc.assert(
      fc.property(clusterPlans, clusterPlans, (made, other) => {
        const first = bytesOf(planQueue(makeCluster(made).tables()));
        planQueue(makeCluster(other).tables());
        expect(bytesOf(planQueue(makeCluster(made).tables()))).toBe(first);
      }),
      { numRuns: 100 },
    );
  });

  it("starts a job whose exact limit ends when a reservation begins", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), (leftS) => {
        const cluster = makeCluster({ nodes: [{ cpus: 2 }, { cpus: 2 }], busy: [], jobs: [] });
        cluster.busy(1, leftS, 2);
        cluster.job({ nodes: 2, cpus: 2, limitS: 100 });
        cluster.job({ cpus: 1, limitS: leftS });
        cluster.job({ cpus: 1, limitS: leftS + 1 });
        expect(startsOf(planQueue(cluster.tables())).map(({ nodes }) => nodes)).toEqual([[0]]);
        expect(kernel.slots).toBeLessThanOrEqual(MAX_SLOTS);
      }),
      { numRuns: 50 },
    );
  });
});
