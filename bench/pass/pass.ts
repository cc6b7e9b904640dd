/**
 * How long one pass takes, from columns to plan: ranking the queue and planning all of it, with the built-in `pack` and
 * `tree` choosing nodes. `npx tsx bench/pass/pass.ts [--workload FILE.csv[.gz]] [--jobs N] [--json] [--tiny]`. Without a
 * file it plans seeded queues of the same mix and of a wide one, lets jobs end one by one, and fits how the time grows.
 * Fails only when a plan is wrong, never on time.
 */
import { parseArgs } from "node:util";
import Table from "cli-table3";
import type { Plan } from "../../core/model/plan.ts";
import type { Promises } from "../../core/place/queue.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { type Ends, measureEnds } from "./ends.ts";
import { type Growth, measureGrowth } from "./growth.ts";
import { median, planOften, promisesOf, SEED, wrongIn } from "./measure.ts";
import { startPlanned } from "./passing.ts";
import {
  type BenchJob,
  FULL_CLUSTER,
  makeTables,
  makeWideWorkload,
  makeWorkload,
  readWorkload,
  TINY_CLUSTER,
} from "./workload.ts";

const RUNS = 9;
const GROWTH_RUNS = 7;
/** How long the jobs of the full cluster have run when its queue is planned. */
const RAN_FOR_S = 300;

interface Row {
  readonly scenario: string;
  readonly jobs: number;
  readonly shapes: number;
  readonly starts: number;
  readonly expected: number;
  readonly rankMs: number;
  readonly planMs: number;
  readonly passMs: number;
  readonly leastMs: number;
  readonly cpuMs: number;
  readonly leastCpuMs: number;
  readonly wrong: string;
}

const { values } = parseArgs({
  options: {
    workload: { type: "string" },
    jobs: { type: "string" },
    json: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
  },
});
const limit = values.jobs === undefined ? undefined : Number(values.jobs);
if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
  throw new Error("--jobs takes a number above 0");
const cluster = values.tiny ? TINY_CLUSTER : FULL_CLUSTER;
const isWhole = values.workload === undefined && limit === undefined;

const rows: Row[] = [];
for (const [name, jobs] of workloads()) {
  const empty = makeTables(cluster, jobs);
  const { row, made } = measure(`${name}, empty cluster`, empty);
  rows.push(row);
  // The starts leave the queue and run: the next pass has everything taken.
  const full = startPlanned(empty, made, RAN_FOR_S);
  const first = measure(`${name}, full cluster`, full);
  rows.push(first.row);
  rows.push(measure(`${name}, full cluster, all promised`, full, promisesOf(full, first.made)).row);
}
const ends = isWhole ? endsOneByOne() : undefined;
const growth = isWhole ? growthOfTime() : [];
/** Of the whole process, the compilers of kernel and policies included. */
const residentMib = Math.round(process.memoryUsage().rss / 2 ** 20);
const isRight = rows.every(({ wrong }) => wrong === "") && (ends?.wrong ?? "") === "";
if (values.json) {
  const { nodes } = cluster;
  process.stdout.write(
    `${JSON.stringify({ name: "pass", isRight, nodes, runs: RUNS, residentMib, rows, ends, growth })}\n`,
  );
} else {
  reportRows();
  if (ends !== undefined) reportEnds(ends);
  for (const each of growth) reportGrowth(each);
  process.stdout.write(`${residentMib} MiB resident at the end\n`);
}
process.exitCode = isRight ? 0 : 1;

function workloads(): [string, BenchJob[]][] {
  if (values.workload !== undefined) {
    return [[values.workload.split("/").at(-1)!, readWorkload(values.workload).slice(0, limit)]];
  }
  if (limit !== undefined) return [[`${limit} jobs`, makeWorkload(limit, SEED, false)]];
  if (values.tiny) {
    return [
      ["tiny", makeWorkload(150, SEED, false)],
      ["tiny, varied", makeWorkload(150, SEED, true)],
      ["tiny, wide", makeWideWorkload(150, SEED)],
    ];
  }
  return [
    ["10,000 jobs", makeWorkload(10_000, SEED, false)],
    ["50,000 jobs", makeWorkload(50_000, SEED, false)],
    ["50,000 jobs, hardly two alike", makeWorkload(50_000, SEED, true)],
    ["50,000 jobs, drawn widely", makeWideWorkload(50_000, SEED)],
  ];
}

function endsOneByOne(): Ends {
  return values.tiny ? measureEnds(cluster, 80, 150, 10) : measureEnds(cluster, 10_000, 50_000, 60);
}

function growthOfTime(): Growth[] {
  return values.tiny
    ? measureGrowth(cluster, 200, 160, 2)
    : measureGrowth(cluster, 50_000, 25_000, GROWTH_RUNS);
}

function measure(scenario: string, tables: PassTables, promises?: Promises): { row: Row; made: Plan } {
  const { made, cpuMs, rankMs, planMs, passMs } = planOften(tables, RUNS, promises);
  const row = {
    scenario,
    jobs: tables.pending.count,
    shapes: tables.shapes.count,
    starts: made.startCount,
    expected: made.expectedStartS.filter((at) => at > 0).length,
    rankMs: median(rankMs),
    planMs: median(planMs),
    passMs: median(passMs),
    leastMs: Math.min(...passMs),
    cpuMs: median(cpuMs),
    leastCpuMs: Math.min(...cpuMs),
    wrong: wrongIn(tables, made, values.tiny),
  };
  return { row, made };
}

function reportRows(): void {
  const table = new Table({
    head: [
      "pass",
      "jobs",
      "shapes",
      "start now",
      "expected",
      "rank ms",
      "plan ms",
      "pass ms",
      "least ms",
      "CPU ms",
      "least CPU ms",
      "check",
    ],
  });
  for (const row of rows) {
    table.push([
      row.scenario,
      row.jobs,
      row.shapes,
      row.starts,
      row.expected,
      row.rankMs.toFixed(1),
      row.planMs.toFixed(1),
      row.passMs.toFixed(1),
      row.leastMs.toFixed(1),
      row.cpuMs.toFixed(1),
      row.leastCpuMs.toFixed(1),
      row.wrong === "" ? "right" : row.wrong,
    ]);
  }
  const { nodes, gpus, cpus } = cluster;
  process.stdout.write(
    `${nodes} nodes of ${gpus} GPUs and ${cpus} CPUs, median and least of ${RUNS}\n${table.toString()}\n`,
  );
}

function reportEnds({ running, pending, passes, started, meanMs, greatestMs, meanCpuMs, wrong }: Ends): void {
  const what = `${running} jobs run and ${pending} wait, one ends each second: ${passes} passes, ${started} starts`;
  const how = `mean ${meanMs.toFixed(1)} ms, at most ${greatestMs.toFixed(1)} ms, mean of CPU time ${meanCpuMs.toFixed(1)} ms, ${wrong || "right"}`;
  process.stdout.write(`${what}, ${how}\n`);
}

function reportGrowth({ of, points, exponent }: Growth): void {
  const sizes = points.map(({ size, leastMs }) => `${size}: ${leastMs.toFixed(0)} ms`).join(", ");
  process.stdout.write(`growth with ${of}: exponent ${exponent.toFixed(2)} (${sizes})\n`);
}
