import { expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import { TestCluster } from "../place/cluster.ts";
import { planQueue } from "../place/planning.ts";

it("a start that the licences left do not cover is a conflict, and one that they do takes them", () => {
  const cluster = new TestCluster();
  cluster.node({ cpus: 8 });
  for (let i = 0; i < 3; i++) cluster.job({});
  const tables = cluster.tables();
  const plan = planQueue(tables);
  expect(plan.startCount).toBe(3);
  const shape = tables.pending.columns.shape[0]!;
  const licences = { free: Int32Array.of(5), asked: new Map([[shape, Int32Array.of(0, 2)]]) };
  const { allocations, conflicts } = commit(plan, { ...tables, licences }, cluster);
  expect(allocations).toHaveLength(2);
  expect(conflicts).toMatchObject([{ code: "LICENSES_TAKEN" }]);
});
