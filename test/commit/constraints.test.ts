import { expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import type { MaskOption } from "../../core/model/constraint-nodes.ts";
import { TestCluster } from "../place/cluster.ts";
import { planQueue } from "../place/planning.ts";

it("nodes that are not what a constraint asks together are a conflict", () => {
  const cluster = new TestCluster();
  cluster.node({ features: 1 });
  cluster.node({ features: 2 });
  cluster.job({ nodes: 2 });
  const tables = cluster.tables();
  const plan = planQueue(tables);
  const shape = tables.pending.columns.shape[0]!;
  const by = (...options: MaskOption[]) =>
    commit(plan, { ...tables, constraints: new Map([[shape, options]]) }, cluster).conflicts;
  const first = { each: [[1, 0]], counts: [] } as const;
  const second = { each: [[2, 0]], counts: [] } as const;
  const either = {
    each: [
      [1, 0],
      [2, 0],
    ],
    counts: [],
  } as const;
  expect(by(either)).toEqual([]);
  expect(by(first, second)).toMatchObject([{ code: "JOB_CHANGED" }]);
});
