import { describe, expect, it } from "vitest";
import { buildKernel } from "../../core/place/build-kernel.ts";
import { MAX_KERNEL_PAGES, maxSlots } from "../../core/place/kernel-memory.ts";
import { slotBorders } from "../../core/place/slots.ts";
import { GPU, gpus, TestCluster } from "./cluster.ts";
import { planByForce } from "./oracle.ts";
import { expectedIn, kernel, planQueue, rank, startsOf } from "./planning.ts";

describe("the planner's kernel", () => {
  it("is compiled once for the same source", async () => {
    await buildKernel();
    expect((await buildKernel()).rebuilt).toBe(false);
  });

  it("has room for a hundred slots of the largest cluster in its memory", () => {
    expect(maxSlots(65_536, 16, 200_000)).toBeGreaterThan(100);
    expect(MAX_KERNEL_PAGES * 65_536).toBe(256 * 1024 * 1024);
  });

  it("plans the largest cluster", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 65_536; i++) cluster.node({ cpus: 8, devices: gpus(1) });
    cluster.job({ nodes: 65_535, gres: [{ dimension: GPU, count: 1 }] });
    const row = cluster.job({ nodes: 2, gres: [{ dimension: GPU, count: 1 }] });
    const plan = planQueue(cluster.tables());
    expect(startsOf(plan).map(({ nodes }) => nodes.length)).toEqual([65_535]);
    expect(expectedIn(plan, row)).toBe(3600);
  });

  it("makes masks anew when there are more than it has room for", () => {
    const cluster = new TestCluster();
    for (let i = 0; i < 12; i++) cluster.node({ cpus: 64 });
    const shunned = (bits: number): number[] => [...Array(12).keys()].filter((node) => (bits >> node) & 1);
    for (let round = 0; round < 2; round++) {
      for (let bits = 0; bits < 1_200; bits++) cluster.job({ excluded: shunned(bits), limitS: 600 });
    }
    const tables = cluster.tables();
    const plan = planQueue(tables);
    expect(kernel.maskCount).toBeLessThan(1_200);
    const oracle = planByForce(cluster, tables, [...rank(tables).order], [...slotBorders(tables, 160)]);
    for (const { row, startS } of oracle) expect(expectedIn(plan, row)).toBe(startS);
  });

  it("plans a cluster without nodes, and a queue without jobs", () => {
    const noNodes = new TestCluster();
    noNodes.job();
    expect(planQueue(noNodes.tables()).startCount).toBe(0);
    const noJobs = new TestCluster();
    noJobs.node();
    expect(planQueue(noJobs.tables()).decisions).toBe(0);
  });
});
