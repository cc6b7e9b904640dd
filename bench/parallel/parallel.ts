/**
 * What a second planner gives: the same queue on two and on four partitions that share no node, planned by one thread and
 * by two, as the controller's PassRunner does it, snapshot to merged plan; and what each thread holds.
 * `npx tsx bench/parallel/parallel.ts [--jobs N] [--json] [--tiny]`. Fails only when the plans are not the same.
 */
import { createHash } from "node:crypto";
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import pino from "pino";
import { POLICY_DEFAULTS } from "../../core/controller/config-policies.ts";
import { PassRunner } from "../../core/controller/pass-runner.ts";
import { PolicyDesk } from "../../core/controller/policy-desk.ts";
import type { Plan } from "../../core/model/plan.ts";
import { buildKernel } from "../../core/place/build-kernel.ts";
import type { PassSnapshot } from "../../core/state/tables.ts";
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
const RUNS = values.tiny ? 2 : 9;
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
  const one = runnerOf(1);
  const begun = await pass(one, snapshotOf(empty));
  const snapshot = snapshotOf(startPlanned(empty, begun.plan, RAN_FOR_S));
  const rssOfOneMib = residentMib();
  const two = runnerOf(2);
  // Both are to keep the same promises.
  await pass(two, snapshotOf(empty));
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
  figures[`${name}_more_resident_mib`] = rounded(residentMib() - rssOfOneMib);
  await Promise.all([one.close(), two.close()]);
}
figures["load_average"] = rounded(loadavg()[0]!, 1);
report("parallel", isRight, figures);

function runnerOf(planners: number): PassRunner {
  const desk = PolicyDesk.open(POLICY_DEFAULTS, log);
  if (!desk.ok) throw new Error(desk.refusal.message);
  return new PassRunner({ desk: desk.value, callBudgetMs: 60_000, planners, log });
}

async function pass(runner: PassRunner, snapshot: PassSnapshot): Promise<Timed> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const { plan } = await runner.run({ snapshot, mode: "planned", gresParent: [0], seed: SEED });
  const wallMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(cpu);
  return { plan, wallMs, cpuMs: (user + system) / 1000 };
}

function hashOf(plan: Plan): string {
  const hash = createHash("sha256");
  for (const [name, column] of Object.entries(plan))
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
