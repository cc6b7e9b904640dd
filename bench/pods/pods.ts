/**
 * How much of the GPUs each placement of pods has allocated when as many have been asked for as there are, and the CPU
 * time of a run: on generated mixes, and with `--workload FOLDER` on the published lists, which it holds against the
 * published curves. `npm run bench -- pods [--workload FOLDER] [--json] [--tiny]`. Fails when a curve is further from
 * the published one than a hundredth (0.3 in the mean for `random`), or a device holds more than it has.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readArrivals } from "../../core/simulate/pods/arrivals.ts";
import { readNodes } from "../../core/simulate/pods/node-list.ts";
import { openPlacement } from "../../core/simulate/pods/open-placement.ts";
import { POD_PLACEMENTS, type PodPlacement } from "../../core/simulate/pods/pod.ts";
import { readPods } from "../../core/simulate/pods/pod-list.ts";
import { type PodRun, replayPods } from "../../core/simulate/pods/replay-pods.ts";
import { report } from "../report.ts";
import { type PodCase, podMixes } from "./mixes.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    tiny: { type: "boolean", default: false },
    workload: { type: "string" },
    nodes: { type: "string" },
  },
});

const SEEDS = [42, 43, 44];
const FULL_PCT = 100;
const LAST_PCT = 130;
const MOST_APART = 0.01;
const MOST_APART_RANDOM = 0.3;
const PUBLISHED: Readonly<Partial<Record<PodPlacement, string>>> = {
  fgd: "06-FGD",
  "best-fit": "05-BestFit",
  "gpu-packing": "04-GpuPacking",
  "gpu-clustering": "03-GpuClustering",
  "dot-product": "02-DotProd",
  random: "01-Random",
};
const NODES_FILE = "openb_node_list_gpu_node.csv";

const figures: Record<string, number> = {};
let isRight = true;

const folder = values.workload;
const isPublished = folder !== undefined && existsSync(join(folder, NODES_FILE));
const cases = isPublished
  ? await publishedCases(folder)
  : podMixes(values.tiny ? [1] : [1, 2, 3], values.tiny ? 0.05 : 1);
const curves = isPublished ? publishedCurves(folder) : new Map<string, readonly number[]>();

for (const placement of POD_PLACEMENTS) {
  const allocated: number[] = [];
  const apart: number[] = [];
  let cpuS = 0;
  for (const one of cases) {
    const seed = Number(one.name.split("_").at(-1));
    const before = process.cpuUsage().user;
    const run = await runOf(one, placement, seed);
    const usedS = (process.cpuUsage().user - before) / 1e6;
    cpuS = Math.max(cpuS, usedS);
    const at = run.curve.find(({ arrivedPct }) => arrivedPct === FULL_PCT);
    allocated.push(at?.allocationPct ?? Number.NaN);
    figures[`${placement}_${one.name}_pct`] = rounded(at?.allocationPct ?? 0);
    const theirs = curves.get(`${one.name} ${PUBLISHED[placement] ?? ""}`);
    if (theirs !== undefined)
      apart.push(...run.curve.map(({ arrivedPct, allocationPct }) => allocationPct - theirs[arrivedPct]!));
  }
  figures[`${placement}_mean_pct`] = rounded(meanOf(allocated));
  figures[`${placement}_most_cpu_s`] = rounded(cpuS);
  if (apart.length === 0) continue;
  const most = placement === "random" ? Math.abs(meanOf(apart)) : Math.max(...apart.map(Math.abs));
  figures[`${placement}_apart_pct`] = rounded(most);
  isRight &&= most < (placement === "random" ? MOST_APART_RANDOM : MOST_APART);
}
report("pods", isRight, figures);

async function runOf(
  { pods, nodes, arrivals }: PodCase,
  placement: PodPlacement,
  seed: number,
): Promise<PodRun> {
  const policy = await openPlacement(placement, seed);
  if (!policy.ok) throw new Error(policy.refusal.message);
  const free = Array.from(nodes.gpus, (gpus) => new Int32Array(gpus).fill(1000));
  const run = replayPods({
    pods,
    nodes,
    arrivals,
    policy: policy.value,
    untilArrivedPct: isPublished ? LAST_PCT : FULL_PCT,
    onPlaced: (pod, node, devices) => {
      const { gpuMilli } = pods.shapes[pods.shapeOf[pod]!]!;
      for (const device of devices) {
        free[node]![device]! -= gpuMilli;
        isRight &&= free[node]![device]! >= 0;
      }
    },
  });
  if ("code" in run) throw new Error(run.message);
  return run;
}

async function publishedCases(from: string): Promise<readonly PodCase[]> {
  const nodes = await readNodes(join(from, NODES_FILE));
  if (!nodes.ok) throw new Error(nodes.refusal.message);
  const lists = readdirSync(from).flatMap((file) => /^openb_pod_list_(\w+)\.csv$/.exec(file)?.[1] ?? []);
  const made: PodCase[] = [];
  for (const list of lists) {
    const pods = await readPods(join(from, `openb_pod_list_${list}.csv`));
    if (!pods.ok) throw new Error(pods.refusal.message);
    const path = join(from, `openb_pod_list_${list}.arrivals.json.gz`);
    for (const seed of SEEDS) {
      const arrivals = readArrivals(path, seed, pods.value.shapeOf.length, nodes.value.gpus.length);
      if (!arrivals.ok) throw new Error(arrivals.refusal.message);
      made.push({ name: `${list}_${seed}`, pods: pods.value, nodes: nodes.value, arrivals: arrivals.value });
    }
  }
  return made;
}

/** `LIST_SEED PLACEMENT` → allocation at 0, 1, 2, ... percent of arrived load. */
function publishedCurves(from: string): ReadonlyMap<string, readonly number[]> {
  const [header = "", ...rows] = readFileSync(join(from, "expected-allocation.csv"), "utf8")
    .trim()
    .split("\n");
  const first = header.split(",").indexOf("0");
  return new Map(
    rows.map((row) => {
      const cells = row.split(",");
      const name = `${cells[0]!.replace("openb_pod_list_", "")}_${cells[3]} ${cells[1]}`;
      return [name, cells.slice(first).map(Number)] as const;
    }),
  );
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
