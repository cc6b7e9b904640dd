/** The published curves of the placements of pods (Weng et al., ATC 2023); skipped where the lists are not there. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readArrivals } from "../../../core/simulate/pods/arrivals.ts";
import type { CurvePoint } from "../../../core/simulate/pods/curve.ts";
import { readNodes } from "../../../core/simulate/pods/node-list.ts";
import type { PodPlacement } from "../../../core/simulate/pods/pod.ts";
import { readPods } from "../../../core/simulate/pods/pod-list.ts";
import { type PodRun, replayPods } from "../../../core/simulate/pods/replay-pods.ts";
import { sharingPolicy } from "./sharing-policy.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const folder = process.env["ROTA_FGD_DATA"] ?? join(root, "../shared/data/fgd");
const nodesPath = join(folder, "openb_node_list_gpu_node.csv");

type PublishedPlacement = Exclude<PodPlacement, "foresight">;

const LISTS = ["default", "cpu100", "gpushare40", "gpuspec20", "multigpu30"] as const;
const SEEDS = [42, 43, 44] as const;
const PUBLISHED_NAMES = {
  fgd: "06-FGD",
  "best-fit": "05-BestFit",
  "gpu-packing": "04-GpuPacking",
  "gpu-clustering": "03-GpuClustering",
  "dot-product": "02-DotProd",
  random: "01-Random",
} as const satisfies Record<PublishedPlacement, string>;
/** Published values are sums of values that were rounded to a hundredth, and rounded again. */
const MOST_APART = 0.01;
const MOST_APART_RANDOM = 0.3;

/** By list, placement and seed: the value at each percentage of arrived load. */
function published(
  file: string,
): (list: string, placement: PublishedPlacement, seed: number) => readonly number[] {
  const [header, ...rows] = readFileSync(join(folder, file), "utf8").trim().split("\n");
  const first = header!.split(",").indexOf("0");
  const curves = new Map(
    rows.map((row) => {
      const cells = row.split(",");
      return [`${cells[0]} ${cells[1]} ${cells[3]}`, cells.slice(first).map(Number)] as const;
    }),
  );
  return (list, placement, seed) =>
    curves.get(`openb_pod_list_${list} ${PUBLISHED_NAMES[placement]} ${seed}`)!;
}

async function curveOf(list: string, placement: PodPlacement, seed: number, draws: number) {
  const pods = await readPods(join(folder, `openb_pod_list_${list}.csv`));
  const nodes = await readNodes(nodesPath);
  if (!pods.ok || !nodes.ok) throw new Error("a list cannot be read");
  const path = join(folder, `openb_pod_list_${list}.arrivals.json.gz`);
  const arrivals = readArrivals(path, seed, pods.value.shapeOf.length, nodes.value.gpus.length);
  if (!arrivals.ok) throw new Error(arrivals.refusal.message);
  const replay = { pods: pods.value, nodes: nodes.value, arrivals: arrivals.value };
  const policy = await sharingPolicy(placement, draws);
  return (replayPods({ ...replay, policy, untilArrivedPct: 130 }) as PodRun).curve;
}

const farthest = (ours: readonly number[], theirs: readonly number[]): number =>
  Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!)));
const means = (curves: readonly (readonly number[])[]): readonly number[] =>
  curves[0]!.map((_, i) => curves.reduce((sum, curve) => sum + curve[i]!, 0) / curves.length);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const less = (ours: readonly number[], theirs: readonly number[]): readonly number[] =>
  ours.map((value, i) => value - theirs[i]!);
const allocations = (curve: readonly CurvePoint[]): number[] => curve.map((point) => point.allocationPct);
const fragments = (curve: readonly CurvePoint[]): number[] => curve.map((point) => point.fragmentationPct);

describe.skipIf(!existsSync(nodesPath))("1,213 nodes with 6,212 GPUs, pods to 130 percent of them", () => {
  const names = Object.keys(PUBLISHED_NAMES) as PublishedPlacement[];
  const deterministic = names.filter((name) => name !== "random");

  it.each(deterministic.flatMap((placement) => LISTS.map((list) => [placement, list] as const)))(
    "%s, %s: both curves within a hundredth at every point",
    async (placement, list) => {
      const allocation = published("expected-allocation.csv");
      const fragmentation = published("expected-fragmentation.csv");
      for (const seed of SEEDS) {
        const curve = await curveOf(list, placement, seed, seed);
        expect(curve.map(({ arrivedPct }) => arrivedPct)).toEqual(Array.from({ length: 131 }, (_, x) => x));
        expect(farthest(allocations(curve), allocation(list, placement, seed))).toBeLessThan(MOST_APART);
        expect(farthest(fragments(curve), fragmentation(list, placement, seed))).toBeLessThan(MOST_APART);
      }
    },
    30_000,
  );

  it("random: the mean of each list's curves within 0.3, and the mean of all lists at every point", async () => {
    const theirAllocation = published("expected-allocation.csv");
    const theirFragmentation = published("expected-fragmentation.csv");
    const apart: { allocation: readonly number[]; fragmentation: readonly number[] }[] = [];
    for (const list of LISTS) {
      const ofSeeds: typeof apart = [];
      for (const seed of SEEDS) {
        const curve = await curveOf(list, "random", seed, seed);
        ofSeeds.push({
          allocation: less(allocations(curve), theirAllocation(list, "random", seed)),
          fragmentation: less(fragments(curve), theirFragmentation(list, "random", seed)),
        });
      }
      const allocation = means(ofSeeds.map((one) => one.allocation));
      const fragmentation = means(ofSeeds.map((one) => one.fragmentation));
      expect(Math.abs(mean(allocation))).toBeLessThan(MOST_APART_RANDOM);
      expect(Math.abs(mean(fragmentation))).toBeLessThan(MOST_APART_RANDOM);
      apart.push({ allocation, fragmentation });
    }
    const zero = Array.from({ length: 131 }, () => 0);
    expect(farthest(means(apart.map((one) => one.allocation)), zero)).toBeLessThan(MOST_APART_RANDOM);
    expect(farthest(means(apart.map((one) => one.fragmentation)), zero)).toBeLessThan(MOST_APART_RANDOM);
  }, 30_000);

  it.each(LISTS)(
    "foresight, %s: more is allocated at 100 percent than with fgd, for every seed",
    async (list) => {
      const at100 = (curve: readonly CurvePoint[]): number =>
        curve.find(({ arrivedPct }) => arrivedPct === 100)!.allocationPct;
      for (const seed of SEEDS) {
        const ours = at100(await curveOf(list, "foresight", seed, seed));
        expect(ours).toBeGreaterThan(at100(await curveOf(list, "fgd", seed, seed)) + 0.2);
      }
    },
  );
});
