import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { SharingPolicy } from "../../../core/model/sharing.ts";
import { curveText, roundedPct } from "../../../core/simulate/pods/curve.ts";
import { Fragmentation } from "../../../core/simulate/pods/fragmentation.ts";
import {
  type NodeList,
  POD_PLACEMENTS,
  type PodList,
  type PodPlacement,
  type PodShape,
} from "../../../core/simulate/pods/pod.ts";
import { PodCluster } from "../../../core/simulate/pods/pod-cluster.ts";
import { type PodRun, replayPods } from "../../../core/simulate/pods/replay-pods.ts";
import { typicalPods } from "../../../core/simulate/pods/typical-pods.ts";
import { fragmentation, holds, leastFree, type NaiveNode, plainScore, sum } from "./naive.ts";
import { sharingPolicy } from "./sharing-policy.ts";

const MODELS = ["A", "B", "C"];
const shapes: fc.Arbitrary<PodShape> = fc
  .record({
    cpuMilli: fc.integer({ min: 0, max: 12 }).map((cores) => cores * 1000),
    gpus: fc.constantFrom(0, 1, 1, 1, 1, 2, 4),
    gpuMilli: fc.constantFrom(100, 250, 333, 500, 700, 1000, 1000),
    spec: fc.constantFrom("", "", "", "A", "B", "A|C", "X"),
  })
  .map((shape) => (shape.gpus === 0 ? { ...shape, gpuMilli: 0 } : shape));
const nodeRows = fc.array(
  fc.record({
    cpu: fc.integer({ min: 4, max: 40 }).map((cores) => cores * 1000),
    memory: fc.integer({ min: 20, max: 100 }),
    gpus: fc.constantFrom(0, 1, 2, 4, 8),
    model: fc.integer({ min: 0, max: 2 }),
  }),
  { minLength: 1, maxLength: 8 },
);
const podRows = fc.array(fc.record({ shape: fc.nat(), memory: fc.integer({ min: 0, max: 20 }) }), {
  minLength: 1,
  maxLength: 60,
});
const cases = fc
  .record({
    shapes: fc.uniqueArray(shapes, {
      minLength: 1,
      maxLength: 8,
      selector: (shape) => JSON.stringify(shape),
    }),
    nodes: nodeRows.filter((nodes) => nodes.some(({ gpus }) => gpus > 0)),
    pods: podRows,
  })
  .map(({ shapes: kinds, nodes, pods }) => ({
    pods: {
      shapes: kinds,
      shapeOf: Int32Array.from(pods, ({ shape }) => shape % kinds.length),
      memoryMib: Int32Array.from(pods, ({ memory }) => memory),
    } satisfies PodList,
    nodes: {
      cpuMilli: Int32Array.from(nodes, ({ cpu }) => cpu),
      memoryMib: Int32Array.from(nodes, ({ memory }) => memory),
      gpus: Uint8Array.from(nodes, ({ gpus }) => gpus),
      model: Int8Array.from(nodes, ({ gpus, model }) => (gpus === 0 ? -1 : model)),
      models: MODELS,
    } satisfies NodeList,
  }));

interface Placed {
  readonly node: number;
  readonly devices: readonly number[];
}

const policies = new Map<PodPlacement, SharingPolicy>();
beforeAll(async () => {
  for (const name of POD_PLACEMENTS) policies.set(name, await sharingPolicy(name));
});

function placementsOf(pods: PodList, nodes: NodeList, placement: PodPlacement): Placed[] {
  const placed: Placed[] = [];
  const run = replayPods({
    pods,
    nodes,
    arrivals: {
      pods: Int32Array.from(pods.shapeOf, (_, row) => row),
      nodes: Int32Array.from(nodes.gpus, (_, row) => row),
    },
    policy: policies.get(placement)!,
    untilArrivedPct: 100_000,
    onPlaced: (_, node, devices) => placed.push({ node, devices: [...devices] }),
  });
  expect(run).not.toHaveProperty("code");
  return placed;
}

const emptyNodes = (nodes: NodeList): NaiveNode[] =>
  Array.from(nodes.gpus, (gpus, n) => ({
    cpuFree: nodes.cpuMilli[n]!,
    memoryFree: nodes.memoryMib[n]!,
    model: nodes.model[n]!,
    free: Array.from({ length: gpus }, () => 1000),
    kinds: [],
  }));

function take(node: NaiveNode, shape: PodShape, memory: number, devices: readonly number[]): void {
  node.cpuFree -= shape.cpuMilli;
  node.memoryFree -= memory;
  for (const device of devices) node.free[device]! -= shape.gpuMilli;
  if (shape.gpus > 0) node.kinds.push(shape.gpus === 1 && shape.gpuMilli < 1000 ? 0 : shape.gpus);
}

const isPart = ({ gpus, gpuMilli }: PodShape): boolean => gpus === 1 && gpuMilli < 1000;

/** Whole devices by index, as many parts of each as it holds. */
function firstFree(free: readonly number[], { gpus, gpuMilli }: PodShape): number[] {
  if (gpus === 0) return [];
  return free
    .flatMap((milli, d) => Array.from({ length: Math.floor(milli / gpuMilli) }, () => d))
    .slice(0, gpus);
}

describe("fragmentation", () => {
  it("is what a count over all typical pods and devices gives, after every pod", () => {
    fc.assert(
      fc.property(cases, ({ pods, nodes }) => {
        const order = Int32Array.from(nodes.gpus, (_, row) => row);
        const cluster = new PodCluster(nodes, order);
        const typical = typicalPods(pods);
        const measured = new Fragmentation(cluster, typical);
        const naive = emptyNodes(nodes);
        const weight = sum(typical.map(({ count }) => count));
        for (const [pod, { node, devices }] of placementsOf(pods, nodes, "fgd").entries()) {
          if (node === -1) continue;
          const shape = pods.shapes[pods.shapeOf[pod]!]!;
          take(naive[node]!, shape, pods.memoryMib[pod]!, devices);
          cluster.take(node, shape, pods.memoryMib[pod]!, devices);
          measured.update(node);
          const amount = fragmentation(naive[node]!, typical, MODELS);
          expect(measured.amount(node)).toBe(amount);
        }
        const total = sum(naive.map((node) => fragmentation(node, typical, MODELS)));
        expect(measured.totalMilli).toBeCloseTo(total / weight, 9);
      }),
      { numRuns: 60 },
    );
  });

  it("has the most frequent requests as typical pods, to 95 percent, the larger one first of equals", () => {
    const shape = (cpuMilli: number, gpuMilli = 500): PodShape => ({ cpuMilli, gpus: 1, gpuMilli, spec: "" });
    const list = [shape(1), shape(2), shape(3), shape(4)];
    const counts = [90, 4, 4, 2];
    const shapeOf = Int32Array.from(counts.flatMap((count, i) => Array.from({ length: count }, () => i)));
    const typical = typicalPods({ shapes: list, shapeOf, memoryMib: new Int32Array(100) });
    expect(typical).toEqual([
      { shape: list[0], count: 90 },
      { shape: list[2], count: 4 },
      { shape: list[1], count: 4 },
    ]);
  });
});

describe("a pod is placed where a recount over all nodes says", () => {
  it.each(["best-fit", "dot-product", "gpu-packing", "gpu-clustering"] as const)("%s", (placement) => {
    fc.assert(
      fc.property(cases, ({ pods, nodes }) => {
        const naive = emptyNodes(nodes);
        for (const [pod, { node, devices }] of placementsOf(pods, nodes, placement).entries()) {
          const shape = pods.shapes[pods.shapeOf[pod]!]!;
          const memory = pods.memoryMib[pod]!;
          const scores = naive.map((one) =>
            one.memoryFree >= memory && holds(one, shape, MODELS)
              ? Math.max(0, plainScore(placement, one, shape))
              : -1,
          );
          const best = Math.max(...scores);
          expect(node).toBe(best === -1 ? -1 : scores.indexOf(best));
          if (node === -1) continue;
          const { free } = naive[node]!;
          expect(devices).toEqual(isPart(shape) ? leastFree(free, shape) : firstFree(free, shape));
          take(naive[node]!, shape, memory, devices);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("fgd", () => {
    fc.assert(
      fc.property(cases, ({ pods, nodes }) => {
        const naive = emptyNodes(nodes);
        const typical = typicalPods(pods);
        const weight = sum(typical.map(({ count }) => count));
        /** How much less is fragmented with the pod on these devices. */
        const gainOf = (node: NaiveNode, shape: PodShape, devices: readonly number[]): number => {
          const after = { ...node, free: [...node.free], kinds: [...node.kinds] };
          take(after, shape, 0, devices);
          return fragmentation(node, typical, MODELS) - fragmentation(after, typical, MODELS);
        };
        const scoreOf = (gain: number): number =>
          gain === -Infinity ? -1 : Math.floor(100 / (1 + Math.exp(-gain / weight / 1000)));
        for (const [pod, { node, devices }] of placementsOf(pods, nodes, "fgd").entries()) {
          const shape = pods.shapes[pods.shapeOf[pod]!]!;
          const memory = pods.memoryMib[pod]!;
          /** By node, the gain of each choice of devices. */
          const gains = naive.map((one) => {
            if (one.memoryFree < memory || !holds(one, shape, MODELS)) return [];
            if (shape.gpus === 0) return [gainOf(one, shape, [])];
            if (!isPart(shape)) return [gainOf(one, shape, leastFree(one.free, shape))];
            return one.free.map((milli, d) => (milli < shape.gpuMilli ? -Infinity : gainOf(one, shape, [d])));
          });
          const best = gains.map((all) => (all.length === 0 ? -1 : Math.max(...all.map(scoreOf))));
          const top = Math.max(...best);
          if (node === -1) {
            expect(top).toBe(-1);
            continue;
          }
          // A gain of nothing may have lost a unit by rounding.
          const chosen = Math.max(...gains[node]!.map(scoreOf));
          if (gains.flat().includes(0)) expect(chosen).toBeGreaterThanOrEqual(top - 1);
          else {
            expect(node).toBe(best.indexOf(top));
            if (isPart(shape)) expect(devices).toEqual([gains[node]!.map(scoreOf).indexOf(top)]);
            else if (shape.gpus > 0) expect(devices).toEqual(leastFree(naive[node]!.free, shape));
          }
          take(naive[node]!, shape, memory, devices);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(["random", "foresight"] as const)("%s: on a node and devices that hold it", (placement) => {
    fc.assert(
      fc.property(cases, ({ pods, nodes }) => {
        const naive = emptyNodes(nodes);
        for (const [pod, { node, devices }] of placementsOf(pods, nodes, placement).entries()) {
          const shape = pods.shapes[pods.shapeOf[pod]!]!;
          const memory = pods.memoryMib[pod]!;
          const holding = naive.filter((one) => one.memoryFree >= memory && holds(one, shape, MODELS));
          expect(node === -1).toBe(holding.length === 0);
          if (node === -1) continue;
          expect(holding).toContain(naive[node]);
          take(naive[node]!, shape, memory, devices);
          expect(devices).toHaveLength(shape.gpus);
          expect(Math.min(...naive[node]!.free, 0)).toBe(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("random: as the seed says", async () => {
    const [sample] = fc.sample(cases, { numRuns: 1, seed: 7 });
    const { pods, nodes } = sample!;
    const drawn: Placed[][] = [];
    for (const seed of [1, 1]) {
      policies.set("random", await sharingPolicy("random", seed));
      drawn.push(placementsOf(pods, nodes, "random"));
    }
    expect(drawn[1]).toEqual(drawn[0]);
  });
});

describe("the curve", () => {
  const whole: PodShape = { cpuMilli: 0, gpus: 1, gpuMilli: 1000, spec: "" };
  const pods: PodList = {
    shapes: [whole],
    shapeOf: new Int32Array(3),
    memoryMib: new Int32Array(3),
  };
  const nodes: NodeList = {
    cpuMilli: Int32Array.of(1000),
    memoryMib: Int32Array.of(1),
    gpus: Uint8Array.of(2),
    model: Int8Array.of(0),
    models: ["A"],
  };
  const arrivals = { pods: Int32Array.of(0, 1, 2), nodes: Int32Array.of(0) };
  const run = (placement: PodPlacement, untilArrivedPct: number): PodRun =>
    replayPods({ pods, nodes, arrivals, policy: policies.get(placement)!, untilArrivedPct }) as PodRun;

  it("goes on with pods that have arrived and found no place", () => {
    const made = run("best-fit", 200);
    expect([made.arrived, made.placed, made.gpuUsedMilli]).toEqual([3, 2, 2000]);
    expect(curveText(made.curve)).toBe(
      "arrived_pct,allocation_pct,fragmentation_pct\n50,50.000000,0.000000\n100,100.000000,0.000000\n150,100.000000,0.000000\n",
    );
  });

  it("ends before the pod that takes the load above the percentage that was asked for", () => {
    const made = run("fgd", 100);
    expect([made.arrived, made.curve.length]).toEqual([2, 2]);
  });

  it("rounds a half to the even percentage", () => {
    expect([5, 15, 25, 24, 26].map((part) => roundedPct(part, 1000))).toEqual([0, 2, 2, 2, 3]);
  });
});
