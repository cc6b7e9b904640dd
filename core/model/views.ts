/**
 * What the outside sees: the answers of the REST API, from which every command prints. Plain JSON values; times are
 * epoch seconds, 0 for "none"; amounts are integers. `core/api` has a schema for each and a check that both agree.
 */
import type { JobState, ShownState } from "./job.ts";
import type { PowerState } from "./node-power.ts";
import type { NodeShareView } from "./node-share-view.ts";
import type { WaitExplanation } from "./reasons.ts";
import type { SwitchLimit } from "./request.ts";

/** How what ran in a job without a batch script has ended. */
export interface AllocationEnd {
  readonly exitCode: number;
  /** 0 for none. */
  readonly signal: number;
}

export interface JobView {
  /** Record id; for an array's waiting rest the array's id. */
  readonly jobId: number;
  /** As squeue shows it: `12`, `2_3`, `2_[4-9%2]`. */
  readonly displayId: string;
  /** 0 for a job that is no array. */
  readonly arrayJobId: number;
  /** -1 unless this record is one task. */
  readonly arrayTaskId: number;
  /** `4-9%2` for the waiting rest, else "". */
  readonly arrayTasks: string;
  readonly arrayThrottle: number;
  /** Id of the leader of the heterogeneous job that it is a component of; these three are absent for other jobs. */
  readonly hetJobId?: number;
  /** 0 for the leader. */
  readonly hetOffset?: number;
  readonly hetSize?: number;
  readonly name: string;
  readonly user: string;
  readonly uid: number;
  readonly group: string;
  readonly gid: number;
  readonly account: string;
  readonly qos: string;
  readonly comment: string;
  readonly wckey: string;
  /** As asked, `debug,long`; the one it runs in once started. */
  readonly partition: string;
  readonly state: ShownState;
  /** The end has been asked for and not been reported yet: Slurm's COMPLETING. */
  readonly completing: boolean;
  /** It has its nodes and waits until they are awake; absent for no. */
  readonly configuring?: true;
  /** Slurm's reason: `Resources`, `NonZeroExitCode`, `None`; may carry detail after a comma. */
  readonly reason: string;
  /** `afterok:4(unfulfilled)`, "" for none. */
  readonly dependency: string;
  readonly priority: number;
  readonly nice: number;
  readonly held: "" | "user" | "admin";
  readonly requeue: boolean;
  readonly restarts: number;
  readonly exitCode: number;
  readonly exitSignal: number;
  /** UNLIMITED_S for none. */
  readonly timeLimitS: number;
  /** The shortest limit that it may start with, and when it must have ended; absent where it asked none. */
  readonly timeMinS?: number;
  readonly deadlineS?: number;
  readonly submitS: number;
  readonly eligibleS: number;
  readonly beginS: number;
  /** Start, or for a waiting job the expected one; 0 for none. */
  readonly startS: number;
  /** True when startS is an expectation. */
  readonly startIsExpected: boolean;
  /** End, or for a running job the end by its limit; 0 for none. */
  readonly endS: number;
  readonly lastSchedS: number;
  readonly minNodes: number;
  readonly maxNodes: number;
  readonly numNodes: number;
  readonly numCpus: number;
  readonly numTasks: number;
  readonly cpusPerTask: number;
  /** 0 unless asked. */
  readonly ntasksPerNode: number;
  /** As asked; each absent where it was not. */
  readonly ntasksPerSocket?: number;
  readonly ntasksPerCore?: number;
  readonly socketsPerNode?: number;
  readonly coresPerSocket?: number;
  readonly threadsPerCore?: number;
  /** `[type:]n`. */
  readonly gpusPerSocket?: string;
  readonly memPer: "node" | "cpu" | "gpu";
  readonly memPerMib: number;
  /** MiB of the whole job. */
  readonly memMib: number;
  /** `gpu:tesla:2` per node, "" for none. */
  readonly gresPerNode: string;
  /** Shares of devices as a TRES, `gres/shard=2`; absent for none. */
  readonly sharesTres?: string;
  /** Total GPUs of the job. */
  readonly numGpus: number;
  readonly exclusive: boolean;
  /** Shares nodes with jobs of its user only; absent where it does not matter whose they are. */
  readonly exclusiveUser?: true;
  readonly features: string;
  /** Its nodes follow each other; absent where that is no matter. */
  readonly contiguous?: boolean;
  /** Leaf switches that its nodes hang on at most, until it has waited for so many seconds; absent for any number. */
  readonly switches?: SwitchLimit;
  readonly reqNodes: string;
  readonly excNodes: string;
  /** Name of the reservation that it may only run in; absent for none. */
  readonly reservation?: string;
  /** From when on it may be preempted; absent where it cannot be, or has not started. */
  readonly preemptEligibleS?: number;
  /** When it was preempted; absent where it was not. */
  readonly preemptS?: number;
  /** When it was last suspended or went on; absent where it never was suspended. */
  readonly suspendS?: number;
  /** Seconds that it had run by then. */
  readonly preSuspendS?: number;
  /** Seconds that it has stood still, up to suspendS where it is suspended; absent for none. */
  readonly suspendedS?: number;
  /** Hostlist, compressed; "" until started. */
  readonly nodes: string;
  readonly batchHost: string;
  readonly allocation: readonly NodeShareView[];
  readonly command: string;
  readonly workDir: string;
  readonly stdOut: string;
  readonly stdErr: string;
  readonly stdIn: string;
  readonly submitHost: string;
  readonly submitSid: number;
  readonly mailType: string;
  readonly mailUser: string;
}

export interface NodeView {
  readonly name: string;
  readonly index: number;
  readonly hostname: string;
  readonly address: string;
  readonly arch: string;
  readonly os: string;
  readonly version: string;
  readonly cpus: number;
  readonly allocCpus: number;
  readonly sockets: number;
  readonly coresPerSocket: number;
  readonly threadsPerCore: number;
  readonly memoryMib: number;
  readonly allocMemMib: number;
  readonly freeMemMib: number;
  /** Hundredths of the one-minute load average. */
  readonly cpuLoad: number;
  /** `gpu:tesla:2`, "" for none. */
  readonly gres: string;
  /** `gpu:tesla:1(IDX:0)`, "" for none. */
  readonly gresUsed: string;
  readonly devices: readonly {
    readonly lane: number;
    readonly name: string;
    readonly type: string;
    readonly vendor: string;
    readonly model: string;
    readonly pci: string;
    readonly free: number;
  }[];
  readonly features: readonly string[];
  readonly partitions: readonly string[];
  /** Slurm's base state in lower case: `idle`, `mixed`, `allocated`, `down`, `unknown`. */
  readonly baseState: "idle" | "mixed" | "allocated" | "down" | "unknown";
  readonly drain: boolean;
  readonly responding: boolean;
  readonly reason: string;
  readonly reasonUser: string;
  readonly reasonS: number;
  readonly bootS: number;
  readonly agentStartS: number;
  readonly lastBusyS: number;
  readonly topologyLeaf: string;
  readonly runningJobs: number;
  /** `alice(1000)` while a job of hers shares it with nobody else's; absent otherwise. */
  readonly owner?: string;
  /** The lightest nodes are given out first; absent for 1. */
  readonly weight?: number;
  /** What it is switched off, on or rebooted for; absent for a node that is awake. */
  readonly power?: PowerState;
  /** Of a node that reboots: what it is set to when it is back. */
  readonly nextState?: "RESUME" | "DOWN";
  /** Kept by a reservation at this moment; absent for a node that is not. */
  readonly reserved?: "reserved" | "maintenance";
}

export interface PartitionView {
  readonly name: string;
  readonly isDefault: boolean;
  readonly state: "UP" | "DOWN" | "DRAIN" | "INACTIVE";
  /** UNLIMITED_S for none. */
  readonly maxTimeS: number;
  readonly defaultTimeS: number;
  readonly maxNodes: number;
  readonly minNodes: number;
  readonly defMemPerCpuMib: number;
  readonly defMemPerNodeMib: number;
  readonly priorityJobFactor: number;
  readonly priorityTier: number;
  /** Absent where jobs are not preempted by partition. */
  readonly preemptMode?: string;
  readonly graceTimeS?: number;
  /** Jobs that take turns on each of its CPUs; absent where a CPU is one job's. */
  readonly turnJobs?: number;
  /** Its jobs share nodes with jobs of the same user only. */
  readonly exclusiveUser?: true;
  /** Compressed hostlist. */
  readonly nodes: string;
  readonly totalNodes: number;
  readonly totalCpus: number;
  readonly totalMemMib: number;
  readonly totalGpus: number;
}

export interface ClusterView {
  readonly clusterName: string;
  readonly version: string;
  readonly host: string;
  readonly bootS: number;
  readonly nowS: number;
  readonly maxArraySize: number;
  readonly minJobAgeS: number;
  readonly backfill: string;
  /** Absent where nothing is preempted. */
  readonly preemption?: {
    readonly by: string;
    readonly mode: string;
    readonly exemptTimeS: number;
    /** Seconds of a turn on a shared CPU; absent where there are no turns. */
    readonly turnS?: number;
  };
  /** Kind of the network that the configuration describes; absent where it describes none. */
  readonly topology?: string;
  readonly policies: readonly {
    readonly kind: string;
    readonly name: string;
    readonly version: string;
    readonly strikes: number;
    readonly out: boolean;
  }[];
  readonly firstJobId: number;
  readonly nextJobId: number;
  readonly stateDir: string;
}

/** Figures since the controller started; sdiag and /metrics print them. */
export interface StatsView {
  readonly sinceS: number;
  readonly jobsSubmitted: number;
  readonly jobsStarted: number;
  readonly jobsCompleted: number;
  readonly jobsCancelled: number;
  readonly jobsFailed: number;
  readonly jobsPending: number;
  readonly jobsRunning: number;
  readonly passes: number;
  readonly passLastUs: number;
  readonly passMaxUs: number;
  readonly passMeanUs: number;
  readonly conflicts: number;
  readonly strikes: number;
  readonly journalSeq: number;
  readonly commits: number;
  readonly agentsConnected: number;
}

export interface ExplainView extends WaitExplanation {
  readonly jobId: number;
  readonly displayId: string;
  readonly state: ShownState;
  readonly priority: number;
  /** Place in the queue from 1; 0 when not ranked. */
  readonly rank: number;
}

/** An ended job as accounting keeps it. */
export interface HistoryView {
  readonly jobId: number;
  readonly displayId: string;
  readonly arrayJobId: number;
  readonly arrayTaskId: number;
  readonly name: string;
  readonly user: string;
  readonly uid: number;
  readonly account: string;
  readonly qos: string;
  readonly partition: string;
  readonly state: JobState;
  readonly exitCode: number;
  readonly exitSignal: number;
  readonly submitS: number;
  readonly eligibleS: number;
  readonly startS: number;
  readonly endS: number;
  readonly timeLimitS: number;
  readonly nodes: string;
  readonly numNodes: number;
  readonly numCpus: number;
  readonly numGpus: number;
  readonly memMib: number;
  readonly restarts: number;
  readonly workDir: string;
  readonly stdOut: string;
  readonly endReason: string;
  readonly comment: string;
  /** Seconds between start and end that it stood still; absent for none. */
  readonly suspendedS?: number;
}

export interface SubmitAnswer {
  readonly jobId: number;
  /** Tasks of an array, 1 for a plain job. */
  readonly tasks: number;
  /** What the site's admission policy tells the user; absent for nothing. */
  readonly notes?: readonly string[];
}

export interface TestOnlyAnswer {
  readonly jobId: number;
  readonly startS: number;
  readonly cpus: number;
  readonly nodes: string;
  readonly partition: string;
  /** As of SubmitAnswer. */
  readonly notes?: readonly string[];
}

/** What may be changed of a job; absent fields stay. */
export interface JobUpdate {
  readonly timeLimitS?: number;
  readonly nice?: number;
  /** Points added to its priority; for operators. */
  readonly siteFactor?: number;
  readonly priority?: number;
  readonly partition?: string;
  readonly qos?: string;
  readonly account?: string;
  readonly comment?: string;
  readonly name?: string;
  /** "" for none. */
  readonly reservation?: string;
  readonly beginS?: number;
  readonly dependency?: string;
  readonly arrayThrottle?: number;
  /** It may start with a limit as short; 0 for its limit alone. */
  readonly timeMinS?: number;
  /** Epoch seconds by which it must have ended. */
  readonly deadlineS?: number;
}

export interface CancelRequest {
  /** Absent: end the job. Else only send this signal. */
  readonly signal?: number;
  /** Signal the batch shell alone. */
  readonly batchOnly?: boolean;
}

/** Selects jobs; absent fields select all. */
export interface JobFilter {
  /** `12`, `12_3`. */
  readonly ids?: readonly string[];
  readonly users?: readonly string[];
  readonly partitions?: readonly string[];
  readonly states?: readonly string[];
  readonly names?: readonly string[];
  readonly accounts?: readonly string[];
  /** Also those ended within the last minJobAgeS. */
  readonly ended?: boolean;
}

export interface HistoryFilter {
  readonly ids?: readonly string[];
  readonly users?: readonly string[];
  readonly names?: readonly string[];
  readonly states?: readonly string[];
  /** Ended at or after, before. */
  readonly sinceS?: number;
  readonly untilS?: number;
  /** 1..10,000, default 1,000, newest first. */
  readonly limit?: number;
}
