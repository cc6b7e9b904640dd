import { describe, expect, it } from "vitest";
import { commit } from "../../core/commit/commit.ts";
import type { SetRule } from "../../core/state/set-rules.ts";
import { NOW_S, TestCluster } from "../place/cluster.ts";
import { planQueue } from "../place/planning.ts";

/** Nodes 0 and 2 of three, of which the last hangs on another switch. */
function planned(rule: Partial<SetRule>, nowS = NOW_S, places = [0, 1, 2]) {
  const cluster = new TestCluster();
  cluster.node({ leaf: 0 });
  cluster.node({ leaf: 0, cpus: 1 });
  cluster.node({ leaf: 1 });
  const row = cluster.job({ nodes: 2, cpus: 2, eligibleS: NOW_S - 100 });
  const tables = cluster.tables();
  const whole = { isContiguous: false, switches: 0, waitS: 0, ...rule };
  const rules = new Map([[tables.pending.columns.shape[row]!, whole]]);
  const live = { ...tables, nowS, setRules: { rules, places: Int32Array.from(places) } };
  return commit(planQueue(tables), live, cluster);
}

describe("nodes that do not lie as a job asks by now", () => {
  it("are a conflict where they are not next to each other in the order of names", () => {
    expect(planned({ isContiguous: true }).conflicts).toMatchObject([{ code: "JOB_CHANGED" }]);
    expect(planned({ isContiguous: true }, NOW_S, [0, 2, 1]).conflicts).toEqual([]);
  });

  it("are a conflict where they hang on too many switches, until the job has waited long enough", () => {
    expect(planned({ switches: 1, waitS: 300 }).conflicts).toMatchObject([{ code: "JOB_CHANGED" }]);
    expect(planned({ switches: 2, waitS: 300 }).conflicts).toEqual([]);
    expect(planned({ switches: 1, waitS: 300 }, NOW_S + 199).conflicts).toHaveLength(1);
    expect(planned({ switches: 1, waitS: 300 }, NOW_S + 200).conflicts).toEqual([]);
  });
});
