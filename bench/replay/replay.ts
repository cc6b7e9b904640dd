/**
 * How long replays take in this process, reading apart: EASY with estimates, a pass for each event, of a published log
 * where it is at hand, of a seeded one of a large machine's size on one node of 80,640 CPUs, and of the same on 80,640
 * nodes of one. `npx tsx bench/replay/replay.ts [--log FILE.swf.gz] [--jobs N] [--json] [--tiny]`. Fails only when the
 * two clusters do not give the same starts, never on time.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kernelPath } from "../../core/controller/built-file.ts";
import { PlanKernel } from "../../core/place/kernel.ts";
import { clusterOfNodes } from "../../core/simulate/cluster.ts";
import { choiceOf, FIRST_FIT, openPolicies } from "../../core/simulate/policies.ts";
import { readWorkload } from "../../core/simulate/read-workload.ts";
import { replay } from "../../core/simulate/replay.ts";
import type { Simulation } from "../../core/simulate/simulation.ts";
import type { Workload } from "../../core/simulate/workload.ts";
import { report } from "../report.ts";
import { makeLog } from "./log.ts";

const { values } = parseArgs({
  options: {
    log: { type: "string" },
    jobs: { type: "string", default: "295540" },
    json: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
  },
});
const PROCESSORS = values.tiny ? 640 : 80_640;
const JOBS = values.tiny ? 500 : Number(values.jobs);
if (!(Number.isInteger(JOBS) && JOBS > 0)) throw new Error("--jobs takes a number above 0");
const SEED = 20_260_101;
const batchData = process.env["ROTA_BATCH_DATA"] ?? join(import.meta.dirname, "../../../shared/data/batch");
const published = values.log ?? join(batchData, "SDSC-SP2.swf.gz");

const names = { order: choiceOf("order", "fcfs"), placement: choiceOf("placement", FIRST_FIT) };
const opened = openPolicies(names);
if (!opened.ok) throw new Error(opened.refusal.message);
const policies = opened.value;
const kernel = readFileSync(kernelPath());
const figures: Record<string, number> = {};

if (!values.tiny && existsSync(published)) {
  const read = await readWorkload(published, 0);
  if (!read.ok) throw new Error(read.refusal.message);
  const { workload } = read.value;
  keep("log", timed(workload, 1, workload.machineCpus));
}
const log = makeLog({ jobs: JOBS, processors: PROCESSORS, load: 0.9, seed: SEED });
const pool = keep("pool", timed(log, 1, PROCESSORS));
const apart = keep("nodes", timed(log, PROCESSORS, 1));
const isRight =
  pool.jobs.startS.every((startS, job) => startS >= 0 && startS === apart.jobs.startS[job]) &&
  [...(pool.notes ?? []), ...(apart.notes ?? [])].length === 0;
report("replay", isRight, figures);

function timed(workload: Workload, count: number, cpus: number): Simulation {
  return replay({
    workload,
    cluster: clusterOfNodes({ count, cpus, gpus: 0, gpuModel: "", memoryMib: 1024 }),
    policies,
    kernel: new PlanKernel(kernel),
    settings: {
      label: "easy",
      backfill: { mode: "easy", order: "queue" },
      eventOrder: "serial",
      estimates: "requested",
      seed: 0,
      keepPlacements: false,
    },
    nowMs: () => performance.now(),
    peakRssMib: () => process.resourceUsage().maxRSS / 1024,
  });
}

function keep(name: string, run: Simulation): Simulation {
  const { jobs, passes, decisions, wallS, peakRssMib } = run.summary;
  figures[`${name}_jobs`] = jobs;
  figures[`${name}_wall_s`] = Math.round(wallS * 1000) / 1000;
  figures[`${name}_jobs_per_s`] = Math.round(jobs / wallS);
  figures[`${name}_decisions_per_pass`] = Math.round((10 * decisions) / passes) / 10;
  figures[`${name}_peak_rss_mib`] = Math.round(peakRssMib);
  return run;
}
