/**
 * How good the schedules of `planned` are beside those of `easy`: mean bounded slowdown and mean wait on three generated
 * workloads at three loads, with as many seeds. `npm run bench -- schedules [--json] [--tiny]`. Fails when a job does
 * not run for as long as it should, starts before it is submitted, or the CPUs or GPUs are given twice; never on figures.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { kernelPath } from "../../core/controller/built-file.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { clusterOfNodes, type SimulatedCluster } from "../../core/simulate/cluster.ts";
import { generateWorkload } from "../../core/simulate/generate/generate-workload.ts";
import { choiceOf, FIRST_FIT, openPolicies } from "../../core/simulate/policies.ts";
import { replay } from "../../core/simulate/replay.ts";
import type { Simulation } from "../../core/simulate/simulation.ts";
import type { Workload } from "../../core/simulate/workload.ts";
import { report } from "../report.ts";

const { values } = parseArgs({
  options: { json: { type: "boolean", default: false }, tiny: { type: "boolean", default: false } },
});

interface Site {
  readonly name: string;
  readonly model: "batch" | "gpu";
  readonly jobs: number;
  readonly nodes: number;
  readonly cpusPerNode: number;
  readonly gpusPerNode: number;
}

const SITES: readonly Site[] = [
  { name: "pool256", model: "batch", jobs: 5_000, nodes: 1, cpusPerNode: 256, gpusPerNode: 0 },
  { name: "nodes64x16", model: "batch", jobs: 10_000, nodes: 64, cpusPerNode: 16, gpusPerNode: 0 },
  { name: "gpus200x8", model: "gpu", jobs: 20_000, nodes: 200, cpusPerNode: 128, gpusPerNode: 8 },
];
const LOADS = values.tiny ? [0.9] : [0.7, 0.9, 1.1];
const SEEDS = values.tiny ? [1] : [1, 2, 3];
const TINY_JOBS = 300;

const opened = openPolicies({
  order: choiceOf("order", "fcfs"),
  placement: choiceOf("placement", FIRST_FIT),
});
if (!opened.ok) throw new Error(opened.refusal.message);
const policies = opened.value;
const kernel = readFileSync(kernelPath());
const figures: Record<string, number> = {};
let isRight = true;

for (const site of SITES) {
  for (const load of LOADS) {
    const runs = SEEDS.map((seed) => pairOf(site, load, seed));
    for (const mode of ["planned", "easy"] as const) {
      const summaries = runs.map((run) => run[mode].summary);
      const key = `${site.name}_${load}_${mode}`;
      figures[`${key}_slowdown`] = meanOf(summaries.map((summary) => summary.boundedSlowdownMean));
      figures[`${key}_wait_s`] = Math.round(meanOf(summaries.map((summary) => summary.waitMeanS)));
      figures[`${key}_wall_s`] = meanOf(summaries.map((summary) => summary.wallS));
    }
    // Seed by seed: a mean of ratios, so that one long queue does not decide.
    figures[`${site.name}_${load}_ratio`] = meanOf(
      runs.map(({ planned, easy }) => planned.summary.boundedSlowdownMean / easy.summary.boundedSlowdownMean),
    );
  }
}
report("schedules", isRight, figures);

function pairOf(site: Site, load: number, seed: number): Record<"planned" | "easy", Simulation> {
  const jobs = values.tiny ? TINY_JOBS : site.jobs;
  const workload = generateWorkload({ ...site, jobs, load, seed });
  const cluster = clusterOfNodes({
    count: site.nodes,
    cpus: site.cpusPerNode,
    gpus: site.gpusPerNode,
    gpuModel: "",
    memoryMib: 1_048_576,
  });
  const run = (mode: "planned" | "easy"): Simulation => {
    const made = runOf(workload, cluster, mode);
    isRight &&= isWhole(made, workload);
    return made;
  };
  return { planned: run("planned"), easy: run("easy") };
}

function runOf(workload: Workload, cluster: SimulatedCluster, mode: "planned" | "easy"): Simulation {
  return replay({
    workload,
    cluster,
    policies,
    kernel: new PlanKernel(kernel),
    settings: {
      label: mode,
      backfill: { mode, order: "queue" },
      eventOrder: "batch",
      estimates: "requested",
      seed: 0,
      keepPlacements: false,
    },
    nowMs: () => performance.now(),
    peakRssMib: () => process.resourceUsage().maxRSS / 1024,
  });
}

/** Every job ran its time, after it was submitted, and at no time was more given than there is. */
function isWhole({ jobs, clusterCpus, clusterGpus, notes = [] }: Simulation, workload: Workload): boolean {
  const changes: { atS: number; cpus: number; gpus: number }[] = [];
  for (const [i, { submitS, runS, timeLimitS }] of workload.jobs.entries()) {
    const startS = jobs.startS[i]!;
    const endS = jobs.endS[i]!;
    if (startS < submitS || endS - startS !== Math.min(runS, timeLimitS)) return false;
    const [cpus, gpus] = [jobs.cpus[i]!, jobs.gpus[i]!];
    changes.push({ atS: startS, cpus, gpus }, { atS: endS, cpus: -cpus, gpus: -gpus });
  }
  // Ends of a second before its starts.
  changes.sort((a, b) => a.atS - b.atS || a.cpus - b.cpus);
  let cpus = 0;
  let gpus = 0;
  for (const change of changes) {
    cpus += change.cpus;
    gpus += change.gpus;
    if (cpus > clusterCpus || gpus > clusterGpus) return false;
  }
  return notes.length === 0;
}

function meanOf(values: readonly number[]): number {
  return Math.round((1000 * values.reduce((sum, value) => sum + value, 0)) / values.length) / 1000;
}
