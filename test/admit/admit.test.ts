import { describe, expect, test } from "vitest";
import { type Admitted, admit } from "../../core/admit/admit.ts";
import { admitClusterOf } from "../../core/admit/cluster-of.ts";
import type { ErrorCode } from "../../core/model/errors.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { MAX_SCRIPT_BYTES } from "../../core/model/job-spec.ts";
import type { Refusal } from "../../core/model/refusal.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import { reduce } from "../../core/state/reduce.ts";
import { clusterOf, fourNodes, NOW_S, node, partition, spec } from "./cluster.ts";

const cluster = admitClusterOf(fourNodes(), () => 0);
const USER = { operator: false };

const admitted = (over: Partial<JobSpec>, on = cluster): Admitted => {
  const result = admit(spec(over), on, NOW_S, USER);
  if (!result.ok) throw new Error(`${result.refusal.code}: ${result.refusal.message}`);
  return result.value;
};

const refused = (over: Partial<JobSpec>, on = cluster, caller = USER): Refusal => {
  const result = admit(spec(over), on, NOW_S, caller);
  if (result.ok) throw new Error("admitted");
  return result.refusal;
};

describe("a submission that asks nothing", () => {
  const { job, array, script, environment } = admitted({});

  test("gets one task on one node of the default partition, with its default memory and its limit as time limit", () => {
    expect(job.partitions).toEqual(["debug"]);
    expect(job.timeLimitS).toBe(3600);
    expect(job.request).toEqual({
      minNodes: 1,
      maxNodes: 1,
      tasks: 1,
      tasksPerNode: 1,
      cpusPerTask: 1,
      cpus: 1,
      memMib: 100,
      memPer: "cpu",
      memPerMib: 100,
      gres: [],
      exclusive: false,
      oneThreadPerCore: 0,
      uneven: false,
      features: "",
      requiredNodes: [],
      excludedNodes: [],
    });
  });

  test("is not held, may be requeued, and starts as soon as it can", () => {
    expect(job).toMatchObject({
      held: "",
      requeueAllowed: true,
      beginS: 0,
      nice: 0,
      account: "",
      qos: "",
      comment: "",
    });
    expect(job.dependency).toBeUndefined();
    expect(array).toBeUndefined();
  });

  test("keeps script and environment apart from what the journal keeps", () => {
    expect(script).toBe("#!/bin/sh\ntrue\n");
    expect(environment).toEqual({ PATH: "/bin" });
    expect(job.spec).not.toHaveProperty("script");
    expect(job.spec).not.toHaveProperty("environment");
  });

  test("is named after its script, and as Slurm names a script that came on stdin", () => {
    expect(job.name).toBe("sbatch");
    expect(admitted({ scriptPath: "/home/alice/hello.sh" }).job.name).toBe("hello.sh");
    expect(admitted({ scriptPath: "/home/alice/hello.sh", name: "mine" }).job.name).toBe("mine");
  });
});

describe("partitions", () => {
  test("are taken in the order named, each once", () => {
    expect(admitted({ partition: "long,debug,long" }).job.partitions).toEqual(["long", "debug"]);
  });

  test("that do not exist are refused by name, also beside one that does", () => {
    expect(refused({ partition: "nope" })).toMatchObject({
      code: "INVALID_PARTITION",
      message: "invalid partition specified: nope",
      details: { partition: "nope" },
    });
    expect(refused({ partition: "debug,nope" }).details).toEqual({ partition: "nope" });
    expect(refused({ partition: "debug," }).code).toBe("INVALID_PARTITION");
  });

  test("that drain take no jobs, and ones that are down do", () => {
    const state = clusterOf(
      [node("n1")],
      [partition("a", { state: "DRAIN" }), partition("b", { state: "DOWN" })],
    );
    const on = admitClusterOf(state, () => 0);
    expect(refused({ partition: "a" }, on).code).toBe("PARTITION_UNAVAILABLE");
    expect(admitted({ partition: "b" }, on).job.partitions).toEqual(["b"]);
    expect(refused({}, on).message).toMatch(/no partition is named/);
  });
});

describe("time limits", () => {
  test("above the partition's are accepted: the job waits", () => {
    expect(admitted({ timeLimitS: 7200 }).job.timeLimitS).toBe(7200);
    expect(admitted({ timeLimitS: UNLIMITED_S }).job.timeLimitS).toBe(UNLIMITED_S);
  });

  test("default to the first partition's default, else to its limit", () => {
    expect(admitted({ partition: "long" }).job.timeLimitS).toBe(UNLIMITED_S);
    expect(admitted({ partition: "debug,long" }).job.timeLimitS).toBe(3600);
    const state = clusterOf([node("n1")], [partition("a", { isDefault: true, defaultTimeS: 600 })]);
    expect(
      admitted(
        {},
        admitClusterOf(state, () => 0),
      ).job.timeLimitS,
    ).toBe(600);
  });

  test.each([0, -1, 1.5, 2 ** 31])("of %d seconds are refused", (timeLimitS) => {
    expect(refused({ timeLimitS }).code).toBe("INVALID_TIME_LIMIT");
  });
});

describe("arrays", () => {
  test("keep their tasks and their limit", () => {
    expect(admitted({ array: "0-3%2" }).array).toEqual({ tasks: [0, 1, 2, 3], throttle: 2 });
    expect(admitted({ array: "1,5-9:2" }).array).toEqual({ tasks: [1, 5, 7, 9], throttle: 0 });
  });

  test("with a task id at or above the site's array size are refused", () => {
    expect(refused({ array: "0-99999" })).toMatchObject({ code: "INVALID_ARRAY", details: { most: 1000 } });
    expect(refused({ array: "1001" }).code).toBe("INVALID_ARRAY");
    expect(admitted({ array: "1000" }).array?.tasks).toEqual([1000]);
    expect(refused({ array: "a" }).code).toBe("INVALID_ARRAY");
  });

  test("count each task against the site's limit of jobs", () => {
    const on = admitClusterOf(fourNodes(), () => 8, { maxJobs: 10 });
    expect(admitted({ array: "0-1" }, on).array?.tasks).toHaveLength(2);
    expect(refused({ array: "0-2" }, on)).toMatchObject({
      code: "QUEUE_FULL",
      details: { jobs: 8, asked: 3, most: 10 },
    });
  });
});

describe("dependencies", () => {
  const state = fourNodes();
  const first = admitted({});
  reduce(state, state.lastSeq + 1, {
    type: "job.submitted",
    atS: NOW_S,
    jobId: 7,
    scriptKey: 1,
    job: first.job,
  });
  const on = admitClusterOf(state, () => 1);

  test("on a job that exists, or existed, are taken", () => {
    expect(admitted({ dependency: "afterok:7" }, on).job.dependency).toEqual({
      mode: "all",
      terms: [{ kind: "afterok", jobId: 7 }],
    });
    expect(admitted({ dependency: "afterany:3?singleton" }, on).job.dependency?.mode).toBe("any");
  });

  test("on an id that was never given are refused", () => {
    expect(refused({ dependency: "afterok:8" }, on)).toMatchObject({
      code: "INVALID_DEPENDENCY",
      details: { jobId: 8 },
    });
    expect(refused({ dependency: "afterok:abc" }, on).code).toBe("INVALID_DEPENDENCY");
  });

  test("of every kind that waits are taken", () => {
    const text = "after:7+5,afterany:7,afterok:7,afternotok:7,aftercorr:7,afterburstbuffer:7,singleton";
    expect(admitted({ dependency: text }, on).job.dependency?.terms).toHaveLength(7);
  });

  test("of kinds that do nothing yet are refused by name", () => {
    expect(refused({ dependency: "expand:7" }, on).code).toBe("NOT_SUPPORTED");
  });
});

describe("the place in the queue", () => {
  test("below 0 of nice is an operator's to ask", () => {
    expect(refused({ nice: -1 }).code).toBe("ACCESS_DENIED");
    const result = admit(spec({ nice: -100 }), cluster, NOW_S, { operator: true });
    expect(result.ok && result.value.job.nice).toBe(-100);
    expect(admitted({ nice: 50 }).job.nice).toBe(50);
    expect(refused({ nice: 2 ** 31 }).code).toBe("INVALID_SPEC");
  });

  test("a begin time in the past is none", () => {
    expect(admitted({ beginS: NOW_S - 3600 }).job.beginS).toBe(0);
    expect(admitted({ beginS: NOW_S }).job.beginS).toBe(0);
    expect(admitted({ beginS: NOW_S + 60 }).job.beginS).toBe(NOW_S + 60);
    expect(refused({ beginS: Number.NaN }).code).toBe("INVALID_SPEC");
  });

  test("a held submission is held by its user, arrays too", () => {
    expect(admitted({ hold: true }).job.held).toBe("user");
    expect(admitted({ hold: true, array: "0-1" }).job.held).toBe("user");
  });

  test("any QOS is taken where the site defines none, and only its own where it does", () => {
    expect(admitted({ qos: "noqos" }).job.qos).toBe("noqos");
    const state = clusterOf([node("n1")], [partition("a", { isDefault: true })], {
      qos: [{ name: "high", priority: 10 }],
    });
    const on = admitClusterOf(state, () => 0);
    expect(admitted({ qos: "high" }, on).job.qos).toBe("high");
    expect(admitted({}, on).job.qos).toBe("");
    expect(refused({ qos: "noqos" }, on)).toMatchObject({ code: "INVALID_QOS", details: { qos: "noqos" } });
  });
});

describe("texts", () => {
  const cases: readonly [string, Partial<JobSpec>, ErrorCode][] = [
    ["a script without an interpreter line", { script: "echo hi\n" }, "INVALID_SPEC"],
    ["an empty script", { script: "" }, "INVALID_SPEC"],
    ["a script with a NUL", { script: "#!/bin/sh\n\0" }, "INVALID_SPEC"],
    ["a script over the limit", { script: `#!${"x".repeat(MAX_SCRIPT_BYTES)}` }, "SCRIPT_TOO_LARGE"],
    ["too many arguments", { args: Array.from({ length: 4097 }, () => "a") }, "TOO_LARGE"],
    ["too large an environment", { environment: { A: "x".repeat(1024 * 1024) } }, "TOO_LARGE"],
    ["a variable without a name", { environment: { "": "x" } }, "INVALID_SPEC"],
    ["a relative working directory", { workDir: "job" }, "INVALID_SPEC"],
    ["a uid that is none", { uid: -1 }, "INVALID_SPEC"],
    ["a name over the limit", { name: "x".repeat(1025) }, "INVALID_SPEC"],
    ["a name with a line break", { name: "a\nb" }, "INVALID_SPEC"],
    ["an unknown mail type", { mailType: ["NEVER"] }, "INVALID_SPEC"],
    [
      "a signal that does not exist",
      { signal: { signal: 65, beforeS: 60, batchOnly: false } },
      "INVALID_SPEC",
    ],
    ["an unknown hint", { hint: "fast" }, "INVALID_SPEC"],
  ];
  test.each(cases)("%s is refused", (_, over, code) => {
    expect(refused(over).code).toBe(code);
  });
});
