import { beforeEach, describe, expect, test } from "vitest";
import { type JobViewContext, jobView } from "../../core/account/job-view.ts";
import type { PlannedWait } from "../../core/account/wait-reason.ts";
import type { Job } from "../../core/model/job.ts";
import type { JobView } from "../../core/model/views.ts";
import { NOW_S } from "../admit/cluster.ts";
import { Cluster } from "./cluster.ts";

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});

const view = (job: Job, over: Partial<JobViewContext> = {}): JobView =>
  jobView(cluster.state, job, { nowS: NOW_S + 2, lastPassS: NOW_S + 1, ...over });

const planned = (over: Partial<PlannedWait> = {}): PlannedWait => ({
  reason: "Resources",
  priority: 4_294_901_758,
  expectedStartS: 0,
  ...over,
});

test("a running job on two nodes is what scontrol shows of it", () => {
  const root = { user: "root", uid: 0, group: "root", gid: 0 };
  const asked = { minNodes: 2, maxNodes: 2, ntasks: 2, timeLimitS: 300, name: "hello" };
  const from = { submitHost: "localhost", submitSid: 2481, scriptPath: "/home/alice/job/hello.sh" };
  cluster.submit({ ...root, ...asked, ...from });
  const job = cluster.start(1, [{ node: "n1" }, { node: "n2" }]);
  expect(view(job)).toMatchObject({
    jobId: 1,
    displayId: "1",
    arrayJobId: 0,
    name: "hello",
    user: "root",
    gid: 0,
    nice: 0,
    state: "RUNNING",
    completing: false,
    reason: "None",
    dependency: "",
    requeue: true,
    restarts: 0,
    timeLimitS: 300,
    submitS: NOW_S,
    eligibleS: NOW_S,
    startS: NOW_S + 1,
    startIsExpected: false,
    endS: NOW_S + 301,
    lastSchedS: NOW_S + 1,
    partition: "debug",
    submitHost: "localhost",
    submitSid: 2481,
    reqNodes: "",
    nodes: "n[1-2]",
    batchHost: "n1",
    numNodes: 2,
    numCpus: 2,
    numTasks: 2,
    cpusPerTask: 1,
    memMib: 200,
    memPer: "cpu",
    memPerMib: 100,
    exclusive: false,
    command: "/home/alice/job/hello.sh",
    workDir: "/home/alice/job",
    stdErr: "/home/alice/job/slurm-1.out",
    stdIn: "/dev/null",
    stdOut: "/home/alice/job/slurm-1.out",
  });
});

describe("an array", () => {
  test("shows its waiting rest as one record, and each task that started as its own", () => {
    cluster.submit({ array: "0-3%2", output: "arr_%A_%a.out", name: "wrap" });
    cluster.start(1, [{ node: "n1" }], 0);
    const task = cluster.start(1, [{ node: "n1" }], 1);
    const rest = view(cluster.job(1), { planned: planned({ reason: "JobArrayTaskLimit" }) });
    expect(rest).toMatchObject({
      jobId: 1,
      displayId: "1_[2-3%2]",
      arrayJobId: 1,
      arrayTaskId: -1,
      arrayTasks: "2-3%2",
      arrayThrottle: 2,
      state: "PENDING",
      reason: "JobArrayTaskLimit",
      nodes: "",
      batchHost: "",
      numNodes: 1,
      numCpus: 1,
      memMib: 100,
      command: "",
      stdOut: "/home/alice/job/arr_1_4294967294.out",
    });
    expect(view(task)).toMatchObject({
      jobId: 3,
      displayId: "1_1",
      arrayJobId: 1,
      arrayTaskId: 1,
      arrayTasks: "",
      stdOut: "/home/alice/job/arr_1_1.out",
    });
  });
});

describe("the reason of a waiting job", () => {
  const reason = (job: Job, over?: Partial<JobViewContext>): string => view(job, over).reason;

  test("is what holds it, before anything that the plan said", () => {
    const context = { planned: planned() };
    expect(reason(cluster.submit({ hold: true }), context)).toBe("JobHeldUser");
    cluster.apply({ type: "job.updated", atS: NOW_S, jobId: 1, change: { held: "admin" } });
    expect(reason(cluster.job(1), context)).toBe("JobHeldAdmin");
    expect(reason(cluster.submit({ dependency: "afterok:1" }), context)).toBe("Dependency");
    expect(reason(cluster.submit({ beginS: NOW_S + 3600 }), context)).toBe("BeginTime");
  });

  test("is the plan's otherwise, with the nodes that are not there", () => {
    const job = cluster.submit({ nodelist: "n4" });
    expect(reason(job)).toBe("None");
    expect(reason(job, { planned: planned({ reason: "Priority" }) })).toBe("Priority");
    expect(
      reason(job, { planned: planned({ reason: "ReqNodeNotAvail", unavailableNodes: ["n3", "n4"] }) }),
    ).toBe("ReqNodeNotAvail, UnavailableNodes:n[3-4]");
    expect(reason(job, { planned: planned({ reason: "JobHeldUser" }) })).toBe("None");
  });

  test("says when a dependency can never be met", () => {
    cluster.submit({});
    const waiting = cluster.submit({ dependency: "afterok:1" });
    cluster.start(1, [{ node: "n1" }]);
    cluster.end(1, { state: "FAILED", exitCode: 3, endReason: "NonZeroExitCode" });
    expect(view(waiting)).toMatchObject({
      reason: "DependencyNeverSatisfied",
      dependency: "afterok:1(failed)",
    });
    expect(view(cluster.job(1))).toMatchObject({ reason: "NonZeroExitCode", exitCode: 3, state: "FAILED" });
  });

  test("tells of a launch that failed until the job is released", () => {
    cluster.submit({});
    cluster.start(1, [{ node: "n1" }]);
    const endReason = "launch failed requeued held";
    cluster.apply({ type: "job.requeued", atS: NOW_S + 2, jobId: 1, beginS: 0, held: "user", endReason });
    expect(reason(cluster.job(1))).toBe(endReason);
    cluster.apply({ type: "job.updated", atS: NOW_S + 3, jobId: 1, change: { held: "" } });
    expect(reason(cluster.job(1))).toBe("None");
  });
});

describe("times", () => {
  test("of a waiting job are what the plan expects, else when it may begin", () => {
    const job = cluster.submit({ timeLimitS: 60 });
    expect(view(job)).toMatchObject({ startS: 0, startIsExpected: false, endS: 0, lastSchedS: NOW_S + 1 });
    expect(view(job, { planned: planned({ expectedStartS: NOW_S + 100 }) })).toMatchObject({
      startS: NOW_S + 100,
      startIsExpected: true,
      endS: NOW_S + 160,
    });
    expect(view(cluster.submit({ beginS: NOW_S + 3600 })).startS).toBe(NOW_S + 3600);
  });

  test("of an ended job are what they were", () => {
    cluster.submit({});
    cluster.start(1, [{ node: "n1" }]);
    expect(view(cluster.end(1))).toMatchObject({
      startS: NOW_S + 1,
      endS: NOW_S + 5,
      startIsExpected: false,
      nodes: "n1",
    });
  });

  test("of a running job without a limit have no end", () => {
    cluster.submit({ partition: "long" });
    expect(view(cluster.start(1, [{ node: "n1" }])).endS).toBe(0);
  });
});

describe("priority", () => {
  test("is the plan's as a whole number, and never 0 for a job that is not held", () => {
    const job = cluster.submit({});
    expect(view(job).priority).toBe(1);
    expect(view(job, { planned: planned({ priority: 1234.9 }) }).priority).toBe(1234);
    expect(view(job, { planned: planned({ priority: 0.2 }) }).priority).toBe(1);
  });

  test("is 0 for a held job, and what an operator set", () => {
    expect(view(cluster.submit({ hold: true }), { planned: planned() }).priority).toBe(0);
    cluster.submit({});
    cluster.apply({ type: "job.updated", atS: NOW_S, jobId: 2, change: { setPriority: 77 } });
    expect(view(cluster.job(2), { planned: planned() }).priority).toBe(77);
  });
});

test("a job whose end was asked for is completing until it is reported", () => {
  cluster.submit({});
  cluster.start(1, [{ node: "n1" }]);
  cluster.apply({ type: "job.ending", atS: NOW_S + 2, jobId: 1, state: "CANCELLED", byUid: 0 });
  expect(view(cluster.job(1))).toMatchObject({ state: "RUNNING", completing: true });
});

test("what was asked is shown before the start, and what is held after it", () => {
  const asked = cluster.submit({
    ntasks: 4,
    cpusPerTask: 2,
    gpusPerNode: "tesla:1",
    nodelist: "n1",
    exclude: "n3",
  });
  expect(view(asked)).toMatchObject({
    minNodes: 2,
    maxNodes: 0,
    numNodes: 2,
    numCpus: 8,
    memMib: 800,
    gresPerNode: "gpu:tesla:1",
    numGpus: 2,
    reqNodes: "n1",
    excNodes: "n3",
    allocation: [],
  });
  const running = cluster.start(1, [
    { node: "n1", tasks: 2, cpus: 4, memMib: 400, lanes: [1] },
    { node: "n2", tasks: 2, cpus: 4, memMib: 400, lanes: [0] },
  ]);
  expect(view(running)).toMatchObject({ numGpus: 2, numCpus: 8, memMib: 800, nodes: "n[1-2]" });
  expect(view(running).allocation[0]).toEqual({
    node: "n1",
    tasks: 2,
    cpus: 4,
    memMib: 400,
    devices: [{ name: "gpu", type: "tesla", lane: 1, thousandths: 1000 }],
  });
});

test("node counts show their maximum only where nodes were asked", () => {
  expect(view(cluster.submit({ minNodes: 2, maxNodes: 3 }))).toMatchObject({ minNodes: 2, maxNodes: 3 });
});

test("only the open terms of a dependency are shown", () => {
  cluster.submit({});
  cluster.submit({});
  const waiting = cluster.submit({ dependency: "afterany:1,afterok:2" });
  expect(view(waiting).dependency).toBe("afterany:1(unfulfilled),afterok:2(unfulfilled)");
  cluster.start(1, [{ node: "n1" }]);
  cluster.end(1);
  expect(view(waiting).dependency).toBe("afterok:2(unfulfilled)");
});

test("arguments belong to the command, and mail to its user", () => {
  const job = cluster.submit({
    scriptPath: "/a.sh",
    args: ["1", "b"],
    mailType: ["END", "FAIL"],
    mailUser: "a@b",
  });
  expect(view(job)).toMatchObject({ command: "/a.sh 1 b", mailType: "END,FAIL", mailUser: "a@b" });
});

test("a job says that it shares with its user's jobs only, but not where its nodes are whole", () => {
  const { spec: debug } = cluster.state.partitions[0]!;
  expect(view(cluster.submit({ exclusiveUser: true }))).toMatchObject({
    exclusive: false,
    exclusiveUser: true,
  });
  expect(view(cluster.submit({}))).not.toHaveProperty("exclusiveUser");
  cluster.state.partitions[0]!.spec = { ...debug, exclusiveUser: true };
  expect(view(cluster.submit({})).exclusiveUser).toBe(true);
  expect(view(cluster.submit({ partition: "long" }))).not.toHaveProperty("exclusiveUser");
  expect(view(cluster.submit({ exclusive: true }))).not.toHaveProperty("exclusiveUser");
});
