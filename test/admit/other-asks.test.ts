/** What a submission asks of time, place and licences beside how much: what is refused, and what is carried. */
import { describe, expect, test } from "vitest";
import { admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { CALLER, four, refused, request, understood } from "./asking.ts";
import { clusterOf, NOW_S, node, partition, spec } from "./cluster.ts";

describe("what the planner does not have", () => {
  const asked: readonly [string, Partial<JobSpec>][] = [
    ["--contiguous", { contiguous: true, minNodes: 2, maxNodes: 2 }],
    ["--exclusive=user", { exclusiveUser: true }],
    ["--gpus-per-socket", { gpusPerSocket: "1" }],
    ["--switches", { switches: "1@60", minNodes: 2, maxNodes: 2 }],
  ];
  test.each(asked)("is refused by the name of %s: %j", (option, over) => {
    expect(refused(over)).toMatchObject({ code: "NOT_SUPPORTED", details: { option } });
  });

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
    expect(refused({ exclusiveUser: true, cpusPerTask: 99 }).code).toBe("NODE_CONFIG_UNAVAILABLE");
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

  test("one on a core is refused where cores have more threads, but with one thread a core", () => {
    expect(refused({ ntasks: 2, ntasksPerCore: 1 }, two).code).toBe("NOT_SUPPORTED");
    expect(request({ ntasks: 2, ntasksPerCore: 2 }, two).tasks).toBe(2);
    expect(request({ ntasks: 2, ntasksPerCore: 1, hint: "nomultithread" }, two).tasks).toBe(2);
  });
});
