/** Clusters for these tests, made by the real reducer: the four-node one of the captures, and any other. */

import type { AccountSpec } from "../../core/model/account.ts";
import { MAX_NODES } from "../../core/model/ids.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import type { LicenceSpec } from "../../core/model/licence.ts";
import type { DeviceSpec, NodeSpec } from "../../core/model/node.ts";
import type { PartitionSpec, QosSpec } from "../../core/model/partition.ts";
import { UNLIMITED_S } from "../../core/model/time.ts";
import { type ClusterState, emptyState } from "../../core/state/cluster-state.ts";
import type { Event, ExpectedNode } from "../../core/state/events.ts";
import { reduce } from "../../core/state/reduce.ts";

export const NOW_S = 1_800_000_000;

export const device = (type: string, name = "gpu", vendorIndex = 0): DeviceSpec => ({
  name,
  type,
  vendor: "nvidia",
  model: type,
  uuid: "",
  pci: "",
  numaNode: -1,
  memoryMib: 0,
  plugin: "by-hand",
  vendorIndex,
  files: [],
});

export const node = (name: string, over: Partial<NodeSpec> = {}): NodeSpec => ({
  name,
  hostname: "vm",
  address: "127.0.0.1",
  cpus: 4,
  sockets: 1,
  coresPerSocket: 4,
  threadsPerCore: 1,
  memoryMib: 4000,
  devices: [device("tesla", "gpu", 0), device("tesla", "gpu", 1)],
  features: [],
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  bootS: 0,
  agentStartS: 0,
  topologyLeaf: "",
  ...over,
});

export const partition = (name: string, over: Partial<PartitionSpec> = {}): PartitionSpec => ({
  name,
  nodes: "ALL",
  isDefault: false,
  maxTimeS: UNLIMITED_S,
  defaultTimeS: 0,
  maxNodes: MAX_NODES,
  minNodes: 0,
  defMemPerCpuMib: 100,
  defMemPerNodeMib: 0,
  priorityJobFactor: 1,
  priorityTier: 1,
  state: "UP",
  ...over,
});

export function clusterOf(
  nodes: readonly NodeSpec[],
  partitions: readonly PartitionSpec[],
  more: {
    readonly qos?: readonly QosSpec[];
    readonly expected?: readonly ExpectedNode[];
    readonly licences?: readonly LicenceSpec[];
    readonly accounts?: readonly AccountSpec[];
  } = {},
): ClusterState {
  const state = emptyState();
  const events: Event[] = [
    {
      type: "cluster.configured",
      atS: NOW_S,
      clusterName: "oracle",
      partitions,
      qos: more.qos ?? [],
      nodes: more.expected ?? [],
      licences: more.licences ?? [],
      accounts: more.accounts ?? [],
    },
    ...nodes.map((spec): Event => ({ type: "node.registered", atS: NOW_S, spec })),
  ];
  events.forEach((event, i) => {
    reduce(state, i + 1, event);
  });
  return state;
}

/** n1 to n4 with 4 CPUs, 4000 MiB and two GPUs each; debug is the default, long has n1 and n2. */
export const fourNodes = (): ClusterState =>
  clusterOf(
    ["n1", "n2", "n3", "n4"].map((name) => node(name)),
    [partition("debug", { isDefault: true, maxTimeS: 3600 }), partition("long", { nodes: "n[1-2]" })],
  );

export const spec = (over: Partial<JobSpec> = {}): JobSpec => ({
  script: "#!/bin/sh\ntrue\n",
  user: "alice",
  uid: 1000,
  group: "users",
  gid: 100,
  workDir: "/home/alice/job",
  environment: { PATH: "/bin" },
  ...over,
});
