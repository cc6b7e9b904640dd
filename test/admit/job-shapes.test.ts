/** Options on the shape of a job, as the real Slurm 22.05 answered them: tasks that share CPUs, and how tasks lie. */
import { describe, expect, test } from "vitest";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import { ALL } from "../../core/model/request.ts";
import { four, refused, request } from "./asking.ts";
import { clusterOf, device, node, partition } from "./cluster.ts";

describe("tasks that share the CPUs of their node", () => {
  test("need one node and the CPUs of one task, whatever their number", () => {
    const eight = { minNodes: 1, tasks: 8, tasksPerNode: 8, cpusPerTask: 1, cpus: 1, memMib: 100 };
    expect(request({ overcommit: true, ntasks: 8 })).toMatchObject({ ...eight, uneven: false });
    expect(request({ ntasks: 8 })).toMatchObject({ minNodes: 2, tasks: 8 });
  });

  test("are spread evenly over the nodes asked", () => {
    const nine = request({ overcommit: true, ntasks: 9, minNodes: 2, maxNodes: 2, cpusPerTask: 2 });
    expect(nine).toMatchObject({ minNodes: 2, tasksPerNode: 5, cpus: 2, memMib: 200, overcommit: true });
    const range = request({ overcommit: true, ntasks: 3, minNodes: 2, maxNodes: 4 });
    expect(range).toMatchObject({ minNodes: 2, tasksPerNode: 2, cpus: 1 });
  });

  test("keep to the tasks a node and the devices asked", () => {
    expect(request({ overcommit: true, ntasks: 8, ntasksPerNode: 2 })).toMatchObject({
      minNodes: 4,
      tasksPerNode: 2,
      cpus: 1,
    });
    const one = { overcommit: true, ntasks: 8, minNodes: 1, maxNodes: 1 };
    expect(refused({ ...one, ntasksPerNode: 2 }).code).toBe("NODE_CONFIG_UNAVAILABLE");
    const byTask = request({ overcommit: true, ntasks: 4, gpusPerTask: "1" });
    expect(byTask).toMatchObject({ minNodes: 2, cpus: 1, gres: [{ count: 2 }] });
  });

  test("are those of a job that is not overcommitted, and another shape, only where it says so", () => {
    expect(request({ ntasks: 8 })).not.toHaveProperty("overcommit");
    const whole = request({ overcommit: true, ntasks: 8, exclusive: true, cpusPerTask: 2 });
    expect(whole).toMatchObject({ minNodes: 1, cpus: 2, exclusive: true, memMib: ALL });
    expect(refused({ overcommit: true, cpusPerTask: 5 }).code).toBe("NODE_CONFIG_UNAVAILABLE");
  });
});

describe("an arbitrary distribution", () => {
  const listed = { distribution: "arbitrary", nodelist: "n3,n1,n1" };

  test("has the nodes of its list and no others", () => {
    const nodes = [four.nodeOf("n1"), four.nodeOf("n3")];
    expect(request({ ...listed, ntasks: 3 })).toMatchObject({
      minNodes: 2,
      maxNodes: 2,
      tasks: 3,
      requiredNodes: nodes,
    });
    expect(request(listed)).toMatchObject({ minNodes: 2, tasks: 2, requiredNodes: nodes });
    expect(request({ ...listed, ntasks: 1 })).toMatchObject({ minNodes: 1, maxNodes: 1 });
  });

  test("is refused without one, and where the list has more nodes than are asked", () => {
    expect(refused({ distribution: "arbitrary", ntasks: 3 })).toMatchObject({
      code: "INVALID_SPEC",
      message: "With Arbitrary distribution you need to specify a nodelist or hostfile with the -w option",
    });
    expect(refused({ ...listed, ntasks: 3, maxNodes: 1 }).code).toBe("INVALID_NODE_COUNT");
  });
});

test("nodes for jobs of the same user alone are asked of shared nodes, not of whole ones", () => {
  const plain = request({ ntasks: 2 });
  expect(plain).not.toHaveProperty("exclusiveUser");
  expect(request({ ntasks: 2, exclusiveUser: true })).toEqual({ ...plain, exclusiveUser: true });
  expect(request({ exclusive: true, exclusiveUser: true })).toEqual(request({ exclusive: true }));
});

test("any other distribution leaves the request as it is", () => {
  const plain = request({ ntasks: 6, minNodes: 2 });
  for (const distribution of [
    "cyclic",
    "plane=2",
    "*:block",
    "cyclic:cyclic:fcyclic",
    "block,Pack",
    "NoPack",
  ])
    expect(request({ ntasks: 6, minNodes: 2, distribution })).toEqual(plain);
});

test("a job that is bound by memory uses one thread a core, as one that is bound by computing", () => {
  const plain = request({ ntasks: 2 });
  expect(request({ ntasks: 2, hint: "memory_bound" })).toEqual({ ...plain, oneThreadPerCore: 1 });
  expect(request({ ntasks: 2, hint: "compute_bound" })).toEqual({ ...plain, oneThreadPerCore: 1 });
});

describe("devices bound to the CPUs beside them", () => {
  const on = admitClusterOf(
    clusterOf(
      [
        node("n1"),
        node("n2", { cpus: 8, sockets: 2, devices: [device("volta"), device("volta", "gpu", 1)] }),
      ],
      [partition("a", { isDefault: true })],
    ),
    () => 0,
  );

  test("are refused in a sentence where nodes with them have several sockets", () => {
    expect(refused({ gresFlags: "enforce-binding", gres: "gpu:1" }, on)).toMatchObject({
      code: "NOT_SUPPORTED",
      message:
        "--gres-flags=enforce-binding is not supported by this version of Rota: " +
        "which CPUs of a node with several sockets a job gets does not go by its devices",
    });
  });

  test("are taken where there is nothing to choose", () => {
    expect(request({ gresFlags: "enforce-binding", gres: "gpu:1" }).gres).toHaveLength(1);
    expect(request({ gresFlags: "enforce-binding", gres: "gpu:tesla:1" }, on).gres).toHaveLength(1);
    expect(request({ gresFlags: "enforce-binding", ntasks: 2 }, on).gres).toEqual([]);
    const whole = request({ gresFlags: "enforce-binding", gres: "gpu:volta:2", exclusive: true }, on);
    expect(whole.exclusive).toBe(true);
  });
});
