import { describe, expect, it } from "vitest";
import type { PlacementPolicy, PolicyFault, PolicyJob, TopologyPolicy } from "../../core/model/policy.ts";
import { firstFitPlacement, pickLowest } from "../../core/place/fallback.ts";
import { gpus, TestCluster } from "./cluster.ts";
import { planQueue, startsOf } from "./planning.ts";

const put =
  (at: number, value: (out: Int32Array) => number) =>
  (out: Int32Array): undefined => {
    out[at] = value(out);
  };

/** Takes the highest rows: easy to tell from the fallback. */
function highest(wrong?: (out: Int32Array) => PolicyFault | undefined): PlacementPolicy {
  return {
    ...firstFitPlacement(),
    name: "highest",
    place: (_job, mask, want, out) => {
      let found = 0;
      for (let row = mask.length - 1; found < want; row--) if (mask[row] !== 0) out[found++] = row;
      return wrong?.(out);
    },
  };
}

function queue(jobs: number, nodes = 1): TestCluster {
  const cluster = new TestCluster();
  for (let i = 0; i < 20; i++) cluster.node({ cpus: 2, devices: gpus(2), leaf: i >> 2 });
  for (let i = 0; i < jobs; i++) cluster.job({ nodes, cpusPerTask: 2, gres: [{ dimension: 0, count: 1 }] });
  return cluster;
}

describe("a placement policy", () => {
  it("chooses the nodes of jobs that start now, which go by row in a job", () => {
    const cluster = queue(2, 2);
    const plan = planQueue(cluster.tables(), "planned", { placement: highest() });
    expect(startsOf(plan).map(({ nodes }) => nodes)).toEqual([
      [18, 19],
      [16, 17],
    ]);
  });

  it.each([
    ["a node that is not feasible", put(0, () => 19), "POLICY_BAD_NODE"],
    ["a row that does not exist", put(0, () => 20), "POLICY_BAD_NODE"],
    ["a negative row", put(0, () => -1), "POLICY_BAD_NODE"],
    ["a node twice", put(1, (out) => out[0]!), "POLICY_DUPLICATE_NODE"],
  ] as const)("is dropped for the rest of the pass when it names %s", (_, wrong, code) => {
    const cluster = queue(3, 2);
    let asked = 0;
    const placement = highest((out) => {
      asked++;
      if (asked === 2) wrong(out);
      return undefined;
    });
    const plan = planQueue(cluster.tables(), "planned", { placement });
    expect(startsOf(plan).map(({ nodes }) => nodes)).toEqual([
      [18, 19],
      [0, 1],
      [2, 3],
    ]);
    expect(plan.faults).toMatchObject([{ kind: "placement", module: "highest", fault: { code } }]);
  });

  it("is dropped with the fault that it reports, and the fallback begins with what is free by then", () => {
    const cluster = queue(2);
    const seen: number[][] = [];
    const fallback: PlacementPolicy = {
      ...firstFitPlacement(),
      begin: (nodes) => {
        seen.push([nodes.freeCpus[19]!, nodes.freeGpus[19]!, nodes.freeCpus[0]!, nodes.freeGpus[0]!]);
        return undefined;
      },
    };
    let asked = 0;
    const fault: PolicyFault = { code: "POLICY_TRAP", message: "unreachable" };
    const placement = highest(() => (++asked === 2 ? fault : undefined));
    const plan = planQueue(cluster.tables(), "planned", { placement, fallback });
    expect(startsOf(plan).map(({ nodes }) => nodes)).toEqual([[19], [0]]);
    expect(plan.faults).toEqual([{ kind: "placement", module: "highest", fault }]);
    expect(seen).toEqual([[0, 1, 2, 2]]);
  });

  it("never costs a job its start, even when the fallback is wrong too", () => {
    const cluster = queue(1);
    const wrong = highest(put(0, () => 99));
    const plan = planQueue(cluster.tables(), "planned", {
      placement: wrong,
      fallback: { ...wrong, name: "also" },
    });
    expect(startsOf(plan)[0]!.nodes).toEqual([0]);
    expect(plan.faults.map(({ module }) => module)).toEqual(["highest", "also"]);
  });

  it("is told after each start what is left on the nodes", () => {
    const cluster = queue(1);
    const told: number[][] = [];
    const placement: PlacementPolicy = { ...highest(), update: (...all) => void told.push(all) };
    planQueue(cluster.tables(), "planned", { placement });
    expect(told).toEqual([[19, 0, 4000, 1]]);
  });

  it("sees the job's demands of one node", () => {
    const cluster = new TestCluster();
    cluster.node({ cpus: 8, devices: gpus(2) });
    cluster.node({ cpus: 8, devices: gpus(2) });
    cluster.job({
      nodes: 2,
      tasks: 4,
      cpusPerTask: 2,
      memMib: 100,
      gres: [{ dimension: 1, count: 1 }],
      limitS: 60,
    });
    cluster.job({ exclusive: true });
    const seen: PolicyJob[] = [];
    const placement: PlacementPolicy = {
      ...firstFitPlacement(),
      name: "watching",
      place: (job, mask, want, out) => {
        seen.push({ ...job });
        pickLowest(mask, want, out);
        return undefined;
      },
    };
    planQueue(cluster.tables(), "planned", { placement });
    expect(seen).toEqual([
      {
        jobId: 1,
        nodes: 2,
        tasksPerNode: 2,
        cpus: 4,
        memMib: 100,
        gpus: 1,
        timeLimitS: 60,
        partition: 0,
        priority: 4_294_901_759,
      },
    ]);
  });
});

describe("a topology policy", () => {
  /** The last nodes in descending order, which are the ranks. */
  const topology = (wrong?: (out: Int32Array) => void): TopologyPolicy => {
    const last = highest();
    return {
      name: "last",
      begin: () => undefined,
      update: () => undefined,
      choose: (job, mask, _scores, want, out) => {
        last.place(job, mask, want, out);
        wrong?.(out);
        return undefined;
      },
    };
  };

  it("chooses the nodes of jobs on several, in the order of ranks", () => {
    const cluster = queue(1, 3);
    cluster.job();
    const plan = planQueue(cluster.tables(), "planned", { topology: topology() });
    expect(startsOf(plan).map(({ nodes }) => nodes)).toEqual([[19, 18, 17], [0]]);
  });

  it("leaves the job to the placement policy when it is wrong", () => {
    const cluster = queue(2, 2);
    const plan = planQueue(cluster.tables(), "planned", {
      topology: topology(put(1, (out) => out[0]!)),
    });
    expect(startsOf(plan).map(({ nodes }) => nodes)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(plan.faults).toMatchObject([
      { kind: "topology", module: "last", fault: { code: "POLICY_DUPLICATE_NODE" } },
    ]);
  });
});
