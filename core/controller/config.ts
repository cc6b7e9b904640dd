/**
 * rota.yaml: what a site says of its cluster, read once when the controller starts. Turns text into a configuration
 * that holds, or into a list of faults, each with its line, the reason and what would be right. Opens no file and
 * starts nothing.
 */
import { DEFAULT_MAX_ARRAY_SIZE, DEFAULT_MAX_JOBS, DEFAULT_MAX_SWITCH_WAIT_S } from "../admit/cluster.ts";
import type { AccountSpec, FairShareSpec } from "../model/account.ts";
import { MAX_TASKS } from "../model/array.ts";
import { BACKFILL_MODES, type BackfillMode } from "../model/backfill.ts";
import type { LicenceSpec } from "../model/licence.ts";
import type { PartitionSpec, QosSpec } from "../model/partition.ts";
import { NO_PREEMPTION, type PreemptionSpec } from "../model/preemption.ts";
import { ok, type Result } from "../model/refusal.ts";
import type { TopologySpec } from "../model/topology.ts";
import type { ExpectedNode } from "../state/events.ts";
import { FAIR_SHARE_DEFAULTS, readAccounts, readFairShare } from "./config-accounts.ts";
import { ConfigDocument, type Spot } from "./config-document.ts";
import { readLicences } from "./config-licences.ts";
import { readNodes } from "./config-nodes.ts";
import { PARTITION_DEFAULTS, readPartitions, readQos } from "./config-partitions.ts";
import { type ConfiguredPolicies, POLICY_DEFAULTS, readPolicies } from "./config-policies.ts";
import { POWER_DEFAULTS, type PowerConfig, readPower } from "./config-power.ts";
import { readPreemption } from "./config-preemption.ts";
import { placedNodes, readTopology } from "./config-topology.ts";
import { MAX_PLANNERS } from "./planner-count.ts";

export interface ClusterConfig {
  readonly clusterName: string;
  readonly listen: {
    readonly host: string;
    /** 0 for any free one. */
    readonly port: number;
  };
  /** At least one; one is the default. */
  readonly partitions: readonly PartitionSpec[];
  /** Empty: any QOS is accepted and counts as 0. */
  readonly qos: readonly QosSpec[];
  /** Empty: any account is accepted, nothing is counted or limited. */
  readonly accounts: readonly AccountSpec[];
  readonly fairShare: FairShareSpec;
  /** Empty: any node may register. */
  readonly nodes: readonly ExpectedNode[];
  /** Absent: nodes stand where their leaf says. */
  readonly topology?: TopologySpec;
  /** Sorted by name. */
  readonly licenses: readonly LicenceSpec[];
  /** Without `planners` as many plan side by side as there are cores beside the first, at most four. */
  readonly scheduler: { readonly backfill: BackfillMode; readonly planners?: number | undefined };
  readonly preemption: PreemptionSpec;
  /** Switching idle nodes off and on, and rebooting them. */
  readonly power: PowerConfig;
  readonly policies: ConfiguredPolicies;
  readonly store: { readonly kind: "sqlite" };
  readonly limits: {
    /** Waiting and running jobs, each task of an array one. */
    readonly maxJobs: number;
    /** Task ids are below this. */
    readonly maxArraySize: number;
    /** How long an ended job stays in the queue's answers, in seconds. */
    readonly minJobAgeS: number;
    /** The longest that a job waits for few switches, in seconds. */
    readonly maxSwitchWaitS: number;
  };
  readonly timing: {
    /** Between SIGTERM and SIGKILL, in seconds. */
    readonly killWaitS: number;
    /** A requeued job starts no earlier than this many seconds after. */
    readonly requeueDelayS: number;
    /** A node that has been away for longer gets no new jobs. */
    readonly nodeGraceMs: number;
    /** A node that has been away for longer is down, and its jobs are requeued or fail. */
    readonly nodeTimeoutMs: number;
    /** Between two signs of life of an agent. */
    readonly heartbeatMs: number;
  };
  /** Called as `program -s SUBJECT ADDRESS` with the text on stdin; "" for no mail. */
  readonly mailProgram: string;
}

/** Where clients and agents find a controller that no file says otherwise of. */
export const DEFAULT_PORT = 6820;
export const DEFAULT_CLUSTER_NAME = "rota";

const KEYS = [
  "cluster",
  "listen",
  "nodes",
  "topology",
  "partitions",
  "qos",
  "accounts",
  "fair_share",
  "licenses",
  "scheduler",
  "preemption",
  "power",
  "policies",
  "store",
  "limits",
  "timing",
  "mail_program",
] as const;
const MAX_MAX_JOBS = 10_000_000;
const DAY_MS = 86_400_000;
const CLUSTER_NAME = { pattern: /^[A-Za-z0-9_-]{1,40}$/, words: "at most 40 letters, digits and _ -" };
const HOST = { pattern: /^[A-Za-z0-9_.:-]+$/, words: "a host name or address, as 127.0.0.1, :: or head1" };

/** A controller without a file: one partition `debug` with every node that registers, on loopback. */
export function defaultConfig(): ClusterConfig {
  return {
    clusterName: DEFAULT_CLUSTER_NAME,
    listen: { host: "127.0.0.1", port: DEFAULT_PORT },
    partitions: [PARTITION_DEFAULTS],
    qos: [],
    accounts: [],
    fairShare: FAIR_SHARE_DEFAULTS,
    licenses: [],
    nodes: [],
    scheduler: { backfill: "planned" },
    preemption: NO_PREEMPTION,
    power: POWER_DEFAULTS,
    policies: POLICY_DEFAULTS,
    store: { kind: "sqlite" },
    limits: {
      maxJobs: DEFAULT_MAX_JOBS,
      maxArraySize: DEFAULT_MAX_ARRAY_SIZE,
      minJobAgeS: 300,
      maxSwitchWaitS: DEFAULT_MAX_SWITCH_WAIT_S,
    },
    timing: {
      killWaitS: 30,
      requeueDelayS: 120,
      nodeGraceMs: 5_000,
      nodeTimeoutMs: 60_000,
      heartbeatMs: 5_000,
    },
    mailProgram: "/usr/bin/mail",
  };
}

/**
 * The configuration that `text` says, defaults for what it leaves out. `path` is for messages and for relative paths
 * of policy modules. Refused with CONFIG_INVALID, or NOT_SUPPORTED where all that is wrong belongs to a later version;
 * the message has a line `path:line:column: reason` for each fault, at most MAX_CONFIG_FAULTS of them.
 */
export function parseConfig(text: string, path: string): Result<ClusterConfig> {
  const document = new ConfigDocument(text, path);
  const defaults = defaultConfig();
  const fields = document.fields(document.root, KEYS);
  const listed = readNodes(document, fields.get("nodes"));
  const topology = readTopology(document, fields.get("topology"), listed);
  const nodes = placedNodes(document, fields.get("topology"), listed, topology);
  const qos = readQos(document, fields.get("qos"));
  const qosNames = qos.map(({ name }) => name);
  const accounts = readAccounts(document, fields.get("accounts"), qosNames);
  const scheduler = readScheduler(document, fields.get("scheduler"), defaults.scheduler);
  const preemption = readPreemption(document, fields.get("preemption"), scheduler.backfill);
  const partitions = readPartitions(document, fields.get("partitions"), nodes, {
    accounts: accounts.map(({ name }) => name),
    qos: qosNames,
    hasTurns: preemption.turnS !== undefined,
  });
  const config: ClusterConfig = {
    clusterName: document.text(fields.get("cluster"), 40, CLUSTER_NAME) ?? defaults.clusterName,
    listen: readListen(document, fields.get("listen"), defaults.listen),
    nodes,
    ...(topology === undefined ? {} : { topology: topology.spec }),
    partitions,
    qos,
    accounts,
    fairShare: readFairShare(document, fields.get("fair_share")),
    licenses: readLicences(document, fields.get("licenses")),
    scheduler,
    preemption,
    power: readPower(document, fields.get("power"), nodes, partitions),
    policies: readPolicies(document, fields.get("policies"), {
      isPreempting: preemption.by !== "none",
      topology: topology?.spec.kind,
      partitions: partitions.map(({ name }) => name),
    }),
    store: readStore(document, fields.get("store")),
    limits: readLimits(document, fields.get("limits"), defaults.limits),
    timing: readTiming(document, fields.get("timing"), defaults.timing),
    mailProgram: readMailProgram(document, fields.get("mail_program")) ?? defaults.mailProgram,
  };
  checkRelativeQos(document, fields.get("qos"), config);
  const refusal = document.refusal();
  return refusal === undefined ? ok(config) : { ok: false, refusal };
}

/** Percents are of one partition, or of the cluster. */
function checkRelativeQos(document: ConfigDocument, spot: Spot | undefined, config: ClusterConfig): void {
  for (const { name, flags } of config.qos) {
    const of = config.partitions.filter((partition) => partition.qos === name);
    if (spot === undefined || !flags?.includes("Relative") || of.length < 2) continue;
    const reason = `QOS ${name} is Relative and that of ${of.length} partitions; give each a QOS of its own`;
    document.fault(spot.offset, reason);
  }
}

type Reader<Key extends keyof ClusterConfig> = (
  document: ConfigDocument,
  spot: Spot | undefined,
  defaults: ClusterConfig[Key],
) => ClusterConfig[Key];

const readListen: Reader<"listen"> = (document, spot, defaults) => {
  const fields = document.fields(spot, ["host", "port"]);
  return {
    host: document.text(fields.get("host"), 255, HOST) ?? defaults.host,
    port: document.integer(fields.get("port"), 0, 65_535) ?? defaults.port,
  };
};

const readScheduler: Reader<"scheduler"> = (document, spot, defaults) => {
  const fields = document.fields(spot, ["backfill", "planners"]);
  const planners = document.integer(fields.get("planners"), 1, MAX_PLANNERS);
  const backfill = document.oneOf(fields.get("backfill"), BACKFILL_MODES) ?? defaults.backfill;
  return { backfill, ...(planners === undefined ? {} : { planners }) };
};

/** `store: sqlite`, or a mapping with the kind, as stores with options will need it. */
function readStore(document: ConfigDocument, spot: Spot | undefined): ClusterConfig["store"] {
  const kind = document.isMapping(spot) ? document.fields(spot, ["kind"]).get("kind") : spot;
  if (document.word(kind) === "postgres") {
    const reason = "the store postgres is not supported: this version has sqlite, which needs no server";
    document.fault(kind!.offset, reason, "NOT_SUPPORTED");
  } else {
    document.oneOf(kind, ["sqlite"]);
  }
  return { kind: "sqlite" };
}

const readLimits: Reader<"limits"> = (document, spot, defaults) => {
  const fields = document.fields(spot, ["max_jobs", "max_array_size", "min_job_age", "max_switch_wait"]);
  return {
    maxJobs: document.integer(fields.get("max_jobs"), 1, MAX_MAX_JOBS) ?? defaults.maxJobs,
    maxArraySize: document.integer(fields.get("max_array_size"), 1, MAX_TASKS) ?? defaults.maxArraySize,
    minJobAgeS: document.durationS(fields.get("min_job_age"), 1, false) ?? defaults.minJobAgeS,
    maxSwitchWaitS: document.durationS(fields.get("max_switch_wait"), 0, false) ?? defaults.maxSwitchWaitS,
  };
};

const readMailProgram = (document: ConfigDocument, spot: Spot | undefined): string | undefined =>
  document.word(spot) === "none" ? "" : document.text(spot, 4096);

const readTiming: Reader<"timing"> = (document, spot, defaults) => {
  const known = ["kill_wait", "requeue_delay", "node_grace", "node_timeout", "heartbeat"];
  const fields = document.fields(spot, known);
  const timing = {
    killWaitS: document.durationS(fields.get("kill_wait"), 0, false) ?? defaults.killWaitS,
    requeueDelayS: document.durationS(fields.get("requeue_delay"), 0, false) ?? defaults.requeueDelayS,
    nodeGraceMs: document.durationMs(fields.get("node_grace"), 0, DAY_MS) ?? defaults.nodeGraceMs,
    nodeTimeoutMs: document.durationMs(fields.get("node_timeout"), 1_000, DAY_MS) ?? defaults.nodeTimeoutMs,
    heartbeatMs: document.durationMs(fields.get("heartbeat"), 100, 3_600_000) ?? defaults.heartbeatMs,
  };
  if (timing.nodeTimeoutMs <= Math.max(timing.nodeGraceMs, timing.heartbeatMs)) {
    const reason = "node_timeout is not longer than node_grace and heartbeat; raise it, or lower them";
    document.fault(spot!.offset, reason);
  }
  return timing;
};
