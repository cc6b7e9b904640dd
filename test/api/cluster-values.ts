/** What the fake port answers about the cluster, its nodes, partitions, reservations and state, as plain values. */
import type { PolicyView } from "../../core/model/policy-views.ts";
import type { ReservationView } from "../../core/model/reservation-views.ts";
import type { StateSnapshot } from "../../core/model/state-snapshot.ts";
import type { ClusterView, NodeView, PartitionView, StatsView } from "../../core/model/views.ts";

export const NODE: NodeView = {
  name: "n1",
  index: 0,
  hostname: "n1",
  address: "127.0.0.1",
  arch: "x86_64",
  os: "Linux",
  version: "0.1.0",
  cpus: 8,
  allocCpus: 4,
  sockets: 1,
  coresPerSocket: 4,
  threadsPerCore: 2,
  memoryMib: 16_000,
  allocMemMib: 4000,
  freeMemMib: 9000,
  cpuLoad: 125,
  gres: "gpu:tesla:2",
  gresUsed: "gpu:tesla:1(IDX:0)",
  devices: [
    { lane: 0, name: "gpu", type: "tesla", vendor: "nvidia", model: "V100", pci: "0000:3b:00.0", free: 0 },
    { lane: 1, name: "gpu", type: "tesla", vendor: "nvidia", model: "V100", pci: "0000:5e:00.0", free: 1000 },
  ],
  features: ["avx2"],
  partitions: ["debug"],
  baseState: "mixed",
  drain: false,
  responding: true,
  reason: "",
  reasonUser: "",
  reasonS: 0,
  bootS: 1_699_000_000,
  agentStartS: 1_699_000_100,
  lastBusyS: 1_700_000_000,
  topologyLeaf: "leaf1",
  runningJobs: 1,
};

export const PARTITION: PartitionView = {
  name: "debug",
  isDefault: true,
  state: "UP",
  maxTimeS: 2_147_483_647,
  defaultTimeS: 3600,
  maxNodes: 4,
  minNodes: 1,
  defMemPerCpuMib: 1000,
  defMemPerNodeMib: 0,
  priorityJobFactor: 1,
  priorityTier: 1,
  nodes: "n[1-4]",
  totalNodes: 4,
  totalCpus: 32,
  totalMemMib: 64_000,
  totalGpus: 8,
};

export const CLUSTER: ClusterView = {
  clusterName: "rota",
  version: "0.1.0",
  host: "login",
  bootS: 1_699_000_000,
  nowS: 1_700_000_010,
  maxArraySize: 1001,
  minJobAgeS: 300,
  backfill: "planned",
  policies: [{ kind: "placement", name: "pack", version: "1.0.0", strikes: 0, out: false }],
  firstJobId: 1,
  nextJobId: 13,
  stateDir: "/var/lib/rota",
};

export const STATS: StatsView = {
  sinceS: 1_699_000_000,
  jobsSubmitted: 12,
  jobsStarted: 11,
  jobsCompleted: 8,
  jobsCancelled: 1,
  jobsFailed: 1,
  jobsPending: 1,
  jobsRunning: 1,
  passes: 40,
  passLastUs: 900,
  passMaxUs: 4000,
  passMeanUs: 1234.5,
  conflicts: 2,
  strikes: 0,
  journalSeq: 100,
  commits: 60,
  agentsConnected: 4,
};

export const SNAPSHOT: StateSnapshot = {
  facts: {
    nowS: 1_700_000_000,
    seq: 7,
    backfill: "planned",
    policies: {
      priority: { kind: "priority", module: "fifo", parameters: {} },
      placement: { kind: "placement", module: "pack", parameters: {} },
    },
  },
  bytes: Uint8Array.from([0, 10, 255]),
};

export const POLICY: PolicyView = {
  kind: "placement",
  name: "quiet",
  version: "1.0.0",
  abi: "1.2",
  doc: "Quiet nodes first.",
  module: "/site/quiet.wasm",
  sha256: "ab".repeat(32),
  signedBy: [{ key: `ed25519:${"A".repeat(43)}=`, name: "alice" }],
  parameters: [{ name: "gpuCost", type: "f32", default: 8, min: 0, max: 100, doc: "A GPU.", value: 4.5 }],
  columns: ["freeCpus"],
  origin: "loaded",
  sinceS: 1_700_000_000,
  calls: 12,
  usedUs: 340,
  strikes: 1,
  out: false,
  lastFault: { code: "POLICY_TRAP", message: "quiet: unreachable" },
  earlier: "pack 1.0.0",
};

export const RESERVATION: ReservationView = {
  name: "course",
  startS: 1_700_000_000,
  endS: 1_700_003_600,
  nodes: "n[1-2]",
  nodeCount: 2,
  coreCount: 8,
  cpuCount: 16,
  features: "",
  partition: "debug",
  users: ["ada"],
  accounts: [],
  groups: [],
  flags: ["WEEKLY", "PURGE_COMP=00:05:00"],
  isActive: true,
};
