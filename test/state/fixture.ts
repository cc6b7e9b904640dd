/** A small cluster that tests drive by events: builders of what events carry, and a driver that keeps the journal. */

import { parseDependency } from "../../core/model/dependency.ts";
import { jobId, nodeIndex } from "../../core/model/ids.ts";
import type { Allocation, Job, JobState, TermState } from "../../core/model/job.ts";
import type { DeviceSpec, NodeSpec } from "../../core/model/node.ts";
import type { PartitionSpec } from "../../core/model/partition.ts";
import type { Request } from "../../core/model/request.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event, JobChange, SubmittedFields } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";

export const BEGAN_S = 1_800_000_000;

export const device = (name: string, type: string, lane: number): DeviceSpec => ({
  name,
  type,
  vendor: "acme",
  model: type === "" ? "plain" : type,
  uuid: `${name}-${lane}`,
  pci: "",
  numaNode: -1,
  memoryMib: 16_384,
  plugin: "by-hand",
  vendorIndex: lane,
  files: [],
});

export const nodeSpec = (name: string, over: Partial<NodeSpec> = {}): NodeSpec => ({
  name,
  hostname: name,
  address: "127.0.0.1",
  cpus: 8,
  sockets: 1,
  coresPerSocket: 8,
  threadsPerCore: 1,
  memoryMib: 8000,
  devices: [device("gpu", "tesla", 0), device("gpu", "tesla", 1)],
  features: [],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 1,
  agentStartS: 2,
  topologyLeaf: "",
  ...over,
});

export const partitionSpec = (name: string, over: Partial<PartitionSpec> = {}): PartitionSpec => ({
  name,
  nodes: "ALL",
  isDefault: false,
  maxTimeS: 86_400,
  defaultTimeS: 0,
  maxNodes: 100,
  minNodes: 0,
  defMemPerCpuMib: 0,
  defMemPerNodeMib: 0,
  priorityJobFactor: 1,
  priorityTier: 1,
  state: "UP",
  ...over,
});

export const request = (over: Partial<Request> = {}): Request => ({
  minNodes: 1,
  maxNodes: 1,
  tasks: 1,
  tasksPerNode: 1,
  cpusPerTask: 1,
  cpus: 1,
  memMib: 100,
  memPer: "node",
  memPerMib: 100,
  gres: [],
  exclusive: false,
  oneThreadPerCore: 0,
  uneven: false,
  features: "",
  requiredNodes: [],
  excludedNodes: [],
  ...over,
});

export const fields = (over: Partial<SubmittedFields> = {}): SubmittedFields => ({
  spec: { user: "alice", uid: 1000, group: "users", gid: 100, workDir: "/home/alice" },
  name: "job",
  request: request(),
  partitions: ["debug"],
  timeLimitS: 3600,
  nice: 0,
  account: "",
  qos: "",
  comment: "",
  held: "",
  beginS: 0,
  requeueAllowed: true,
  ...over,
});

export const oneNode = (node: number, cpus = 1, memMib = 100): Allocation => ({
  nodes: [{ node: nodeIndex(node), tasks: 1, cpus, memMib, devices: [] }],
});

/** What a test says of a submission; the rest is as `fields` has it. */
export interface Submission {
  readonly after?: string;
  readonly tasks?: readonly number[];
  readonly throttle?: number;
  readonly fields?: Partial<SubmittedFields>;
}

/** One node of many CPUs and the partition `debug`, driven event by event. */
export class Cluster {
  readonly state: ClusterState = emptyState();
  readonly events: Event[] = [];
  nowS = BEGAN_S;

  constructor(nodes = 1) {
    this.apply({
      type: "cluster.configured",
      atS: this.nowS,
      clusterName: "test",
      partitions: [partitionSpec("debug", { isDefault: true })],
      qos: [],
      nodes: [],
    });
    for (let i = 1; i <= nodes; i++) {
      const spec = nodeSpec(`n${i}`, { cpus: 1000, memoryMib: 1_000_000 });
      this.apply({ type: "node.registered", atS: this.nowS, spec });
    }
  }

  apply(event: Event): void {
    this.events.push(event);
    reduce(this.state, this.events.length, event);
  }

  wait(seconds: number): void {
    this.nowS += seconds;
  }

  submit(what: Submission = {}): number {
    const id = this.state.nextJobId;
    const dependency = what.after === undefined ? undefined : parseDependency(what.after);
    if (dependency?.ok === false) throw new Error(dependency.message);
    this.apply({
      type: "job.submitted",
      atS: this.nowS,
      jobId: id,
      scriptKey: id,
      job: fields({ ...what.fields, ...(dependency === undefined ? {} : { dependency: dependency.value }) }),
      ...(what.tasks === undefined ? {} : { array: { tasks: what.tasks, throttle: what.throttle ?? 0 } }),
    });
    return id;
  }

  /** Splits a task off its array's record and gives the id of the task's own. */
  split(arrayId: number, taskId: number): number {
    const isLast = this.job(arrayId).pendingTasks?.length === 1;
    const newJobId = isLast ? arrayId : this.state.nextJobId;
    this.apply({ type: "task.split", atS: this.nowS, jobId: arrayId, taskId, newJobId });
    return newJobId;
  }

  start(id: number, allocation = oneNode(0)): void {
    this.apply({ type: "job.started", atS: this.nowS, jobId: id, partition: "debug", allocation });
  }

  /** Splits and starts a task. */
  startTask(arrayId: number, taskId: number): number {
    const id = this.split(arrayId, taskId);
    this.start(id);
    return id;
  }

  end(id: number, state: JobState = "COMPLETED"): void {
    const exitCode = state === "FAILED" ? 1 : 0;
    this.apply({
      type: "job.ended",
      atS: this.nowS,
      jobId: id,
      state,
      exitCode,
      exitSignal: 0,
      endReason: "",
    });
  }

  run(id: number, state: JobState = "COMPLETED"): void {
    this.start(id);
    this.end(id, state);
  }

  requeue(id: number): void {
    this.apply({ type: "job.requeued", atS: this.nowS, jobId: id, beginS: 0, held: "", endReason: "" });
  }

  update(id: number, change: JobChange): void {
    this.apply({ type: "job.updated", atS: this.nowS, jobId: id, change });
  }

  purge(...jobIds: number[]): void {
    this.apply({ type: "jobs.purged", atS: this.nowS, jobIds });
  }

  job(id: number): Job {
    const job = this.state.jobs.get(jobId(id));
    if (job === undefined) throw new Error(`no job ${id}`);
    return job;
  }

  /** How the job's dependency stands, term by term. */
  terms(id: number): readonly TermState[] {
    return this.job(id).dependencyStates ?? [];
  }

  /** A cell of the waiting job's row. */
  pending(id: number, column: "flags" | "eligibleS" | "beginS" | "tasksWaiting" | "tasksStartable"): number {
    const row = this.state.pendingRow.get(jobId(id));
    if (row === undefined) throw new Error(`job ${id} has no row`);
    return this.state.pending.columns[column][row]!;
  }
}
