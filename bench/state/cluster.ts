/** A cluster of equal nodes that the state benchmark drives by events. Only the benchmark runs this. */
import type { DependencyKind } from "../../core/model/dependency.ts";
import { nodeIndex, WHOLE_DEVICE } from "../../core/model/ids.ts";
import type { DeviceSpec, NodeSpec } from "../../core/model/node.ts";
import type { Request } from "../../core/model/request.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event, SubmittedFields } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";

const CPUS = 128;
const GPUS = 8;
const SHAPES = 40;

export class BenchCluster {
  readonly state: ClusterState = emptyState();
  /** Kept where a journal of them is wanted. */
  readonly events: Event[] = [];
  private readonly keepsEvents: boolean;
  nowS = 1_800_000_000;

  constructor(nodes: number, keepsEvents = false) {
    this.keepsEvents = keepsEvents;
    this.apply({
      type: "cluster.configured",
      atS: this.nowS,
      clusterName: "bench",
      partitions: [
        {
          name: "batch",
          nodes: "ALL",
          isDefault: true,
          maxTimeS: 86_400,
          defaultTimeS: 0,
          maxNodes: nodes,
          minNodes: 0,
          defMemPerCpuMib: 0,
          defMemPerNodeMib: 0,
          priorityJobFactor: 1,
          priorityTier: 1,
          state: "UP",
        },
      ],
      qos: [{ name: "normal", priority: 10 }],
      nodes: [],
    });
    for (let i = 0; i < nodes; i++)
      this.apply({ type: "node.registered", atS: this.nowS, spec: nodeSpec(i) });
  }

  submit(user: string, over: Partial<SubmittedFields>): number {
    const id = this.state.nextJobId;
    const job = fields(user, requestOf(id % SHAPES), over);
    this.apply({ type: "job.submitted", atS: this.nowS, jobId: id, scriptKey: id, job });
    return id;
  }

  submitArray(count: number, throttle: number): number {
    const id = this.state.nextJobId;
    const tasks = Array.from({ length: count }, (_, task) => task);
    const job = fields("u", requestOf(0), {});
    this.apply({
      type: "job.submitted",
      atS: this.nowS,
      jobId: id,
      scriptKey: id,
      job,
      array: { tasks, throttle },
    });
    return id;
  }

  after(kind: DependencyKind, jobId: number, arrayTask?: number): Partial<SubmittedFields> {
    const term = { kind, jobId, ...(arrayTask === undefined ? {} : { arrayTask }) };
    return { dependency: { mode: "all", terms: [term] } };
  }

  split(jobId: number, taskId: number): number {
    const isLast = this.state.jobs.get(jobId as never)?.pendingTasks?.length === 1;
    const newJobId = isLast ? jobId : this.state.nextJobId;
    this.apply({ type: "task.split", atS: this.nowS, jobId, taskId, newJobId });
    return newJobId;
  }

  /** On one node, with one device: the `nth` job of the node. */
  start(jobId: number, node: number, nth: number): void {
    const devices = [{ lane: nth % GPUS, thousandths: WHOLE_DEVICE }];
    const share = { node: nodeIndex(node), tasks: 1, cpus: 16, memMib: 4000, devices };
    const allocation = { nodes: [share] };
    this.apply({ type: "job.started", atS: this.nowS, jobId, partition: "batch", allocation });
  }

  end(jobId: number): void {
    const ended = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;
    this.apply({ type: "job.ended", atS: this.nowS, jobId, ...ended });
  }

  run(jobId: number, node: number): void {
    this.start(jobId, node, 0);
    this.end(jobId);
  }

  requeueHeld(jobId: number): void {
    this.apply({ type: "job.requeued", atS: this.nowS, jobId, beginS: 0, held: "user", endReason: "" });
  }

  purge(jobIds: readonly number[]): void {
    this.apply({ type: "jobs.purged", atS: this.nowS, jobIds });
  }

  /** Whether all that was given has come back. */
  isIdle(): boolean {
    const { columns, count } = this.state.nodes;
    for (let node = 0; node < count; node++) {
      if (columns.freeCpus[node] !== CPUS || columns.freeGres[node] !== GPUS) return false;
    }
    return this.state.running.count === 0 && this.state.pending.count === 0;
  }

  private apply(event: Event): void {
    if (this.keepsEvents) this.events.push(event);
    reduce(this.state, this.state.lastSeq + 1, event);
  }
}

const devices: readonly DeviceSpec[] = Array.from({ length: GPUS }, (_, lane) => ({
  name: "gpu",
  type: "h100",
  vendor: "nvidia",
  model: "H100",
  uuid: `gpu-${lane}`,
  pci: `0000:${lane}b:00.0`,
  numaNode: lane >> 2,
  memoryMib: 81_920,
  plugin: "generic-pci",
  vendorIndex: lane,
  files: [`/dev/nvidia${lane}`],
}));

const nodeSpec = (i: number): NodeSpec => ({
  name: `n${i}`,
  hostname: `n${i}`,
  address: "10.0.0.1",
  cpus: CPUS,
  sockets: 2,
  coresPerSocket: 64,
  threadsPerCore: 1,
  memoryMib: 1_048_576,
  devices,
  features: ["ib"],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 1,
  agentStartS: 2,
  topologyLeaf: `leaf${i >> 5}`,
});

const requestOf = (shape: number): Request => ({
  minNodes: 1,
  maxNodes: 1,
  tasks: 1,
  tasksPerNode: 1,
  cpusPerTask: 16,
  cpus: 16,
  memMib: 4000 + shape,
  memPer: "node",
  memPerMib: 4000 + shape,
  gres: [{ dimension: 0, count: 1 }],
  exclusive: false,
  oneThreadPerCore: 0,
  uneven: false,
  features: "",
  requiredNodes: [],
  excludedNodes: [],
});

const fields = (user: string, request: Request, over: Partial<SubmittedFields>): SubmittedFields => ({
  spec: {
    user,
    uid: 1000,
    group: "users",
    gid: 100,
    workDir: `/home/${user}/run`,
    scriptPath: `/home/${user}/run/job.sh`,
    args: ["--epochs", "10"],
    submitHost: "login1",
    output: "out-%j.txt",
  },
  name: "train",
  request,
  partitions: ["batch"],
  timeLimitS: 3600,
  nice: 0,
  account: "physics",
  qos: "normal",
  comment: "",
  held: "",
  beginS: 0,
  requeueAllowed: true,
  ...over,
});
