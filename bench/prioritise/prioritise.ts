/**
 * What ranking the queue costs when it is kept from pass to pass: nothing changed, one job added and one gone, time gone
 * by; with policies whose scores stay and policies whose scores age. Every order must be the one that is made from nothing.
 * `npx tsx bench/prioritise/prioritise.ts [--json] [--tiny]`. Fails only when an order is wrong, never on time.
 */
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { Prioritiser } from "../../core/prioritise/prioritiser.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { loadPolicyModule } from "../../core/wasm/module.ts";
import { instantiatePriority, type SeededPriority } from "../../core/wasm/priority.ts";
import { buildPolicies, builtPolicyPath } from "../../policies/build.ts";
import { makeTables, makeWorkload, TINY_CLUSTER } from "../pass/workload.ts";
import { median, report } from "../report.ts";

const isTiny = process.argv.includes("--tiny");
const SEED = 20_260_101;
const SECONDS_A_PASS = 7;
/** So that a run takes about as long for every length of queue. */
const ROWS_RANKED = isTiny ? 2_000 : 20_000_000;
const MAX_PASSES = isTiny ? 20 : 200_000;
const MIN_PASSES = isTiny ? 5 : 60;
const CHECK_EVERY = isTiny ? 3 : 997;
const LONG = isTiny ? 300 : 50_000;

const figures: Record<string, number> = {};
let isRight = true;
let lastJob = 1_000_000;

await buildPolicies();
for (const [name, jobs] of [
  ["20", 20],
  ["1000", isTiny ? 100 : 1_000],
] as const) {
  measure(`fcfs_${name}_unchanged_us`, "fcfs", jobs, () => {});
  measure(`fcfs_${name}_oneInOneOut_us`, "fcfs", jobs, replaceOne);
  measure(`sjf_${name}_oneInOneOut_us`, "sjf", jobs, replaceOne);
  measure(`wfp3_${name}_oneInOneOut_us`, "wfp3", jobs, replaceOne);
}
measure("fcfs_50000_oneInOneOut_us", "fcfs", LONG, replaceOne);
for (const name of ["wfp3", "multifactor"]) measure(`${name}_50000_aged_us`, name, LONG, () => {});
report("prioritise", isRight, figures);

function measure(
  figure: string,
  policyName: string,
  jobs: number,
  change: (tables: PassTables) => void,
): void {
  const policy = open(policyName);
  const kept = new Prioritiser(policy, fifoPriority());
  let tables = makeTables(TINY_CLUSTER, makeWorkload(jobs, SEED, true));
  // Submitted one after the other, long before and not long before.
  for (let row = 0; row < jobs; row++) {
    const { columns } = tables.pending;
    columns.submitS[row] = columns.eligibleS[row] = tables.nowS - 90_000 + row;
  }
  const passes = Math.max(MIN_PASSES, Math.min(MAX_PASSES, Math.floor(ROWS_RANKED / jobs)));
  const tookUs: number[] = [];
  for (let pass = 0; pass < passes; pass++) {
    change(tables);
    tables = { ...tables, nowS: tables.nowS + SECONDS_A_PASS };
    const beginMs = performance.now();
    const { order } = kept.rank(tables);
    tookUs.push((performance.now() - beginMs) * 1000);
    if (pass % CHECK_EVERY !== 0) continue;
    const anew = prioritise(tables, policy, fifoPriority());
    if (order.length !== anew.order.length || order.some((row, i) => row !== anew.order[i])) isRight = false;
  }
  figures[figure] = median(tookUs);
}

function open(name: string): SeededPriority {
  const loaded = loadPolicyModule(builtPolicyPath("priority", name), "priority");
  if (!loaded.ok) throw new Error(loaded.refusal.message);
  const opened = instantiatePriority(loaded.value, {}, { number: 1, seed: SEED });
  if (!opened.ok) throw new Error(opened.refusal.message);
  return opened.value;
}

/** A job from the middle of the table leaves, and one like the first comes. */
function replaceOne({ pending, nowS }: PassTables): void {
  pending.removeRow(lastJob % pending.count);
  const row = pending.addRow();
  const { columns } = pending;
  columns.jobId[row] = ++lastJob;
  columns.shape[row] = columns.shape[0]!;
  columns.timeLimitS[row] = 60 + (lastJob % 5_000);
  columns.submitS[row] = columns.eligibleS[row] = nowS;
  columns.setPriority[row] = -1;
  columns.tasksWaiting[row] = columns.tasksStartable[row] = 1;
  columns.version[row] = lastJob;
}
