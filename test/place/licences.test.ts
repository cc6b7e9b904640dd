import { describe, expect, it } from "vitest";
import type { PlanOptions } from "../../core/place/queue.ts";
import { TestCluster } from "./cluster.ts";
import { planQueue, reasonOf, startsOf } from "./planning.ts";

describe.each<PlanOptions["mode"]>(["planned", "easy", "none", "conservative"])(
  "licences in mode %s",
  (mode) => {
    it("are given in the order of the queue; who finds too few waits for them, and who asks none goes on", () => {
      const cluster = new TestCluster();
      cluster.node({ cpus: 16 });
      for (let i = 0; i < 3; i++) cluster.job({ cpus: 2, cpusPerTask: 2, memMib: 10 });
      cluster.job({ memMib: 10 });
      const tables = cluster.tables();
      const shape = tables.pending.columns.shape[0]!;
      const licences = { free: Int32Array.of(5), asked: new Map([[shape, Int32Array.of(0, 2)]]) };
      const made = planQueue({ ...tables, licences }, mode);
      expect(startsOf(made).map(({ job }) => job)).toEqual([1, 2, 4]);
      expect(reasonOf(made, 2)).toBe("Licenses");
      expect([...licences.free]).toEqual([5]);
    });
  },
);
