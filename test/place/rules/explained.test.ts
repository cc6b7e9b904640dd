import { describe, expect, it } from "vitest";
import { explainRow } from "../../../core/place/explain.ts";
import { GRES_PARENT, type JobOptions, TestCluster } from "../cluster.ts";
import { planQueue } from "../planning.ts";

/** Four nodes, two with feature a on one switch and two with b on another; the second of each pair is busy. */
function explained(options: JobOptions, text = "", isBusy = true) {
  const cluster = new TestCluster();
  for (let node = 0; node < 4; node++) cluster.node({ cpus: 1, features: node < 2 ? 1 : 2, leaf: node >> 1 });
  if (isBusy) for (const node of [1, 3]) cluster.busy(node, 1000, 1);
  const row = cluster.job(options);
  const tables = cluster.tables();
  const names = { node: String, gresParent: GRES_PARENT, features: () => text };
  return explainRow(tables, planQueue(tables, "none"), row, names);
}

describe("what a job asks of its nodes together", () => {
  it("is told with how near the free nodes come, and that it keeps the job", () => {
    const { rules, text } = explained({ nodes: 2, contiguous: true });
    expect(rules).toEqual([{ rule: "contiguous", of: "", asked: 2, most: 1, isKeeping: true }]);
    expect(text).toContain("2 nodes next to each other; the longest row of free ones has 1");
    expect(text).toContain("Without --contiguous the free nodes would do.");
  });

  it("names the switches and how long it waits for them", () => {
    const { rules, text } = explained({ nodes: 2, switches: { count: 1, waitS: 150 } });
    expect(rules).toEqual([{ rule: "switches", of: "1", asked: 2, most: 1, isKeeping: true }]);
    expect(text).toContain(
      "2 nodes on one leaf switch for 50 s more; at most 1 of the free ones hang on so few",
    );
  });

  it("names the features of each option and of each count", () => {
    const [a, b] = [[[1, 0]], [[2, 0]]] as const;
    const either = [
      { each: a, counts: [] },
      { each: b, counts: [] },
    ];
    expect(explained({ nodes: 2, constraint: either }, "[a|b]").rules).toEqual([
      { rule: "constraint", of: "a", asked: 2, most: 1, isKeeping: true },
      { rule: "constraint", of: "b", asked: 2, most: 1, isKeeping: true },
    ]);
    const counted = [{ each: [[0, 0]] as const, counts: [{ sets: a, count: 2 }] }];
    expect(explained({ nodes: 2, constraint: counted }, "a*2").rules).toEqual([
      { rule: "constraint", of: "a", asked: 2, most: 1, isKeeping: true },
    ]);
  });

  it("is told of several things at once, none of which keeps it alone", () => {
    const { rules } = explained({ nodes: 2, contiguous: true, switches: { count: 1, waitS: 150 } });
    expect(rules?.map(({ rule, isKeeping }) => [rule, isKeeping])).toEqual([
      ["contiguous", false],
      ["switches", false],
    ]);
  });

  it("is nothing where it does not ask for any, or its switches are no matter any more", () => {
    expect(explained({ nodes: 3 }).rules).toBeUndefined();
    expect(explained({ nodes: 3, switches: { count: 1, waitS: 100 } }).rules).toBeUndefined();
  });
});
