import { describe, expect, it } from "vitest";
import { parseConstraint, printConstraint } from "../../core/model/constraint.ts";
import { constraintTables, meetsConstraint } from "../../core/state/constraint-tables.ts";
import { planTables } from "../../core/state/pass-snapshot.ts";
import { decodeState, encodeState } from "../../core/state/snapshot.ts";
import { Cluster, nodeSpec, request } from "./fixture.ts";

/** n1 has a, n2 a and b, n3 b, n4 nothing. */
function featured(): Cluster {
  const cluster = new Cluster(0);
  const features = [["a"], ["a", "b"], ["b"], []];
  features.forEach((has, i) => {
    cluster.apply({
      type: "node.registered",
      atS: cluster.nowS,
      spec: nodeSpec(`n${i + 1}`, { features: has }),
    });
  });
  return cluster;
}

const textOf = (text: string): string => {
  const constraint = parseConstraint(text);
  if (!constraint.ok) throw new Error(constraint.message);
  return printConstraint(constraint.value);
};

const submit = (cluster: Cluster, text: string): number =>
  cluster.submit({ fields: { request: request({ features: textOf(text) }) } });

describe("constraints for passes", () => {
  it("are those of waiting jobs that ask more than features of every node", () => {
    const cluster = featured();
    submit(cluster, "a&b");
    expect(planTables(cluster.state, cluster.nowS).constraints).toBeUndefined();
    const either = submit(cluster, "a|b");
    const { shape } = cluster.job(either);
    const tables = planTables(cluster.state, cluster.nowS);
    expect([...(tables.constraints?.keys() ?? [])]).toEqual([shape]);
    expect(tables.shapes.columns.featureLo[shape]).toBe(0);
    cluster.run(either);
    expect(planTables(cluster.state, cluster.nowS).constraints).toBeUndefined();
    cluster.requeue(either);
    expect(planTables(cluster.state, cluster.nowS).constraints?.size).toBe(1);
  });

  it("are the same after a restore", () => {
    const cluster = featured();
    submit(cluster, "[a|b]");
    const restored = decodeState(encodeState(cluster.state));
    expect(restored.constrained).toEqual(cluster.state.constrained);
    expect(constraintTables(restored)).toEqual(constraintTables(cluster.state));
  });

  it.each<[string, number[][], number[][]]>([
    ["a|b", [[0], [0, 1, 2]], [[3], [0, 3]]],
    ["(a|b)&a", [[0, 1]], [[2]]],
    [
      "[a|b]",
      [
        [0, 1],
        [1, 2],
      ],
      [
        [0, 2],
        [0, 1, 2],
      ],
    ],
    [
      "a*1&b*1",
      [
        [0, 2],
        [0, 1],
        [1, 2],
        [0, 2, 3],
      ],
      [[1, 3], [0, 3], [1]],
    ],
    [
      "[a*2|b*2]",
      [
        [0, 1, 3],
        [1, 2, 3],
      ],
      [[0, 2, 3]],
    ],
    ["b&a*1", [[1], [1, 2]], [[0, 1], [2]]],
  ])("%s is met by some nodes and not by others", (text, met, unmet) => {
    const cluster = featured();
    const { shape } = cluster.job(submit(cluster, text));
    const options = constraintTables(cluster.state)!.get(shape)!;
    for (const nodes of met)
      expect([nodes, meetsConstraint(options, cluster.state.nodes, nodes)]).toEqual([nodes, true]);
    for (const nodes of unmet)
      expect([nodes, meetsConstraint(options, cluster.state.nodes, nodes)]).toEqual([nodes, false]);
  });

  it("of features that no node has are met by none", () => {
    const cluster = featured();
    const { shape } = cluster.job(submit(cluster, "c|d"));
    expect(meetsConstraint(constraintTables(cluster.state)!.get(shape)!, cluster.state.nodes, [0])).toBe(
      false,
    );
  });
});
