import { beforeEach, describe, expect, test } from "vitest";
import { displayId } from "../../core/account/display-id.ts";
import { historyOf } from "../../core/account/history.ts";
import { nodeView } from "../../core/account/node-view.ts";
import { partitionView } from "../../core/account/partition-view.ts";
import { NO_USAGE, usageOf } from "../../core/account/usage.ts";
import { MAX_NODES } from "../../core/model/ids.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import type { NodeView } from "../../core/model/views.ts";
import { clusterOf, device, NOW_S, node, partition } from "../admit/cluster.ts";
import { Cluster } from "./cluster.ts";

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});

const nodeNamed = (name: string): NodeView =>
  nodeView(cluster.state, cluster.state.nodeRecords[cluster.row(name)]!, {
    load: { cpuLoad: 476, freeMemMib: 15_011 },
    userName: (uid) => (uid === 0 ? "root" : `${uid}`),
  });

describe("history", () => {
  test("keeps what an ended job held and how it ended", () => {
    cluster.submit({ name: "train", account: "a", comment: "c", gpusPerNode: "2" });
    cluster.start(1, [{ node: "n3", cpus: 1, memMib: 100, lanes: [0, 1] }]);
    const job = cluster.end(1, { state: "FAILED", exitCode: 3, endReason: "NonZeroExitCode" });
    expect(historyOf(cluster.state, job)).toMatchObject({
      jobId: 1,
      displayId: "1",
      arrayJobId: 0,
      arrayTaskId: -1,
      name: "train",
      account: "a",
      partition: "debug",
      state: "FAILED",
      exitCode: 3,
      submitS: NOW_S,
      startS: NOW_S + 1,
      endS: NOW_S + 5,
      nodes: "n3",
      numNodes: 1,
      numCpus: 1,
      numGpus: 2,
      memMib: 100,
      stdOut: "/home/alice/job/slurm-1.out",
      endReason: "NonZeroExitCode",
      comment: "c",
    });
  });

  test("of a job that never ran has no CPUs", () => {
    cluster.submit({ ntasks: 8, partition: "debug,long" });
    const record = historyOf(cluster.state, cluster.end(1, { state: "CANCELLED" }));
    expect(record).toMatchObject({
      numNodes: 2,
      numCpus: 0,
      numGpus: 0,
      startS: 0,
      nodes: "",
      partition: "debug,long",
    });
  });

  test("adds up to what was used", () => {
    cluster.submit({ gpusPerNode: "2" });
    cluster.submit({});
    cluster.start(1, [{ node: "n1", cpus: 2, memMib: 200, lanes: [0, 1] }]);
    const records = [cluster.end(1), cluster.end(2, { state: "CANCELLED" })].map((job) =>
      historyOf(cluster.state, job),
    );
    expect(usageOf(records)).toEqual({ jobs: 2, cpuS: 8, gpuS: 8, nodeS: 4, memMibS: 800 });
    expect(usageOf([])).toEqual(NO_USAGE);
  });
});

describe("display ids", () => {
  test("of arrays name the array, the task, or the waiting tasks", () => {
    expect(displayId(cluster.submit({}))).toBe("1");
    const rest = cluster.submit({ array: "0-3%2" });
    expect(displayId(rest)).toBe("2_[0-3%2]");
    expect(displayId(cluster.start(2, [{ node: "n1" }], 2))).toBe("2_2");
    expect(displayId(cluster.job(2))).toBe("2_[0-1,3%2]");
  });

  test("are cut as Slurm cuts them, unless asked whole", () => {
    const odd = Array.from({ length: 60 }, (_, i) => i * i).join(",");
    const job = cluster.submit({
      array: odd
        .split(",")
        .filter((task) => Number(task) < 1001)
        .join(","),
    });
    expect(displayId(job)).toMatch(/\.\.\.\]$/);
    expect(displayId(job, 0)).not.toMatch(/\.\.\./);
  });
});

describe("a node", () => {
  test("shows what it has and what running jobs hold of it", () => {
    cluster.submit({ ntasks: 3, gres: "gpu:tesla:1" });
    cluster.start(1, [{ node: "n1", tasks: 3, cpus: 3, memMib: 300, lanes: [1] }]);
    expect(nodeNamed("n1")).toMatchObject({
      name: "n1",
      cpus: 4,
      allocCpus: 3,
      memoryMib: 4000,
      allocMemMib: 300,
      freeMemMib: 15_011,
      cpuLoad: 476,
      gres: "gpu:tesla:2",
      gresUsed: "gpu:tesla:1(IDX:1)",
      partitions: ["debug", "long"],
      baseState: "mixed",
      runningJobs: 1,
      responding: true,
      drain: false,
      reason: "",
      reasonUser: "",
      lastBusyS: NOW_S + 1,
    });
    expect(nodeNamed("n1").devices.map(({ free }) => free)).toEqual([1000, 0]);
    expect(nodeNamed("n3")).toMatchObject({
      baseState: "idle",
      partitions: ["debug"],
      gresUsed: "gpu:tesla:0(IDX:N/A)",
    });
  });

  test("is allocated when its last CPU is, and idle again afterwards", () => {
    cluster.submit({ ntasks: 4 });
    cluster.start(1, [{ node: "n2", tasks: 4, cpus: 4 }]);
    expect(nodeNamed("n2").baseState).toBe("allocated");
    cluster.end(1);
    expect(nodeNamed("n2")).toMatchObject({ baseState: "idle", allocCpus: 0, runningJobs: 0 });
  });

  test("says why it is down or drained, and who said so", () => {
    const row = cluster.row("n4");
    cluster.apply({
      type: "node.changed",
      atS: NOW_S + 9,
      node: row,
      drain: true,
      reason: "operator: disk",
      uid: 0,
    });
    expect(nodeNamed("n4")).toMatchObject({
      baseState: "idle",
      drain: true,
      reason: "operator: disk",
      reasonUser: "root",
      reasonS: NOW_S + 9,
    });
    cluster.apply({ type: "node.changed", atS: NOW_S + 9, node: row, down: true, responding: false });
    expect(nodeNamed("n4")).toMatchObject({ baseState: "down", responding: false });
  });

  test("that has never registered is unknown", () => {
    const expected = [{ name: "x1", cpus: 4, memoryMib: 4000, gres: "", features: ["ib"], topologyLeaf: "" }];
    const state = clusterOf([], [partition("p")], { expected });
    const view = nodeView(state, state.nodeRecords[0]!, { userName: String });
    expect(view).toMatchObject({
      baseState: "unknown",
      freeMemMib: 0,
      cpuLoad: 0,
      features: ["ib"],
      gres: "",
    });
  });

  test("counts devices of several kinds each from 0", () => {
    const devices = [device("a100"), device("", "nic"), device("h100"), device("a100")];
    const state = clusterOf([node("m1", { devices })], [partition("p")]);
    const view = nodeView(state, state.nodeRecords[0]!, { userName: String });
    expect(view.gres).toBe("gpu:a100:2,nic:1,gpu:h100:1");
    expect(view.gresUsed).toBe("gpu:a100:0(IDX:N/A),nic:0(IDX:N/A),gpu:h100:0(IDX:N/A)");
  });
});

test("a partition shows the totals of its nodes", () => {
  const [debug, long] = cluster.state.partitions.map((record) => partitionView(cluster.state, record));
  expect(debug).toMatchObject({
    name: "debug",
    isDefault: true,
    maxTimeS: 3600,
    maxNodes: MAX_NODES,
    defMemPerCpuMib: 100,
    nodes: "n[1-4]",
    totalNodes: 4,
    totalCpus: 16,
    totalMemMib: 16_000,
    totalGpus: 8,
  });
  expect(long).toMatchObject({
    maxTimeS: UNLIMITED_S,
    nodes: "n[1-2]",
    totalNodes: 2,
    totalCpus: 8,
    isDefault: false,
  });
});

test("a node is its user's while a job runs there that shares with nobody else's", () => {
  const { spec: debug } = cluster.state.partitions[0]!;
  cluster.submit({ exclusiveUser: true });
  cluster.start(1, [{ node: "n3" }]);
  expect([nodeNamed("n3").owner, nodeNamed("n1").owner]).toEqual(["alice(1000)", undefined]);
  cluster.end(1);
  expect(nodeNamed("n3").owner).toBeUndefined();
  cluster.state.partitions[0]!.spec = { ...debug, exclusiveUser: true };
  expect(partitionView(cluster.state, cluster.state.partitions[0]!).exclusiveUser).toBe(true);
  cluster.submit({});
  cluster.start(2, [{ node: "n1" }]);
  expect(nodeNamed("n1").owner).toBe("alice(1000)");
});
