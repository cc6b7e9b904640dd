/** Jobs and nodes for these tests, as admission, the reducer and commit would make them. */
import { jobId, nodeIndex, shapeId } from "../../core/model/ids.ts";
import type { Job, NodeAllocation } from "../../core/model/job.ts";
import type { NodeSpec } from "../../core/model/node.ts";
import type { Request } from "../../core/model/request.ts";

export const SUBMIT_S = 1_800_000_000;

export const request = (over: Partial<Request> = {}): Request => ({
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
  ...over,
});

export const job = (over: Partial<Job> & { readonly of?: Partial<Job["spec"]> } = {}): Job => {
  const { of, ...fields } = over;
  return {
    id: jobId(1),
    spec: { user: "root", uid: 0, group: "root", gid: 0, workDir: "/home/alice/job", ...of },
    scriptKey: 1,
    name: "hello",
    submitS: SUBMIT_S,
    requeueAllowed: true,
    request: request(),
    shape: shapeId(0),
    partitions: ["debug"],
    timeLimitS: 300,
    nice: 0,
    account: "",
    qos: "",
    comment: "",
    state: "RUNNING",
    throttle: 0,
    held: "",
    beginS: 0,
    eligibleS: SUBMIT_S,
    startS: SUBMIT_S + 1,
    endS: 0,
    restarts: 0,
    partition: "debug",
    exitCode: 0,
    exitSignal: 0,
    endReason: "",
    priority: 0,
    setPriority: -1,
    ...fields,
  };
};

export const share = (node: number, over: Partial<NodeAllocation> = {}): NodeAllocation => ({
  node: nodeIndex(node),
  tasks: 1,
  cpus: 1,
  memMib: 100,
  devices: [],
  ...over,
});

export const nodeSpec = (name: string, over: Partial<NodeSpec> = {}): NodeSpec => ({
  name,
  hostname: "vm",
  address: "127.0.0.1",
  cpus: 4,
  sockets: 1,
  coresPerSocket: 4,
  threadsPerCore: 1,
  memoryMib: 4000,
  devices: ["gpu", "gpu", "nic"].map((kind, vendorIndex) => ({
    name: kind,
    type: kind === "gpu" ? "tesla" : "",
    vendor: "",
    model: "",
    uuid: "",
    pci: "",
    numaNode: -1,
    memoryMib: 0,
    plugin: "by-hand",
    vendorIndex,
    files: [],
  })),
  features: [],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 0,
  agentStartS: 0,
  topologyLeaf: "",
  ...over,
});
