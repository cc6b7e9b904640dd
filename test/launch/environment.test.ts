import { describe, expect, test } from "vitest";
import { jobEnvironment } from "../../core/launch/environment.ts";
import { jobId } from "../../core/model/ids.ts";
import type { Job, NodeAllocation } from "../../core/model/job.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import { job, nodeSpec, request, SUBMIT_S, share } from "./jobs.ts";

const environmentOf = (
  of: Job,
  shares: readonly NodeAllocation[] = [share(0)],
  nodes: readonly NodeSpec[] = shares.map((_, i) => nodeSpec(`n${i + 1}`)),
  environment: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> =>
  jobEnvironment({
    job: of,
    allocation: { nodes: shares },
    nodes,
    clusterName: "oracle",
    controllerUrl: "http://127.0.0.1:16817",
    environment,
  });

test("a job of two tasks on two nodes sees what the real one shows it", () => {
  const hello = job({
    of: { submitHost: "vm", ntasks: 2, minNodes: 2, maxNodes: 2 },
    request: request({ minNodes: 2, maxNodes: 2, tasks: 2 }),
  });
  const captured = {
    SLURMD_NODENAME: "n1",
    SLURM_CLUSTER_NAME: "oracle",
    SLURM_CPUS_ON_NODE: "1",
    SLURM_GTIDS: "0",
    SLURM_JOBID: "1",
    SLURM_JOB_CPUS_PER_NODE: "1(x2)",
    SLURM_JOB_GID: "0",
    SLURM_JOB_ID: "1",
    SLURM_JOB_NAME: "hello",
    SLURM_JOB_NODELIST: "n[1-2]",
    SLURM_JOB_NUM_NODES: "2",
    SLURM_JOB_PARTITION: "debug",
    SLURM_JOB_UID: "0",
    SLURM_JOB_USER: "root",
    SLURM_LOCALID: "0",
    SLURM_MEM_PER_CPU: "100",
    SLURM_NNODES: "2",
    SLURM_NODEID: "0",
    SLURM_NODELIST: "n[1-2]",
    SLURM_NODE_ALIASES: "(null)",
    SLURM_NPROCS: "2",
    SLURM_NTASKS: "2",
    SLURM_PRIO_PROCESS: "0",
    SLURM_PROCID: "0",
    SLURM_SUBMIT_DIR: "/home/alice/job",
    SLURM_SUBMIT_HOST: "vm",
    SLURM_TASKS_PER_NODE: "1(x2)",
    SLURM_TOPOLOGY_ADDR: "n1",
    SLURM_TOPOLOGY_ADDR_PATTERN: "node",
    SLURM_WORKING_CLUSTER: "oracle:127.0.0.1:16817:9728:109",
  };
  const newer = {
    SLURM_JOB_START_TIME: `${SUBMIT_S + 1}`,
    SLURM_JOB_END_TIME: `${SUBMIT_S + 301}`,
  };
  expect(environmentOf(hello, [share(0), share(1)])).toEqual({ ...captured, ...newer });
});

test("an array's task sees its array", () => {
  const array = { arrayJobId: jobId(2), taskId: 0, taskCount: 4, taskMin: 0, taskMax: 3, taskStep: 1 };
  const seen = environmentOf(job({ id: jobId(8), array }));
  expect(seen).toMatchObject({
    SLURM_JOB_ID: "8",
    SLURM_ARRAY_JOB_ID: "2",
    SLURM_ARRAY_TASK_COUNT: "4",
    SLURM_ARRAY_TASK_ID: "0",
    SLURM_ARRAY_TASK_MAX: "3",
    SLURM_ARRAY_TASK_MIN: "0",
    SLURM_ARRAY_TASK_STEP: "1",
  });
});

describe("only what was asked is said again", () => {
  const silent = environmentOf(job());

  test.each([
    "SLURM_NTASKS",
    "SLURM_NPROCS",
    "SLURM_CPUS_PER_TASK",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_GPUS",
    "SLURM_GPUS_PER_NODE",
    "SLURM_GPUS_ON_NODE",
    "SLURM_HINT",
    "SLURM_THREADS_PER_CORE",
    "SLURM_TRES_PER_TASK",
    "SLURM_RESTART_COUNT",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_JOB_ACCOUNT",
    "SLURM_JOB_QOS",
    "SLURM_JOB_DEPENDENCY",
  ])("%s is absent from a job that asked nothing", (name) => {
    expect(silent).not.toHaveProperty(name);
  });

  test("-n 3 -c 2 -N 2 on uneven nodes", () => {
    const uneven = job({
      of: { ntasks: 3, cpusPerTask: 2 },
      request: request({ minNodes: 2, tasks: 3, tasksPerNode: 2, cpusPerTask: 2, cpus: 4 }),
    });
    const shares = [share(2, { tasks: 2, cpus: 4 }), share(3, { tasks: 1, cpus: 2 })];
    expect(environmentOf(uneven, shares, [nodeSpec("n3"), nodeSpec("n4")])).toMatchObject({
      SLURM_CPUS_ON_NODE: "4",
      SLURM_CPUS_PER_TASK: "2",
      SLURM_JOB_CPUS_PER_NODE: "4,2",
      SLURM_JOB_NODELIST: "n[3-4]",
      SLURM_NTASKS: "3",
      SLURM_NPROCS: "3",
      SLURM_TASKS_PER_NODE: "2,1",
      SLURM_TRES_PER_TASK: "cpu=2",
    });
  });

  test("--ntasks-per-node gives the number of tasks too", () => {
    const seen = environmentOf(job({ of: { ntasksPerNode: 2 }, request: request({ tasks: 2 }) }));
    expect(seen).toMatchObject({ SLURM_NTASKS_PER_NODE: "2", SLURM_NTASKS: "2" });
  });

  test("GPUs, in the forms that they were asked in", () => {
    const of = { gpus: "2", gpusPerNode: "tesla:2", gpusPerTask: "tesla:1", cpusPerGpu: 2 };
    const gpuJob = job({ of, request: request({ memPer: "gpu", memPerMib: 500 }) });
    const devices = [0, 1, 2].map((lane) => ({ lane, thousandths: 1000 }));
    expect(environmentOf(gpuJob, [share(0, { devices })])).toMatchObject({
      SLURM_GPUS: "2",
      SLURM_GPUS_PER_NODE: "tesla:2",
      SLURM_GPUS_PER_TASK: "tesla:1",
      SLURM_CPUS_PER_GPU: "2",
      SLURM_MEM_PER_GPU: "500",
      SLURM_GPUS_ON_NODE: "2",
      SLURM_TRES_PER_TASK: "gres/gpu:tesla=1",
    });
  });

  test("all of a node's memory has no variable", () => {
    const seen = environmentOf(job({ request: request({ memPer: "node", memPerMib: 0, memMib: -1 }) }));
    expect(Object.keys(seen).filter((name) => name.startsWith("SLURM_MEM"))).toEqual([]);
    expect(environmentOf(job({ request: request({ memPer: "node", memPerMib: 300 }) }))).toMatchObject({
      SLURM_MEM_PER_NODE: "300",
    });
  });

  test("a whole node holds as many tasks as it has CPUs, unless the job said how many", () => {
    const whole = request({ exclusive: true, cpus: -1 });
    expect(environmentOf(job({ request: whole }), [share(0, { cpus: 4 })])["SLURM_TASKS_PER_NODE"]).toBe("4");
    const said = job({ request: whole, of: { ntasks: 1 } });
    expect(environmentOf(said, [share(0, { cpus: 4 })])["SLURM_TASKS_PER_NODE"]).toBe("1");
  });

  test("account, QOS, hint, restarts and dependency", () => {
    const of = { hint: "nomultithread", dependency: "afterok:3" };
    const seen = environmentOf(
      job({ account: "a", qos: "q", restarts: 2, of, request: request({ oneThreadPerCore: 1 }) }),
    );
    expect(seen).toMatchObject({
      SLURM_JOB_ACCOUNT: "a",
      SLURM_JOB_QOS: "q",
      SLURM_HINT: "nomultithread",
      SLURM_THREADS_PER_CORE: "1",
      SLURM_RESTART_COUNT: "2",
      SLURM_JOB_DEPENDENCY: "afterok:3",
    });
  });

  test("a job without a time limit has no end time", () => {
    expect(environmentOf(job({ timeLimitS: UNLIMITED_S }))).not.toHaveProperty("SLURM_JOB_END_TIME");
  });
});

test("a node below a switch has its place in the tree as address", () => {
  const seen = environmentOf(job(), [share(0)], [nodeSpec("n1", { topologyLeaf: "leaf3" })]);
  expect(seen).toMatchObject({
    SLURM_TOPOLOGY_ADDR: "leaf3.n1",
    SLURM_TOPOLOGY_ADDR_PATTERN: "switch.node",
  });
});

test("a job submitted from inside another inherits the user's variables, and not the other job's", () => {
  const outer = {
    PATH: "/bin",
    SLURM_DEBUG: "2",
    SLURM_CONF: "/etc/slurm/slurm.conf",
    SLURM_SUBMIT_DIR: "/home/alice/elsewhere",
    SLURM_ARRAY_TASK_ID: "7",
    SLURM_JOB_ID: "99",
    SLURM_CPUS_PER_TASK: "8",
    SLURM_NTASKS: "64",
    SLURM_STEP_ID: "0",
    SLURM_TASK_PID: "12",
    SLURM_MEM_PER_NODE: "1",
    SLURM_GPUS_ON_NODE: "4",
  };
  const seen = environmentOf(job(), [share(0)], [nodeSpec("n1")], outer);
  expect(seen).toMatchObject({
    PATH: "/bin",
    SLURM_DEBUG: "2",
    SLURM_CONF: "/etc/slurm/slurm.conf",
    SLURM_SUBMIT_DIR: "/home/alice/elsewhere",
    SLURM_JOB_ID: "1",
  });
  for (const name of [
    "ARRAY_TASK_ID",
    "CPUS_PER_TASK",
    "NTASKS",
    "STEP_ID",
    "TASK_PID",
    "MEM_PER_NODE",
    "GPUS_ON_NODE",
  ]) {
    expect(seen).not.toHaveProperty(`SLURM_${name}`);
  }
});

test("what each task has, licences and limits of tasks are told as they were asked", () => {
  const of = {
    tresPerTask: "cpu:2,gres/gpu:tesla:1",
    licenses: "matlab:2",
    ntasksPerSocket: 2,
    ntasksPerCore: 1,
  };
  expect(environmentOf(job({ of }))).toMatchObject({
    SLURM_TRES_PER_TASK: "cpu=2,gres/gpu:tesla=1",
    SLURM_JOB_LICENSES: "matlab:2",
    SLURM_NTASKS_PER_SOCKET: "2",
    SLURM_NTASKS_PER_CORE: "1",
  });
});

test("GPUs of the whole job that lie unevenly are one task a node to the script", () => {
  const uneven = request({ minNodes: 2, maxNodes: 3, tasks: 3, tasksPerNode: 2, uneven: true });
  const shares = [share(0, { tasks: 2, cpus: 2 }), share(1, { tasks: 1 })];
  expect(environmentOf(job({ of: { gpus: "3" }, request: uneven }), shares)).toMatchObject({
    SLURM_TASKS_PER_NODE: "1(x2)",
    SLURM_JOB_CPUS_PER_NODE: "2,1",
  });
  const asked = environmentOf(job({ of: { ntasks: 3 }, request: uneven }), shares);
  expect(asked).toMatchObject({ SLURM_TASKS_PER_NODE: "2,1", SLURM_NTASKS: "3" });
});

test("a distribution is told in small letters, with what its stars stand for", () => {
  const told = (distribution: string): Readonly<Record<string, string>> =>
    environmentOf(job({ of: { distribution, ntasks: 3 } }), [share(0), share(1)]);
  expect(told("CYCLIC:*")).toMatchObject({ SLURM_DISTRIBUTION: "cyclic:cyclic" });
  expect(told("plane=2")).toMatchObject({ SLURM_DISTRIBUTION: "plane", SLURM_DIST_PLANESIZE: "2" });
  expect(told("arbitrary")).toMatchObject({
    SLURM_DISTRIBUTION: "arbitrary",
    SLURM_ARBITRARY_NODELIST: "n[1-2]",
  });
  const inherited = { SLURM_DISTRIBUTION: "x", SLURM_DIST_PLANESIZE: "9", SLURM_ARBITRARY_NODELIST: "n9" };
  const names = Object.keys(environmentOf(job(), [share(0)], [nodeSpec("n1")], inherited));
  expect(names.filter((name) => name.includes("DIST") || name.includes("ARBITRARY"))).toEqual([]);
});

test("tasks that share CPUs are as many as asked", () => {
  const shared = request({
    tasks: 9,
    tasksPerNode: 5,
    minNodes: 2,
    cpusPerTask: 2,
    cpus: 2,
    overcommit: true,
  });
  const shares = [share(0, { tasks: 5, cpus: 2 }), share(1, { tasks: 4, cpus: 2 })];
  expect(environmentOf(job({ of: { ntasks: 9, overcommit: true }, request: shared }), shares)).toMatchObject({
    SLURM_OVERCOMMIT: "1",
    SLURM_NTASKS: "9",
    SLURM_TASKS_PER_NODE: "5,4",
    SLURM_JOB_CPUS_PER_NODE: "2(x2)",
  });
});

test("cores and threads are told as they were asked, whatever they come to", () => {
  const cores = request({ tasks: 3, tasksPerNode: 3, cpus: 3, oneThreadPerCore: 1 });
  const told = (of: Partial<Job["spec"]>): Readonly<Record<string, string>> =>
    environmentOf(job({ of, request: cores }), [share(0, { tasks: 3, cpus: 6 })]);
  const perCore = told({ ntasks: 3, ntasksPerCore: 1 });
  expect(perCore).toMatchObject({
    SLURM_CPUS_ON_NODE: "6",
    SLURM_NTASKS_PER_CORE: "1",
    SLURM_TASKS_PER_NODE: "3",
  });
  expect(perCore).not.toHaveProperty("SLURM_THREADS_PER_CORE");
  expect(told({ ntasks: 3, threadsPerCore: 2 })).toMatchObject({ SLURM_THREADS_PER_CORE: "2" });
  expect(told({ ntasks: 3, hint: "memory_bound" })).toMatchObject({ SLURM_THREADS_PER_CORE: "1" });
  expect(told({ minNodes: 1, socketsPerNode: 2, gpusPerSocket: "tesla:1" })).toMatchObject({
    SLURM_GPUS_PER_SOCKET: "tesla:1",
    SLURM_NTASKS: "3",
  });
});
