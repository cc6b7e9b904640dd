/** A port made of plain values for the tests of the API: it keeps what it was called with, and answers what it is given. */
import type { Caller, ControllerPort, StreamEvent } from "../../core/api/port.ts";
import type { JobSpec } from "../../core/model/job-spec.ts";
import { ok, refuse } from "../../core/model/refusal.ts";
import type { ReservationView } from "../../core/model/reservation-views.ts";
import type { StateSnapshot } from "../../core/model/state-snapshot.ts";
import type {
  ClusterView,
  ExplainView,
  FactorNumbers,
  HistoryView,
  JobView,
  NodeView,
  PartitionView,
  PriorityView,
  QosView,
  ShareView,
  StatsView,
} from "../../core/model/views.ts";

export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

export interface FakePort extends ControllerPort {
  readonly calls: Call[];
  /** Gives an event to all subscribers and keeps it for later ones. */
  emit(event: StreamEvent): void;
  subscribers(): number;
  /** Methods that answer otherwise than they do by default. */
  override: Partial<ControllerPort>;
}

export const OPERATOR: Caller = { user: "root", uid: 0, operator: true };

export const spec = (change: Partial<JobSpec> = {}): JobSpec => ({
  script: "#!/bin/sh\ntrue\n",
  user: "ada",
  uid: 1000,
  group: "users",
  gid: 100,
  workDir: "/home/ada",
  environment: { PATH: "/usr/bin:/bin", HOME: "/home/ada" },
  ...change,
});

export const jobView = (change: Partial<JobView> = {}): JobView => ({
  jobId: 12,
  displayId: "12",
  arrayJobId: 0,
  arrayTaskId: -1,
  arrayTasks: "",
  arrayThrottle: 0,
  name: "train",
  user: "ada",
  uid: 1000,
  group: "users",
  gid: 100,
  account: "lab",
  qos: "normal",
  comment: "",
  wckey: "",
  partition: "debug",
  state: "RUNNING",
  completing: false,
  reason: "None",
  dependency: "",
  priority: 0.5,
  nice: 0,
  held: "",
  requeue: true,
  restarts: 0,
  exitCode: 0,
  exitSignal: 0,
  timeLimitS: 3600,
  submitS: 1_700_000_000,
  eligibleS: 1_700_000_000,
  beginS: 0,
  startS: 1_700_000_001,
  startIsExpected: false,
  endS: 1_700_003_601,
  lastSchedS: 1_700_000_001,
  minNodes: 1,
  maxNodes: 1,
  numNodes: 1,
  numCpus: 4,
  numTasks: 1,
  cpusPerTask: 4,
  ntasksPerNode: 0,
  memPer: "node",
  memPerMib: 4000,
  memMib: 4000,
  gresPerNode: "gpu:tesla:1",
  numGpus: 1,
  exclusive: false,
  features: "",
  reqNodes: "",
  excNodes: "",
  nodes: "n1",
  batchHost: "n1",
  allocation: [
    {
      node: "n1",
      tasks: 1,
      cpus: 4,
      memMib: 4000,
      devices: [{ name: "gpu", type: "tesla", lane: 0, thousandths: 1000 }],
    },
  ],
  command: "/home/ada/train.sh",
  workDir: "/home/ada",
  stdOut: "/home/ada/slurm-12.out",
  stdErr: "/home/ada/slurm-12.out",
  stdIn: "/dev/null",
  submitHost: "login",
  submitSid: 4711,
  mailType: "",
  mailUser: "",
  ...change,
});

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

const PARTITION: PartitionView = {
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

const CLUSTER: ClusterView = {
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

const EXPLANATION: ExplainView = {
  jobId: 12,
  displayId: "12",
  state: "PENDING",
  priority: 0.5,
  rank: 3,
  reason: "Resources",
  filters: [{ filter: "partition", removed: 0, left: 4 }],
  needNodes: 2,
  freeNodes: 1,
  expectedStartS: 1_700_000_500,
  behindJob: 11,
  unavailableNodes: ["n3"],
  text: "It needs 2 nodes and 1 is free.",
};

const HISTORY: HistoryView = {
  jobId: 11,
  displayId: "11",
  arrayJobId: 0,
  arrayTaskId: -1,
  name: "train",
  user: "ada",
  uid: 1000,
  account: "lab",
  qos: "normal",
  partition: "debug",
  state: "FAILED",
  exitCode: 3,
  exitSignal: 0,
  submitS: 1_700_000_000,
  eligibleS: 1_700_000_000,
  startS: 1_700_000_001,
  endS: 1_700_000_009,
  timeLimitS: 3600,
  nodes: "n1",
  numNodes: 1,
  numCpus: 4,
  numGpus: 1,
  memMib: 4000,
  restarts: 0,
  workDir: "/home/ada",
  stdOut: "/home/ada/slurm-11.out",
  endReason: "NonZeroExitCode",
  comment: "",
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

export const SHARE: ShareView = {
  id: 3,
  account: "lab",
  user: "ada",
  parent: "lab",
  depth: 2,
  isDefault: true,
  rawShares: 10,
  normShares: 0.5,
  rawUsage: 7200.5,
  normUsage: 0.25,
  effectvUsage: 0.5,
  levelFs: null,
  fairShare: 0.75,
  runningJobs: 1,
  tresMins: { cpu: 120, "gres/gpu": 10 },
  tresRunMins: { cpu: 30 },
  limits: { grpTres: { cpu: 64 }, maxJobs: 5 },
  qos: ["normal"],
};

const QOS: QosView = {
  name: "normal",
  priority: 10,
  usageFactor: 1,
  graceTimeS: 0,
  flags: ["OverPartQOS"],
  preempt: ["low"],
  limits: { maxTresPerUser: { cpu: 4 } },
};

const FACTORS: FactorNumbers = {
  age: 0.5,
  assoc: 0,
  fairshare: 0.25,
  size: 0.125,
  partition: 1,
  qos: 0,
  tresCpu: 0,
  tresMem: 0,
  tresGpu: 0,
};

const PRIORITY: PriorityView = {
  jobId: 12,
  displayId: "12",
  name: "train",
  user: "ada",
  uid: 1000,
  account: "lab",
  qos: "normal",
  partition: "debug",
  priority: 731,
  isSet: false,
  site: 0,
  nice: 0,
  normal: FACTORS,
  weighted: FACTORS,
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

/** Knows job 12 (and its tasks), node n1, reservation course and nothing else. */
export const createFakePort = (): FakePort => {
  const calls: Call[] = [];
  const events: StreamEvent[] = [];
  const listeners = new Set<(event: StreamEvent) => void>();
  const known = (ref: string) => /^12(_|$)/.test(ref);
  const unknown = (ref: string) => refuse("INVALID_JOB_ID", `There is no job ${ref}.`, { ref });
  const noReservation = (name: string) =>
    refuse("RESERVATION_INVALID", `There is no reservation ${name}.`, { reservation: name });
  const done = async (ref: string) => (known(ref) ? ok(null) : unknown(ref));
  const answers: ControllerPort = {
    submit: async () => ok({ jobId: 13, tasks: 1 }),
    testOnly: async () => ok({ jobId: 13, startS: 1_700_000_100, cpus: 4, nodes: "n1", partition: "debug" }),
    jobs: async () => [jobView()],
    job: async (ref) => (known(ref) ? ok([jobView()]) : unknown(ref)),
    script: async (ref) => (known(ref) ? ok("#!/bin/sh\necho ä\n") : unknown(ref)),
    waitForEnd: async (ref) => (known(ref) ? ok([jobView({ state: "COMPLETED" })]) : unknown(ref)),
    update: done,
    cancel: done,
    hold: done,
    release: done,
    requeue: done,
    explain: async (ref) => (known(ref) ? ok([EXPLANATION]) : unknown(ref)),
    nodes: async () => [NODE],
    updateNode: async (name) =>
      name === "n1" ? ok(null) : refuse("UNKNOWN_NODE", `There is no node ${name}.`, { node: name }),
    partitions: async () => [PARTITION],
    reservations: async () => [RESERVATION],
    createReservation: async ({ name }) => ok(name ?? "ada_1"),
    updateReservation: async (name) => (name === "course" ? ok(null) : noReservation(name)),
    deleteReservation: async (name) => (name === "course" ? ok(null) : noReservation(name)),
    cluster: async () => CLUSTER,
    stats: async () => STATS,
    shares: async () => [SHARE],
    qos: async () => [QOS],
    priorityPolicy: () => ({ policy: "multifactor", hasFactors: true, weights: FACTORS }),
    priorities: async () => [PRIORITY],
    history: async () => [HISTORY],
    snapshot: async () => SNAPSHOT,
    subscribe: (afterSeq, onEvent) => {
      listeners.add(onEvent);
      for (const event of events) if (event.seq > afterSeq) onEvent(event);
      return () => listeners.delete(onEvent);
    },
  };
  const port = {
    calls,
    override: {} as Partial<ControllerPort>,
    emit: (event: StreamEvent) => {
      events.push(event);
      for (const listener of [...listeners]) listener(event);
    },
    subscribers: () => listeners.size,
  };
  const methods = Object.keys(answers) as (keyof ControllerPort)[];
  const recorded = Object.fromEntries(
    methods.map((method) => [
      method,
      (...args: unknown[]) => {
        calls.push({ method, args });
        const answer = (port.override[method] ?? answers[method]) as (...args: unknown[]) => unknown;
        return answer(...args);
      },
    ]),
  ) as unknown as ControllerPort;
  return Object.assign(port, recorded);
};
