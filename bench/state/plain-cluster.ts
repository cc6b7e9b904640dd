/**
 * A cluster of nodes with CPUs alone, driven as a simulator does: jobs with one shared request each kind, starts through
 * a plan, commit and the reducer. Only the benchmark runs this.
 */
import { commitPlan } from "../../core/controller/commit-plan.ts";
import { startEvents } from "../../core/controller/start-events.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import type { Plan } from "../../core/model/plan.ts";
import type { Request } from "../../core/model/request.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event, SubmittedFields } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";

const LIMIT_S = 3600;

export class PlainCluster {
  readonly state: ClusterState = emptyState();
  nowS = 1_800_000_000;
  readonly #fields = new Map<string, SubmittedFields>();

  constructor(nodes: number, cpus: number) {
    const partition = {
      name: "batch",
      nodes: "ALL",
      isDefault: true,
      maxTimeS: 0,
      defaultTimeS: 0,
      maxNodes: 0,
      minNodes: 0,
      defMemPerCpuMib: 0,
      defMemPerNodeMib: 0,
      priorityJobFactor: 1,
      priorityTier: 1,
      state: "UP" as const,
    };
    this.apply({
      type: "cluster.configured",
      atS: this.nowS,
      clusterName: "bench",
      partitions: [{ ...partition, maxTimeS: 2_147_483_647, maxNodes: nodes }],
      qos: [],
      nodes: [],
    });
    for (let i = 0; i < nodes; i++) {
      this.apply({ type: "node.registered", atS: this.nowS, spec: plainNode(i, cpus) });
    }
  }

  /** A job of `nodes` nodes with `cpus` CPUs each. */
  submit(nodes: number, cpus: number): number {
    const id = this.state.nextJobId;
    const key = `${nodes} ${cpus}`;
    let job = this.#fields.get(key);
    if (job === undefined) {
      job = plainFields(nodes, cpus);
      this.#fields.set(key, job);
    }
    this.apply({ type: "job.submitted", atS: this.nowS, jobId: id, scriptKey: 0, job });
    return id;
  }

  /** Commits a plan of one start and applies it. Gives whether it started. */
  start(jobId: number, nodes: Int32Array): boolean {
    const row = this.state.pendingRow.get(jobId as never) ?? -1;
    const { starts } = commitPlan(this.state, planOf(this.state, row, jobId, nodes));
    const { events } = startEvents(this.state, starts, this.nowS);
    for (const event of events) this.apply(event);
    return events.length === 1;
  }

  end(jobId: number): void {
    const how = { state: "COMPLETED", exitCode: 0, exitSignal: 0, endReason: "" } as const;
    this.apply({ type: "job.ended", atS: this.nowS, jobId, ...how });
  }

  purge(jobIds: readonly number[]): void {
    this.apply({ type: "jobs.purged", atS: this.nowS, jobIds });
  }

  private apply(event: Event): void {
    reduce(this.state, this.state.lastSeq + 1, event);
  }
}

/** A plan that starts one job, a task a node, and says nothing of the rest of the queue. */
function planOf(state: ClusterState, row: number, jobId: number, nodes: Int32Array): Plan {
  PLAN.startRow[0] = row;
  PLAN.startJob[0] = jobId;
  PLAN.startOffset[1] = nodes.length;
  return { ...PLAN, nowS: state.lastAtS, startNodes: nodes };
}

const MAX_NODES = 65_536;
const PLAN: Plan = {
  nowS: 0,
  pendingCount: 0,
  startCount: 1,
  startRow: new Int32Array(1),
  startJob: new Int32Array(1),
  startPartition: new Int32Array(1),
  startOffset: new Int32Array(2),
  startNodes: new Int32Array(0),
  startTasks: new Int32Array(MAX_NODES).fill(1),
  reason: new Uint8Array(0),
  priority: new Float64Array(1),
  rank: new Int32Array(0),
  expectedStartS: new Uint32Array(0),
  freeNodes: new Int32Array(0),
  behindJob: new Int32Array(0),
  faults: [],
  decisions: 1,
};

const plainNode = (i: number, cpus: number): NodeSpec => ({
  name: `n${i}`,
  hostname: `n${i}`,
  address: "10.0.0.1",
  cpus,
  sockets: 1,
  coresPerSocket: cpus,
  threadsPerCore: 1,
  memoryMib: 0,
  devices: [],
  features: [],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 1,
  agentStartS: 2,
  topologyLeaf: "",
});

const plainRequest = (nodes: number, cpus: number): Request => ({
  minNodes: nodes,
  maxNodes: nodes,
  tasks: nodes,
  tasksPerNode: 1,
  uneven: false,
  cpusPerTask: cpus,
  cpus,
  memMib: 0,
  memPer: "node",
  memPerMib: 0,
  gres: [],
  exclusive: false,
  oneThreadPerCore: 0,
  features: "",
  requiredNodes: [],
  excludedNodes: [],
});

const plainFields = (nodes: number, cpus: number): SubmittedFields => ({
  spec: { user: "u", uid: 1000, group: "users", gid: 100, workDir: "/" },
  name: "job",
  request: plainRequest(nodes, cpus),
  partitions: ["batch"],
  timeLimitS: LIMIT_S,
  nice: 0,
  account: "",
  qos: "",
  comment: "",
  held: "",
  beginS: 0,
  requeueAllowed: true,
});
