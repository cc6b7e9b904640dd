/** What a submission asks of time, place and licences beside how much: what is refused, and what is carried. */
import { describe, expect, test } from "vitest";
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { CALLER, four, refused, request, understood } from "./asking.ts";
import { clusterOf, device, NOW_S, node, partition, spec } from "./cluster.ts";

describe("what the planner does not have", () => {
  const harmless: readonly Partial<JobSpec>[] = [
    { contiguous: true },
    { distribution: "block" },
    { distribution: "cyclic:fcyclic,NoPack", ntasks: 6 },
    { gresFlags: "disable-binding" },
    { gresFlags: "one-task-per-sharing,allow-task-sharing", gpusPerTask: "1", ntasks: 2 },
    { switches: "2", minNodes: 2, maxNodes: 2 },
    { ntasksPerCore: 1, ntasks: 2 },
    { oversubscribe: true },
    { useMinNodes: true, minNodes: 1, maxNodes: 3 },
    { waitAllNodes: true },
  ];
  test.each(harmless)("is taken where it changes nothing: %j", (over) => {
    expect(request(over).minNodes).toBeGreaterThan(0);
  });

  test("is judged after what is wrong", () => {
    expect(refused({ exclusive: true, oversubscribe: true }).code).toBe("INVALID_SPEC");
    expect(refused({ switches: "1", minNodes: 2, cpusPerTask: 99 }).code).toBe("NODE_CONFIG_UNAVAILABLE");
  });
});

describe("nodes that must lie together", () => {
  test("are carried, with the wait for few switches that the site allows", () => {
    expect(request({ contiguous: true, minNodes: 2, maxNodes: 2 }).contiguous).toBe(true);
    expect(request({ minNodes: 2 }).contiguous).toBeUndefined();
    expect(request({ switches: "1", minNodes: 2 }).switches).toEqual({ count: 1, waitS: 300 });
    expect(request({ switches: "1@30", minNodes: 2 }).switches).toEqual({ count: 1, waitS: 300 });
    expect(request({ switches: "2@0:20", minNodes: 4 }).switches).toEqual({ count: 2, waitS: 20 });
    expect(refused({ switches: "0@1" }).code).toBe("INVALID_SPEC");
  });
});

describe("times", () => {
  test("that a job cannot keep are refused with numbers", () => {
    expect(refused({ timeMinS: 7200, timeLimitS: 3600 }).details).toEqual({ asked: 7200, most: 3600 });
    expect(refused({ timeMinS: 0 }).code).toBe("INVALID_TIME_MIN");
    expect(refused({ deadlineS: NOW_S + 600, timeLimitS: 3600 }).details).toEqual({ asked: 3600, most: 600 });
    expect(refused({ deadlineS: NOW_S + 600, timeLimitS: 300, beginS: NOW_S + 400 }).details).toMatchObject({
      most: 200,
    });
    expect(refused({ deadlineS: NOW_S - 1 }).code).toBe("INVALID_TIME_LIMIT");
    const shorter = { deadlineS: NOW_S + 600, timeLimitS: 3600, timeMinS: 300 };
    expect(request(shorter).minNodes).toBe(1);
    expect(refused({ ...shorter, timeMinS: 601 }).details).toEqual({ asked: 601, most: 600 });
    expect(refused({ deadlineS: NOW_S + 59 }).details).toEqual({ asked: 60, most: 59 });
  });

  test("of a job with a deadline and no limit of its own end by the deadline", () => {
    const limitOf = (over: Partial<JobSpec>): number => {
      const result = admit(spec(over), four, NOW_S, CALLER);
      return result.ok ? result.value.job.timeLimitS : 0;
    };
    expect(limitOf({ deadlineS: NOW_S + 630 })).toBe(600);
    expect(limitOf({ deadlineS: NOW_S + 630, beginS: NOW_S + 300 })).toBe(300);
    expect(limitOf({ deadlineS: NOW_S + 630, timeLimitS: 120 })).toBe(120);
    expect(limitOf({ deadlineS: NOW_S + 4_000_000_000 })).toBe(limitOf({}));
  });
});

describe("licences", () => {
  const state = clusterOf([node("n1")], [partition("a", { isDefault: true })], {
    licences: [
      { name: "ansys", total: 4 },
      { name: "matlab", total: 0 },
    ],
  });
  const on = admitClusterOf(state, () => 0);

  test("that the site has are part of the request", () => {
    const sized = understood({ licenses: "ansys:2" }, on);
    expect(sized).toMatchObject({ ok: true, value: { licences: [{ name: "ansys", count: 2 }] } });
    expect(request({}, on).licences).toBeUndefined();
  });

  test("that it has not, or not so many of, are refused", () => {
    expect(refused({ licenses: "nastran" }, on)).toMatchObject({
      code: "INVALID_LICENSES",
      details: { license: "nastran" },
    });
    expect(refused({ licenses: "ansys:5" }, on).details).toMatchObject({ asked: 5, most: 4 });
    expect(refused({ licenses: "matlab" }, on).details).toMatchObject({ asked: 1, most: 0 });
    expect(refused({ licenses: "a|b" }, on).code).toBe("INVALID_LICENSES");
  });
});

describe("what each task has beside", () => {
  const gpu = four.dimensionOf("gpu", "")!;

  test("are CPUs and GRES", () => {
    expect(request({ ntasks: 3, tresPerTask: "cpu:2,gres/gpu:1" })).toMatchObject({
      cpusPerTask: 2,
      tasksPerNode: 2,
      gres: [{ dimension: gpu, count: 2, perTask: true }],
    });
    expect(request({ ntasks: 2, tresPerTask: "cpu=2,gres/gpu:tesla=1" }).gres[0]?.count).toBe(2);
    expect(request({ cpusPerTask: 2, tresPerTask: "cpu:2" }).cpusPerTask).toBe(2);
  });

  test("that contradict the other options, or are none, are refused", () => {
    expect(refused({ cpusPerTask: 1, tresPerTask: "cpu:2" }).code).toBe("INVALID_CPU_COUNT");
    expect(refused({ gpusPerTask: "1", tresPerTask: "gres/gpu:1" }).code).toBe("INVALID_GRES");
    expect(refused({ tresPerTask: "mem:2" }).code).toBe("INVALID_SPEC");
    expect(refused({ tresPerTask: "license/a:1" }).code).toBe("NOT_SUPPORTED");
    expect(refused({ tresPerTask: "gres/foo:1" }).code).toBe("INVALID_GRES");
  });
});

describe("tasks on sockets and cores", () => {
  const two = admitClusterOf(
    clusterOf(
      [
        node("n1", { cpus: 16, sockets: 2, coresPerSocket: 4, threadsPerCore: 2 }),
        node("n2", { cpus: 16, threadsPerCore: 2 }),
      ],
      [partition("a", { isDefault: true })],
    ),
    () => 0,
  );

  test("are as many on a node as the one with the fewest sockets has room for", () => {
    expect(request({ ntasks: 6, ntasksPerSocket: 3 }, two)).toMatchObject({ minNodes: 2, tasksPerNode: 3 });
    expect(request({ ntasks: 6, ntasksPerSocket: 3, exclude: "n2" }, two)).toMatchObject({ tasksPerNode: 6 });
    expect(refused({ ntasksPerSocket: 0 }, two).code).toBe("INVALID_CPU_COUNT");
  });

  test("on a core take so many of its threads that no more fit", () => {
    const one = { oneThreadPerCore: 1, cpusPerTask: 1 };
    expect(request({ ntasks: 2, ntasksPerCore: 1 }, two)).toMatchObject({ ...one, tasks: 2, cpus: 2 });
    expect(request({ ntasks: 2, ntasksPerCore: 1, cpusPerTask: 2 }, two)).toMatchObject({ ...one, cpus: 2 });
    expect(request({ ntasks: 2, ntasksPerCore: 1, cpusPerTask: 3 }, two)).toMatchObject({
      cpusPerTask: 2,
      cpus: 4,
    });
    expect(request({ ntasks: 2, ntasksPerCore: 1, memPerCpuMib: 10 }, two).memMib).toBe(40);
    expect(request({ ntasks: 16, ntasksPerCore: 1 }, two).minNodes).toBe(2);
    expect(request({ ntasks: 16, ntasksPerCore: 2 }, two)).toMatchObject({
      minNodes: 1,
      oneThreadPerCore: 0,
    });
    expect(request({ ntasks: 2, ntasksPerCore: 1, hint: "nomultithread" }, two).tasks).toBe(2);
    const shared = request({ ntasks: 8, ntasksPerCore: 1, overcommit: true }, two);
    expect(shared).toMatchObject({ minNodes: 1, oneThreadPerCore: 1, cpus: 1 });
  });

  test("on a core of four threads are two, each with two of them", () => {
    const four = admitClusterOf(
      clusterOf([node("p1", { cpus: 16, threadsPerCore: 4 })], [partition("a", { isDefault: true })]),
      () => 0,
    );
    expect(request({ ntasks: 3, ntasksPerCore: 2 }, four)).toMatchObject({ cpusPerTask: 2, cpus: 6 });
    expect(request({ ntasks: 3, ntasksPerCore: 4 }, four)).toMatchObject({ cpusPerTask: 1, cpus: 3 });
    expect(request({ ntasks: 3, ntasksPerCore: 2, cpusPerTask: 3 }, four).cpus).toBe(9);
    expect(refused({ threadsPerCore: 2 }, four)).toMatchObject({
      code: "NOT_SUPPORTED",
      details: { option: "--threads-per-core" },
    });
  });
});

describe("the shape of a node", () => {
  const on = admitClusterOf(
    clusterOf(
      [
        node("n1"),
        node("t1", {
          cpus: 8,
          sockets: 2,
          coresPerSocket: 2,
          threadsPerCore: 2,
          devices: [0, 1, 2, 3].map((lane) => device("tesla", "gpu", lane)),
        }),
      ],
      [partition("all", { isDefault: true }), partition("plain", { nodes: "n1" })],
    ),
    () => 0,
  );
  const n1 = on.nodeOf("n1")!;

  test("keeps a job from nodes with fewer sockets, cores or threads", () => {
    expect(request({ socketsPerNode: 2 }, on).excludedNodes).toEqual([n1]);
    expect(request({ threadsPerCore: 2, ntasks: 2 }, on)).toMatchObject({ excludedNodes: [n1], cpus: 2 });
    expect(request({ coresPerSocket: 2 }, on).excludedNodes).toEqual([]);
    expect(request({ coresPerSocket: 3 }, on).excludedNodes).toEqual([on.nodeOf("t1")!]);
    const line = "Socket, core and/or thread specification can not be satisfied";
    expect(refused({ socketsPerNode: 3 }, on)).toMatchObject({
      code: "NODE_CONFIG_UNAVAILABLE",
      details: { slurmLine: line },
    });
    expect(refused({ threadsPerCore: 2, partition: "plain" }, on).code).toBe("NODE_CONFIG_UNAVAILABLE");
    expect(refused({ socketsPerNode: 0 }, on).code).toBe("INVALID_CPU_COUNT");
  });

  test("of one thread a core is one thread of each, whatever cores hold otherwise", () => {
    const one = { oneThreadPerCore: 1, cpus: 3, excludedNodes: [] };
    expect(request({ threadsPerCore: 1, ntasks: 3 }, on)).toMatchObject(one);
    expect(request({ threadsPerCore: 1, ntasksPerCore: 2, ntasks: 3 }, on)).toMatchObject(one);
  });

  test("is that many tasks of each node where their number is not said", () => {
    expect(request({ minNodes: 1, maxNodes: 1, socketsPerNode: 2 }, on)).toMatchObject({ tasks: 2, cpus: 2 });
    expect(request({ socketsPerNode: 2 }, on).tasks).toBe(1);
    expect(request({ minNodes: 1, socketsPerNode: 2, ntasks: 1 }, on).tasks).toBe(1);
  });

  test("says how many GPUs those of each socket come to", () => {
    const gres = (over: Partial<JobSpec>): number | undefined =>
      request({ socketsPerNode: 2, ...over }, on).gres[0]?.count;
    expect(gres({ gpusPerSocket: "1" })).toBe(2);
    expect(gres({ gpusPerSocket: "tesla:2" })).toBe(4);
    expect(gres({ gpusPerSocket: "1", gpusPerNode: "1" })).toBe(1);
    expect(request({ socketsPerNode: 2, gpusPerSocket: "1", gpusPerTask: "1" }, on)).toMatchObject({
      tasksPerNode: 2,
      gres: [{ count: 2 }],
    });
    expect(refused({ gpusPerSocket: "1" }, on)).toMatchObject({
      code: "INVALID_GRES",
      message: "--gpus-per-socket option requires --sockets-per-node specification",
    });
    expect(refused({ socketsPerNode: 2, gpusPerSocket: "1", gpusPerNode: "4" }, on).code).toBe(
      "INVALID_GRES",
    );
    expect(refused({ socketsPerNode: 2, gpusPerSocket: "3" }, on).code).toBe("NODE_CONFIG_UNAVAILABLE");
  });
});
