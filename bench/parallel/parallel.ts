/**
 * What a second planner gives: the same queue on two and on four partitions that share no node, planned by one thread and
 * by two, as the controller's PassRunner does it, snapshot to merged plan; and what each thread holds.
 * `npx tsx bench/parallel/parallel.ts [--jobs N] [--json] [--tiny]`. Fails only when the plans are not the same.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import pino from "pino";
import { kernelPath } from "../../core/controller/built-file.ts";
import { POLICY_DEFAULTS } from "../../core/controller/config-policies.ts";
import { PassRunner } from "../../core/controller/pass-runner.ts";
import { PolicyDesk } from "../../core/controller/policy-desk.ts";
import type { Plan } from "../../core/model/plan.ts";
import type { RankedQueue } from "../../core/model/ranked.ts";
import { buildKernel } from "../../core/place/build-kernel.ts";
import { firstFitPlacement } from "../../core/place/fallback.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { planPart, plan as planWhole } from "../../core/place/plan.ts";
import { splitQueue } from "../../core/place/split.ts";
import { fifoPriority } from "../../core/prioritise/fallback.ts";
import { prioritise } from "../../core/prioritise/prioritise.ts";
import { openPassSnapshot, type PassSnapshot, type PassTables } from "../../core/state/tables.ts";
import { buildPolicies } from "../../policies/build.ts";
import { startPlanned } from "../pass/passing.ts";
import { FULL_CLUSTER, TINY_CLUSTER } from "../pass/workload.ts";
import { report } from "../report.ts";
import { snapshotOf, splitCluster } from "./partitions.ts";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "50000" },
    json: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
  },
});
const cluster = values.tiny ? TINY_CLUSTER : FULL_CLUSTER;
const JOBS = values.tiny ? 2_000 : Number(values.jobs);
const RUNS = values.tiny ? 2 : 7;
/** How long the jobs of the full cluster have run when its queue is planned. */
const RAN_FOR_S = 300;
const SEED = 20_260_101;
const log = pino({ level: "silent" });

interface Timed {
  readonly plan: Plan;
  readonly wallMs: number;
  readonly cpuMs: number;
}

await buildPolicies();
await buildKernel();
const figures: Record<string, number> = { jobs: JOBS, nodes: cluster.nodes, cores: availableParallelism() };
let isRight = true;
for (const partitions of [2, 4]) {
  const empty = splitCluster(cluster, JOBS, partitions, SEED);
  const one = await runnerOf(1);
  const first = snapshotOf(empty);
  const begun = await pass(one, first);
  const snapshot = snapshotOf(startPlanned(empty, begun.plan, RAN_FOR_S));
  const rssOfOneMib = residentMib();
  const two = await runnerOf(2);
  // Both are to keep the same promises.
  await pass(two, first);
  const alone: Timed[] = [];
  const together: Timed[] = [];
  // Turn by turn, so that both see the same load of the machine; the first of each is of cold threads.
  for (let run = 0; run <= RUNS; run++) {
    const timed = [await pass(one, snapshot), await pass(two, snapshot)] as const;
    isRight &&= hashOf(timed[0].plan) === hashOf(timed[1].plan);
    if (run === 0) continue;
    alone.push(timed[0]);
    together.push(timed[1]);
  }
  const least = (of: readonly Timed[]): number => Math.min(...of.map(({ wallMs }) => wallMs));
  const name = `partitions_${partitions}`;
  figures[`${name}_one_planner_least_ms`] = rounded(least(alone));
  figures[`${name}_two_planners_least_ms`] = rounded(least(together));
  figures[`${name}_gain_of_least`] = rounded(least(alone) / least(together), 2);
  figures[`${name}_gain_of_median`] = rounded(median(alone) / median(together), 2);
  figures[`${name}_cpu_of_two_over_one`] = rounded(leastCpu(together) / leastCpu(alone), 2);
  figures[`${name}_gain_by_cpu_time`] = rounded(gainByCpuTime(openPassSnapshot(snapshot)), 2);
  figures[`${name}_more_resident_mib`] = rounded(residentMib() - rssOfOneMib);
  await Promise.all([one.close(), two.close()]);
}
figures["load_average"] = rounded(loadavg()[0]!, 1);
report("parallel", isRight, figures);

async function runnerOf(planners: number): Promise<PassRunner> {
  const desk = await PolicyDesk.open(POLICY_DEFAULTS, log);
  if (!desk.ok) throw new Error(desk.refusal.message);
  return new PassRunner({
    desk: desk.value,
    budgets: { callBudgetMs: 60_000, passBudgetMs: 600_000 },
    planners,
    log,
  });
}

async function pass(runner: PassRunner, snapshot: PassSnapshot): Promise<Timed> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const { plan } = await runner.run({ snapshot, mode: "planned", gresParent: [0], seed: SEED });
  const wallMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(cpu);
  return { plan, wallMs, cpuMs: (user + system) / 1000 };
}

/**
 * What two planners would gain with a core for each, whoever else uses the machine: CPU time of the whole plan over that of
 * the ranking and the longest part, each alone in this thread. Least of several.
 */
function gainByCpuTime(tables: PassTables): number {
  const kernel = new PlanKernel(readFileSync(kernelPath()));
  const fallback = firstFitPlacement();
  const policies = { placement: fallback, fallback };
  const options = { mode: "planned", gresParent: [0] } as const;
  const leastOf = (what: () => void): number =>
    Math.min(
      ...Array.from({ length: RUNS }, () => {
        const cpu = process.cpuUsage();
        what();
        const { user, system } = process.cpuUsage(cpu);
        return user + system;
      }),
    );
  const rank = (): RankedQueue => prioritise(tables, fifoPriority(), fifoPriority());
  const ranked = rank();
  const parts = splitQueue(tables, ranked, options, 2) ?? [];
  const rankUs = leastOf(rank);
  const wholeUs = leastOf(() => planWhole(kernel, tables, ranked, options, policies));
  const partsUs = parts.map((rows) =>
    leastOf(() => planPart(kernel, tables, ranked, options, policies, rows)),
  );
  return (rankUs + wholeUs) / (rankUs + Math.max(...partsUs));
}

function hashOf(plan: Plan): string {
  const hash = createHash("sha256");
  for (const [name, column] of Object.entries(plan).sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(ArrayBuffer.isView(column) ? (column as Uint8Array) : JSON.stringify(column));
  return hash.digest("hex");
}

function median(of: readonly Timed[]): number {
  return of.map(({ wallMs }) => wallMs).sort((a, b) => a - b)[of.length >> 1]!;
}

function leastCpu(of: readonly Timed[]): number {
  return Math.min(...of.map(({ cpuMs }) => cpuMs));
}

function residentMib(): number {
  return process.memoryUsage().rss / 2 ** 20;
}

function rounded(value: number, digits = 0): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
