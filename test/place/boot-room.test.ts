import { describe, expect, it } from "vitest";
import { MAX_NODE_WEIGHT } from "../../core/model/node.ts";
import type { PassTables } from "../../core/state/tables.ts";
import { NOW_S, TestCluster } from "./cluster.ts";
import { expectedIn, planQueue, startsOf } from "./planning.ts";

const ASLEEP = MAX_NODE_WEIGHT + 2;
const AWAKE = 1;
const BOOT_S = 600;

const withCosts = (cluster: TestCluster, costs: readonly number[]): PassTables => ({
  ...cluster.tables(),
  nodeCosts: Float64Array.from(costs),
  bootS: BOOT_S,
});

const closedFrom = (tables: PassTables, nodes: readonly number[], inS: number): PassTables => ({
  ...tables,
  reservations: [
    {
      id: 1,
      name: "r",
      nodes: Int32Array.from(nodes),
      windows: [{ startS: NOW_S + inS, endS: NOW_S + inS + 3600 }],
      isMaintenance: false,
      isFlexible: false,
      mayOverlap: false,
    },
  ],
});

describe("a job beside nodes that are asleep", () => {
  it.each(["planned", "conservative", "easy", "none"] as const)(
    "starts on those that are awake, whatever they weigh, in the mode %s",
    (mode) => {
      const cluster = new TestCluster();
      for (let i = 0; i < 3; i++) cluster.node();
      cluster.job();
      expect(startsOf(planQueue(withCosts(cluster, [ASLEEP, 9, 5]), mode))[0]!.nodes).toEqual([2]);
    },
  );

  it("starts at once on nodes that must be woken where no others hold it, with those awake among them", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 4; i++) cluster.node();
    cluster.job({ nodes: 3 });
    expect(startsOf(planQueue(withCosts(cluster, [ASLEEP, AWAKE, ASLEEP, AWAKE])))[0]!.nodes).toEqual([
      0, 1, 3,
    ]);
  });

  it("has its tasks on nodes that are awake where there is room for them", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 3; i++) cluster.node({ cpus: 2 });
    cluster.job({ nodes: 1, maxNodes: 3, tasks: 4, uneven: true });
    expect(startsOf(planQueue(withCosts(cluster, [ASLEEP, AWAKE, AWAKE])))[0]!.nodes).toEqual([1, 2]);
  });

  it("does not start where waiting for a node would take it past the time that it has", () => {
    const fits = (limitS: number, costs: readonly number[]): number => {
      const cluster = new TestCluster();
      cluster.node();
      cluster.job({ limitS });
      return planQueue(closedFrom(withCosts(cluster, costs), [0], 3600)).startCount;
    };
    expect(fits(3600, [AWAKE])).toBe(1);
    expect(fits(3600, [ASLEEP])).toBe(0);
    expect(fits(1800, [ASLEEP])).toBe(1);
  });

  it("keeps its nodes from others for as much longer as it waits for them", () => {
    const cluster = new TestCluster();
    cluster.node();
    cluster.job({ cpus: 4, limitS: 3600 });
    const behind = cluster.job({ cpus: 4, limitS: 3600 });
    expect(expectedIn(planQueue(withCosts(cluster, [AWAKE])), behind)).toBe(3600);
    expect(expectedIn(planQueue(withCosts(cluster, [ASLEEP])), behind)).toBeGreaterThanOrEqual(3600 + BOOT_S);
  });
});
