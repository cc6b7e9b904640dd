/**
 * How long one pass takes, from columns to plan: ranking the queue and planning all of it, with the built-in `pack` and
 * `tree` choosing nodes. `npx tsx bench/pass/pass.ts [--workload FILE.csv[.gz]] [--jobs N] [--json] [--tiny]`. Without a
 * file it plans a seeded queue of the same mix. Fails only when a plan is wrong, never on time.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import type { Plan } from "../../core/model/plan.ts";
import { buildKernel } from "../../core/place/build-kernel.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { plan } from "../../core/place/plan.ts";
import type { PlanPolicies } from "../../core/place/queue.ts";
import { MAX_SLOTS, slotBorders } from "../../core/place/slots.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { openPolicySet, type PolicySet } from "../../core/wasm/policy-set.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { findLateStart, findOversubscription } from "./check.ts";
import {
  type BenchJob,
  FULL_CLUSTER,
  makeTables,
  makeWorkload,
  readWorkload,
  startPlanned,
  TINY_CLUSTER,
} from "./workload.ts";

const RUNS = 9;
const SEED = 20_260_101;
const GRES_PARENT = [0];
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

await buildPolicies();
const kernel = new PlanKernel(readFileSync((await buildKernel()).path));
const policies = openBuiltIn();
const rows: Row[] = [];
for (const [name, jobs] of workloads()) {
  const empty = makeTables(cluster, jobs);
  const { row, made } = measure(`${name}, empty cluster`, empty);
  rows.push(row);
  // The starts leave the queue and run: the next pass has everything taken.
  rows.push(measure(`${name}, full cluster`, startPlanned(empty, made, RAN_FOR_S)).row);
}
const isRight = rows.every(({ wrong }) => wrong === "");
report();
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
    ];
  }
  return [
    ["10,000 jobs", makeWorkload(10_000, SEED, false)],
    ["50,000 jobs", makeWorkload(50_000, SEED, false)],
    ["50,000 jobs, hardly two alike", makeWorkload(50_000, SEED, true)],
  ];
}

function openBuiltIn(): PolicySet {
  const module = (number: number, kind: string, name: string) => ({
    number,
    source: builtPolicyPath(kind, name),
    parameters: {},
  });
  return openPolicySet({
    chosen: {} as never,
    builtin: {
      priority: module(1, "priority", "fifo"),
      placement: module(2, "placement", "pack"),
      topology: module(3, "topology", "tree"),
    },
  });
}

function measure(scenario: string, tables: PassTables): { row: Row; made: Plan } {
  const rankMs: number[] = [];
  const planMs: number[] = [];
  const passMs: number[] = [];
  let made: Plan | undefined;
  for (let run = 0; run < RUNS; run++) {
    policies.reseed(SEED);
    const begin = performance.now();
    const ranked = prioritise(tables, policies.priority, fifoPriority());
    const between = performance.now();
    made = plan(kernel, tables, ranked, { mode: "planned", gresParent: GRES_PARENT }, served());
    const end = performance.now();
    rankMs.push(between - begin);
    planMs.push(end - between);
    passMs.push(end - begin);
  }
  if (made === undefined) throw new Error("nothing was planned");
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
    wrong: check(tables, made),
  };
  return { row, made };
}

function served(): PlanPolicies {
  return { placement: policies.placement, topology: policies.topology, fallback: policies.builtin.placement };
}

/** With the lowest nodes first, as brute force takes them, a small cluster's plan must be the one of brute force. */
function check(tables: PassTables, made: Plan): string {
  const [fault] = made.faults;
  if (fault !== undefined) return `${fault.module}: ${fault.fault.code} ${fault.fault.message}`;
  const over = findOversubscription(tables, made);
  if (over !== "" || !values.tiny || tables.running.count > 0) return over;
  const ranked = prioritise(tables, fifoPriority(), fifoPriority());
  const fallback = firstFitPlacement();
  const options = { mode: "planned", gresParent: GRES_PARENT } as const;
  const plain = plan(kernel, tables, ranked, options, { placement: fallback, fallback });
  return findLateStart(tables, plain, ranked.order, slotBorders(tables, MAX_SLOTS));
}

function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[samples.length >> 1]!;
}

function report(): void {
  const nodes = `${cluster.nodes} nodes of ${cluster.gpus} GPUs and ${cluster.cpus} CPUs, median of ${RUNS}`;
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ name: "pass", isRight, nodes: cluster.nodes, runs: RUNS, rows })}\n`,
    );
    return;
  }
  const table = new Table({
    head: ["pass", "jobs", "shapes", "start now", "expected", "rank ms", "plan ms", "pass ms", "check"],
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
      row.wrong === "" ? "right" : row.wrong,
    ]);
  }
  process.stdout.write(`${nodes}\n${table.toString()}\n`);
}
