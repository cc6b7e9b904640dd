import { describe, expect, test } from "vitest";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import type { ErrorCode } from "../../core/model/errors.ts";
import { MAX_NODES } from "../../core/model/ids.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { ALL } from "../../core/model/request.ts";
import { refused, request, understood } from "./asking.ts";
import { clusterOf, node, partition } from "./cluster.ts";

/** Nodes, tasks, tasks on the fullest node, its CPUs. */
type Row = readonly [string, Partial<JobSpec>, readonly [number, number, number, number]];

describe("nodes and tasks, as the real one counts them on the same cluster", () => {
  const rows: readonly Row[] = [
    ["-N 2", { minNodes: 2, maxNodes: 2 }, [2, 2, 1, 1]],
    ["-n 5", { ntasks: 5 }, [2, 5, 4, 4]],
    ["-n 16", { ntasks: 16 }, [4, 16, 4, 4]],
    ["-n 4 -c 2", { ntasks: 4, cpusPerTask: 2 }, [2, 4, 2, 4]],
    ["-c 2 -N 2", { cpusPerTask: 2, minNodes: 2, maxNodes: 2 }, [2, 2, 1, 2]],
    ["-N 4 -n 2 is cut to two nodes", { minNodes: 4, maxNodes: 4, ntasks: 2 }, [2, 2, 1, 1]],
    ["-N 2-3 -n 7", { minNodes: 2, maxNodes: 3, ntasks: 7 }, [2, 7, 4, 4]],
    ["-N 2-4 -n 10", { minNodes: 2, maxNodes: 4, ntasks: 10 }, [3, 10, 4, 4]],
    ["-n 5 --ntasks-per-node=2", { ntasks: 5, ntasksPerNode: 2 }, [3, 5, 2, 2]],
    ["-n 8 --ntasks-per-node=2", { ntasks: 8, ntasksPerNode: 2 }, [4, 8, 2, 2]],
    ["-N 2 --ntasks-per-node=2", { minNodes: 2, maxNodes: 2, ntasksPerNode: 2 }, [2, 4, 2, 2]],
    ["-n 4 --mem-per-cpu=1500", { ntasks: 4, memPerCpuMib: 1500 }, [2, 4, 2, 2]],
    ["-p debug,long -n 9", { partition: "debug,long", ntasks: 9 }, [3, 9, 4, 4]],
    ["-w n1,n3", { nodelist: "n1,n3" }, [2, 2, 1, 1]],
    ["-w n1 -N 2", { nodelist: "n1", minNodes: 2, maxNodes: 2 }, [2, 2, 1, 1]],
  ];
  test.each(rows)("%s", (_, over, [nodes, tasks, tasksPerNode, cpus]) => {
    expect(request(over)).toMatchObject({ minNodes: nodes, tasks, tasksPerNode, cpus });
  });

  const waiting: readonly Row[] = [
    ["-N 99 -n 99", { minNodes: 99, maxNodes: 99, ntasks: 99 }, [99, 99, 1, 1]],
    ["-n 99 needs 25 of such nodes", { ntasks: 99 }, [25, 99, 4, 4]],
    ["-n 6 -c 3", { ntasks: 6, cpusPerTask: 3 }, [6, 6, 1, 3]],
    ["-N 5 -c 5", { minNodes: 5, maxNodes: 5, cpusPerTask: 5 }, [5, 5, 1, 5]],
    ["-p long -N 3", { partition: "long", minNodes: 3, maxNodes: 3 }, [3, 3, 1, 1]],
    ["-p long -n 9", { partition: "long", ntasks: 9 }, [3, 9, 4, 4]],
  ];
  test.each(waiting)("%s is more than the partition has nodes: accepted, to wait", (_, over, row) => {
    const [nodes, tasks, tasksPerNode, cpus] = row;
    expect(request(over)).toMatchObject({ minNodes: nodes, tasks, tasksPerNode, cpus });
  });

  const never: readonly [string, Partial<JobSpec>, ErrorCode, Record<string, unknown>][] = [
    ["-c 5", { cpusPerTask: 5 }, "NODE_CONFIG_UNAVAILABLE", { asked: 5, most: 4 }],
    ["-N 1 -n 5", { minNodes: 1, maxNodes: 1, ntasks: 5 }, "NODE_CONFIG_UNAVAILABLE", { leastNodes: 2 }],
    [
      "-N 2 -n 8 --ntasks-per-node=2",
      { minNodes: 2, maxNodes: 2, ntasks: 8, ntasksPerNode: 2 },
      "NODE_CONFIG_UNAVAILABLE",
      { leastNodes: 4 },
    ],
    ["--ntasks-per-node=5", { ntasksPerNode: 5 }, "NODE_CONFIG_UNAVAILABLE", { tasksPerNode: 5, most: 0 }],
    [
      "-N 1 -n 4 --mem-per-cpu=1500",
      { minNodes: 1, maxNodes: 1, ntasks: 4, memPerCpuMib: 1500 },
      "NODE_CONFIG_UNAVAILABLE",
      {},
    ],
    ["--mem=99G", { memPerNodeMib: 99 * 1024 }, "MEMORY_NOT_SATISFIABLE", { asked: 101_376, most: 4000 }],
    ["--mem=4001", { memPerNodeMib: 4001 }, "MEMORY_NOT_SATISFIABLE", { asked: 4001, most: 4000 }],
    ["--mem-per-cpu=5000", { memPerCpuMib: 5000 }, "MEMORY_NOT_SATISFIABLE", { asked: 5000, most: 4000 }],
    ["--gres=gpu:9", { gres: "gpu:9" }, "NODE_CONFIG_UNAVAILABLE", { gres: "gpu", asked: 9, most: 2 }],
    ["-x n[1-4]", { exclude: "n[1-4]" }, "NODE_CONFIG_UNAVAILABLE", { asked: 1, most: 0 }],
    [
      "-x n[1-3] -N 2",
      { exclude: "n[1-3]", minNodes: 2, maxNodes: 2 },
      "NODE_CONFIG_UNAVAILABLE",
      { most: 1 },
    ],
    ["-p long -w n3", { partition: "long", nodelist: "n3" }, "NODE_CONFIG_UNAVAILABLE", { wrong: 1 }],
    [
      "-w n[1-3] -N 2",
      { nodelist: "n[1-3]", minNodes: 2, maxNodes: 2 },
      "INVALID_NODE_COUNT",
      { asked: 3, most: 2 },
    ],
    ["-w n1 -x n1", { nodelist: "n1", exclude: "n1,n2" }, "INVALID_NODE_NAME", { node: "n1" }],
    ["-w nonode", { nodelist: "nonode" }, "INVALID_NODE_NAME", { node: "nonode" }],
    ["-N 650000", { minNodes: 650_000 }, "INVALID_NODE_COUNT", { asked: 650_000, most: MAX_NODES }],
    ["-N 3-2", { minNodes: 3, maxNodes: 2 }, "INVALID_NODE_COUNT", {}],
    ["-C nofeat", { constraint: "nofeat" }, "INVALID_FEATURE", { feature: "nofeat" }],
    ["--gres=foo:1", { gres: "foo:1" }, "INVALID_GRES", { gres: "foo" }],
    ["--gres=gpu:volta:1", { gres: "gpu:volta:1" }, "INVALID_GRES", { gres: "gpu:volta" }],
    ["-n 2000000 -c 2000", { ntasks: 2_000_000, cpusPerTask: 2000 }, "NODE_CONFIG_UNAVAILABLE", {}],
    ["--mem and --mem-per-cpu", { memPerNodeMib: 1, memPerCpuMib: 1 }, "INVALID_SPEC", {}],
  ];
  test.each(never)("%s could never run: refused, with numbers", (_, over, code, details) => {
    expect(refused(over)).toMatchObject({ code, ...(Object.keys(details).length > 0 ? { details } : {}) });
  });

  test("a task with more CPUs than any node has carries the line that Slurm prints first", () => {
    expect(refused({ cpusPerTask: 5 }).details?.["slurmLine"]).toBe(
      "CPU count per node can not be satisfied",
    );
    expect(refused({ minNodes: 1, maxNodes: 1, ntasks: 5 }).details?.["slurmLine"]).toBeUndefined();
  });
});

describe("tasks that may lie where there is room", () => {
  const mixed = admitClusterOf(
    clusterOf(
      [node("n1", { cpus: 8 }), node("n2"), node("n3"), node("n4", { cpus: 2 })],
      [partition("a", { isDefault: true }), partition("small", { nodes: "n[2-4]" })],
    ),
    () => 0,
  );
  const uneven = (over: Partial<JobSpec>) => {
    const { minNodes, maxNodes, tasksPerNode, uneven } = request(over, mixed);
    return { minNodes, maxNodes, tasksPerNode, uneven };
  };

  test("are those of a job that says how many, from the fewest nodes that hold them to one each", () => {
    expect(uneven({ ntasks: 4 })).toEqual({ minNodes: 1, maxNodes: 4, tasksPerNode: 4, uneven: true });
    expect(uneven({ ntasks: 18 })).toEqual({ minNodes: 4, maxNodes: 18, tasksPerNode: 8, uneven: true });
    expect(uneven({ ntasks: 6, cpusPerTask: 2 })).toMatchObject({ minNodes: 2, tasksPerNode: 4 });
  });

  test("are as many on a node as are left when each other has one", () => {
    expect(uneven({ ntasks: 5, minNodes: 4, maxNodes: 4 })).toMatchObject({ maxNodes: 4, tasksPerNode: 2 });
    expect(uneven({ ntasks: 7, minNodes: 2, maxNodes: 3 })).toMatchObject({ minNodes: 2, tasksPerNode: 6 });
  });

  test("are at most --ntasks-per-node on a node", () => {
    expect(uneven({ ntasks: 7, ntasksPerNode: 3 })).toEqual({
      minNodes: 3,
      maxNodes: 7,
      tasksPerNode: 3,
      uneven: true,
    });
  });

  test("have the cap of the largest node of all partitions named", () => {
    expect(uneven({ ntasks: 9, partition: "small,a" })).toMatchObject({ minNodes: 3, tasksPerNode: 7 });
  });

  const fixed: readonly [string, Partial<JobSpec>][] = [
    ["-n 1", { ntasks: 1 }],
    ["-N 3", { minNodes: 3, maxNodes: 3 }],
    ["-N 3 -n 3", { minNodes: 3, maxNodes: 3, ntasks: 3 }],
    ["-N 1 -n 4", { minNodes: 1, maxNodes: 1, ntasks: 4 }],
    ["-N 3 -n 6 --ntasks-per-node=2", { minNodes: 3, maxNodes: 3, ntasks: 6, ntasksPerNode: 2 }],
    ["-N 3 --ntasks-per-node=2", { minNodes: 3, maxNodes: 3, ntasksPerNode: 2 }],
    ["-n 2 --gpus-per-task=1 --mem-per-gpu=1", { ntasks: 2, gpusPerTask: "1", memPerGpuMib: 1 }],
    ["-n 4 --exclusive", { ntasks: 4, exclusive: true }],
    ["-n 2 --gres=gpu:2 --cpus-per-gpu=1", { ntasks: 2, gres: "gpu:2", cpusPerGpu: 1 }],
  ];
  test.each(fixed)("%s leaves no choice, or none that is counted in tasks", (_, over) => {
    expect(request(over, mixed).uneven).toBe(false);
  });

  test("that no nodes hold are refused with how many they do", () => {
    const asked = { ntasks: 14, minNodes: 2, maxNodes: 2 };
    expect(refused(asked, mixed).details).toMatchObject({ asked: 14, most: 12, leastNodes: 3 });
    expect(refused({ ntasks: 11, exclude: "n1", minNodes: 3, maxNodes: 3 }, mixed).details).toMatchObject({
      asked: 11,
      most: 10,
    });
    expect(refused({ ntasks: 9, minNodes: 2, maxNodes: 2, nodelist: "n[3-4]" }, mixed).details).toMatchObject(
      {
        asked: 9,
        most: 6,
      },
    );
    const apart = { ntasks: 6, ntasksPerNode: 1, minNodes: 5, maxNodes: 5 };
    expect(refused(apart, mixed).details).toMatchObject({ asked: 6, most: 4 });
    expect(request({ ntasks: 19 }, mixed)).toMatchObject({ minNodes: 5 });
  });

  test("take their memory by CPU and their devices with them, and those of a node stay whole", () => {
    const asked = request({ ntasks: 4, gpusPerTask: "1", cpusPerTask: 2 });
    expect(asked).toMatchObject({ tasksPerNode: 2, cpus: 4, memMib: 400 });
    expect(request({ ntasks: 6, gres: "gpu:2" }).gres).toEqual([{ dimension: 0, count: 2 }]);
    expect(request({ ntasks: 6, memPerNodeMib: 700 })).toMatchObject({ memMib: 700, uneven: true });
  });
});

describe("memory", () => {
  test("is the fullest node's, by node or by CPU", () => {
    expect(request({ memPerNodeMib: 300, ntasks: 2 })).toMatchObject({
      memMib: 300,
      memPer: "node",
      memPerMib: 300,
    });
    expect(request({ memPerCpuMib: 300, ntasks: 2, cpusPerTask: 2 })).toMatchObject({
      memMib: 1200,
      memPer: "cpu",
    });
    expect(request({ ntasks: 3 })).toMatchObject({ memMib: 300, memPer: "cpu", memPerMib: 100 });
  });

  test("of 0, or where the site has no default, is all of each node", () => {
    const whole = { memMib: ALL, memPer: "node", memPerMib: 0 };
    expect(request({ memPerNodeMib: 0 })).toMatchObject(whole);
    expect(request({ memPerCpuMib: 0 })).toMatchObject(whole);
    const state = clusterOf([node("n1")], [partition("a", { isDefault: true, defMemPerCpuMib: 0 })]);
    expect(
      request(
        {},
        admitClusterOf(state, () => 0),
      ),
    ).toMatchObject(whole);
  });

  test("of a site's default a node", () => {
    const a = partition("a", { isDefault: true, defMemPerCpuMib: 0, defMemPerNodeMib: 500 });
    const state = clusterOf([node("n1")], [a]);
    expect(
      request(
        { ntasks: 3 },
        admitClusterOf(state, () => 0),
      ),
    ).toMatchObject({ memMib: 500, memPer: "node" });
  });

  test("by GPU needs GPUs", () => {
    expect(request({ memPerGpuMib: 1000, gres: "gpu:2" })).toMatchObject({
      memMib: 2000,
      memPer: "gpu",
      memPerMib: 1000,
    });
    expect(refused({ memPerGpuMib: 1000 }).code).toBe("INVALID_SPEC");
    expect(refused({ memPerGpuMib: 3000, gres: "gpu:2" }).code).toBe("MEMORY_NOT_SATISFIABLE");
  });
});

describe("whole nodes and threads", () => {
  const smt = admitClusterOf(
    clusterOf(
      [node("n1", { cpus: 8, threadsPerCore: 2, memoryMib: 8000 })],
      [partition("a", { isDefault: true })],
    ),
    () => 0,
  );

  test("an exclusive job has all CPUs of its nodes", () => {
    expect(request({ exclusive: true, ntasks: 2 })).toMatchObject({
      cpus: ALL,
      memMib: ALL,
      exclusive: true,
      tasks: 2,
    });
    expect(request({ exclusive: true, memPerNodeMib: 200 })).toMatchObject({ cpus: ALL, memMib: 200 });
  });

  test("one thread a core halves what a node with two holds", () => {
    expect(request({ ntasks: 8 }, smt)).toMatchObject({ minNodes: 1, oneThreadPerCore: 0 });
    expect(request({ ntasks: 4, hint: "nomultithread" }, smt)).toMatchObject({
      oneThreadPerCore: 1,
      cpus: 4,
      memMib: 800,
    });
    expect(request({ ntasks: 5, hint: "nomultithread" }, smt).minNodes).toBe(2);
    expect(request({ ntasks: 8, hint: "multithread" }, smt)).toMatchObject({ oneThreadPerCore: 0 });
  });
});

describe("features", () => {
  const mixed = admitClusterOf(
    clusterOf(
      [node("n1", { features: ["ib", "big"] }), node("n2", { features: ["ib"] }), node("n3")],
      [partition("a", { isDefault: true })],
    ),
    () => 0,
  );

  test("must all be had, and are kept sorted", () => {
    expect(request({ constraint: "ib&big" }, mixed).features).toBe("big&ib");
    expect(request({ constraint: "ib", minNodes: 2, maxNodes: 2 }, mixed).features).toBe("ib");
    expect(refused({ constraint: "big", minNodes: 2, maxNodes: 2 }, mixed).code).toBe(
      "NODE_CONFIG_UNAVAILABLE",
    );
    expect(refused({ constraint: "big", nodelist: "n2" }, mixed).code).toBe("NODE_CONFIG_UNAVAILABLE");
  });

  const sized = (constraint: string, over: Partial<JobSpec> = {}) => {
    const result = understood({ constraint, ...over }, mixed);
    return result.ok ? result.value : result.refusal;
  };

  test("of which nodes need one are met by any of them", () => {
    const two = { minNodes: 2, maxNodes: 2 };
    expect(sized("big|ib", two)).toMatchObject({ minNodes: 2, features: "big|ib" });
    expect(sized("big|ib", { minNodes: 3, maxNodes: 3 })).toMatchObject({ details: { asked: 3, most: 2 } });
  });

  test("in brackets are met by nodes that are alike", () => {
    expect(sized("[ib|big]", { minNodes: 2, maxNodes: 2 })).toMatchObject({ features: "[big|ib]" });
    const three = { minNodes: 3, maxNodes: 3 };
    expect(sized("[ib|big]", three)).toMatchObject({ code: "NODE_CONFIG_UNAVAILABLE" });
  });

  test("with counts bring so many nodes, and those must have them", () => {
    expect(sized("big*1&ib*1")).toMatchObject({ minNodes: 2, tasks: 2, features: "big*1&ib*1" });
    expect(sized("big*2")).toMatchObject({ code: "NODE_CONFIG_UNAVAILABLE", details: { asked: 2, most: 1 } });
    expect(sized("ib*2", { ntasks: 1 })).toMatchObject({ code: "INVALID_NODE_COUNT", details: { most: 1 } });
    expect(sized("ib*4")).toMatchObject({ minNodes: 4 });
  });

  test.each(["[big|ib]", "ib*2"])("written as %s are taken as they are", (constraint) => {
    expect(request({ constraint }, mixed).features).toBe(constraint);
  });

  test("that come to every node's are taken however they are written", () => {
    expect(request({ constraint: "[(ib)&(big&ib)]" }, mixed).features).toBe("big&ib");
  });

  test.each(["", "ib&", "!ib", "ib,big", "ib|none"])(
    "written as %j are refused as wrong, or are none",
    (text) => {
      if (text === "") expect(request({ constraint: text }, mixed).features).toBe("");
      else expect(refused({ constraint: text }, mixed).code).toBe("INVALID_FEATURE");
    },
  );
});

test("a node that only the configuration knows may have any GRES, until it has registered", () => {
  const expected = [{ name: "n1", cpus: 4, memoryMib: 4000, gres: "gpu:2", features: [], topologyLeaf: "" }];
  const state = clusterOf([], [partition("a", { isDefault: true })], { expected });
  const on = admitClusterOf(state, () => 0);
  expect(request({ gres: "gpu:9" }, on).minNodes).toBe(1);
  expect(refused({ memPerNodeMib: 4001 }, on).code).toBe("MEMORY_NOT_SATISFIABLE");
});

test("a node whose size nobody has said yet is taken for large enough", () => {
  const expected = [{ name: "n1", cpus: 0, memoryMib: 0, gres: "", features: [], topologyLeaf: "" }];
  const on = admitClusterOf(clusterOf([], [partition("a", { isDefault: true })], { expected }), () => 0);
  expect(request({ ntasks: 64, memPerNodeMib: 100_000 }, on)).toMatchObject({ minNodes: 1, tasks: 64 });
});
