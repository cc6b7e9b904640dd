/**
 * Frames between agent and controller, MessagePack over WebSocket. Every frame but `hello`, `welcome` and `refused` is
 * numbered by its sender and acknowledged by the other side once it has been dealt with for good (for the controller:
 * once the event is on disk). After a break both sides send again what was not acknowledged.
 *
 * Beyond the numbers, `hello` lists every job that the agent has, so that two sides of which either was restarted
 * agree again: orders are idempotent by (jobId, restarts), and an ending is reported until it is forgotten.
 */
import type { DeviceShare } from "../../core/model/job.ts";
import type { NodeSpec } from "../../core/model/node.ts";

/** Versions that this build speaks, oldest and newest. A hello is refused when the ranges do not meet. */
export const PROTOCOL_MIN = 1;
export const PROTOCOL_MAX = 2;
/** From which version on an agent knows job steps. */
export const PROTOCOL_STEPS = 2;
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;
/** Unacknowledged frames that a side keeps; past it, it stops reading its own work. */
export const MAX_UNACKED_FRAMES = 65_536;
export const AGENT_PATH = "/agent/v1";

/** Identity of one run of a job: a requeued job has the next `restarts`. */
export interface JobRunKey {
  readonly jobId: number;
  readonly restarts: number;
}

/** Everything that an agent needs to start a batch script. Paths are absolute, patterns already expanded. */
export interface StartOrder extends JobRunKey {
  readonly name: string;
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly workDir: string;
  readonly script: string;
  readonly args: readonly string[];
  /** The user's environment and SLURM_* of the job; the agent adds what only it knows (SLURM_TASK_PID, TMPDIR, devices). */
  readonly environment: Readonly<Record<string, string>>;
  readonly stdout: string;
  /** Equal to stdout when merged. */
  readonly stderr: string;
  readonly stdin: string;
  readonly openMode: "append" | "truncate";
  /** This node's share. */
  readonly cpus: number;
  readonly memMib: number;
  readonly devices: readonly DeviceShare[];
  /** Seconds from its start; UNLIMITED_S for none. */
  readonly timeLimitS: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  readonly signal?: { readonly signal: number; readonly beforeS: number; readonly batchOnly: boolean };
}

/** Why a job is ended; the agent writes Slurm's line for it into the job's stderr. */
export type EndCause = "cancelled" | "time-limit" | "node-failure" | "requeue" | "preemption";

export interface EndOrder extends JobRunKey {
  readonly cause: EndCause;
  /** 0 for SIGKILL at once. */
  readonly graceMs: number;
}

export interface SignalOrder extends JobRunKey {
  readonly signal: number;
  readonly batchOnly: boolean;
}

/** The job's processes are to stand still: SIGTSTP, and SIGSTOP after the grace. The answer is a report. */
export interface SuspendOrder extends JobRunKey {
  readonly graceMs: number;
}

export interface LimitOrder extends JobRunKey {
  readonly timeLimitS: number;
}

export interface StartedReport extends JobRunKey {
  readonly pid: number;
  /** Epoch ms on the agent's clock. */
  readonly startedMs: number;
}

export interface EndedReport extends JobRunKey {
  readonly exitCode: number;
  /** 0 for none. */
  readonly signal: number;
  /**
   * - `exit`: the script ended by itself (or by a signal from elsewhere)
   * - an EndCause: it was ended on order, or by the agent at its time limit
   * - `oom`: the kernel ended it for memory
   * - `launch-failed`: it never ran; `text` says why
   * - `lost`: it was running and no trace of how it ended is left (the host was restarted)
   */
  readonly cause: "exit" | EndCause | "oom" | "launch-failed" | "lost";
  readonly text: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** -1 where not measured. */
  readonly cpuTimeMs: number;
  readonly maxRssMib: number;
}

/** Identity of one job step of one run of a job. */
export interface StepKey extends JobRunKey {
  readonly stepId: number;
}

/**
 * One node's part of a job step. What the tasks are and their environment comes from srun, which the node calls: only
 * the two know the key, whose halves they show each other.
 */
export interface StepOrder extends StepKey {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
  readonly srun: { readonly host: string; readonly port: number; readonly key: string };
  /** Rank of the node in the step. */
  readonly nodeRank: number;
  /** Ranks of the node's tasks in the step, ascending; their positions are the local ids. */
  readonly tasks: readonly number[];
  /** The step's share of this node, and the whole job's. */
  readonly cpus: number;
  readonly memMib: number;
  readonly devices: readonly DeviceShare[];
  readonly jobCpus: number;
  readonly jobMemMib: number;
  readonly jobDevices: readonly DeviceShare[];
  /** Devices that each task has for itself; 0: all tasks see all of the step's. */
  readonly devicesPerTask: number;
  /** Seconds from its start; UNLIMITED_S for none. */
  readonly timeLimitS: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

export interface StepEndOrder extends StepKey {
  readonly cause: EndCause;
  /** 0 for SIGKILL at once. */
  readonly graceMs: number;
}

/** The end of one node's part of a step: the highest exit code, or signal, of its tasks. */
export interface StepEndedReport extends StepKey {
  readonly exitCode: number;
  /** 0 for none. */
  readonly signal: number;
  readonly cause: EndedReport["cause"];
  readonly text: string;
  readonly startedMs: number;
  readonly endedMs: number;
  /** -1 where not measured. */
  readonly cpuTimeMs: number;
  readonly maxRssMib: number;
}

/** All processes of the job stand still. */
export interface SuspendedReport extends JobRunKey {
  /** Epoch ms on the agent's clock. */
  readonly atMs: number;
}

/** A job that the agent has: running, or ended and not yet forgotten. */
export interface JobPresence extends JobRunKey {
  readonly state: "running" | "ended";
  /** It stands still on order; absent otherwise. */
  readonly suspended?: boolean;
}

export interface HelloFrame {
  readonly kind: "hello";
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly node: NodeSpec;
  /** New at each start of the agent process. */
  readonly agentSession: string;
  /** Controller session that the agent last spoke to, "" for none, and the last frame it took from it. */
  readonly controllerSession: string;
  readonly lastReceived: number;
  readonly jobs: readonly JobPresence[];
  /** Steps that run, and those that have ended and are not forgotten; absent for none. */
  readonly steps?: readonly StepKey[];
}

export interface WelcomeFrame {
  readonly kind: "welcome";
  readonly protocol: number;
  readonly controllerSession: string;
  readonly lastReceived: number;
  readonly heartbeatMs: number;
}

export interface RefusedFrame {
  readonly kind: "refused";
  readonly code: string;
  readonly message: string;
}

/** Numbered bodies, agent to controller. */
export type AgentBody =
  | ({ readonly kind: "started" } & StartedReport)
  | ({ readonly kind: "suspended" } & SuspendedReport)
  | ({ readonly kind: "ended" } & EndedReport)
  | ({ readonly kind: "step-ended" } & StepEndedReport);

/** Numbered bodies, controller to agent. */
export type ControllerBody =
  | ({ readonly kind: "start" } & StartOrder)
  | ({ readonly kind: "end" } & EndOrder)
  | ({ readonly kind: "signal" } & SignalOrder)
  | ({ readonly kind: "limit" } & LimitOrder)
  | ({ readonly kind: "suspend" } & SuspendOrder)
  /** A suspended job goes on. */
  | ({ readonly kind: "resume" } & JobRunKey)
  /** The ending is recorded; the agent may delete what it keeps of it. */
  | ({ readonly kind: "forget" } & JobRunKey)
  | ({ readonly kind: "step" } & StepOrder)
  | ({ readonly kind: "step-end" } & StepEndOrder)
  | ({ readonly kind: "step-signal"; readonly signal: number } & StepKey)
  | ({ readonly kind: "step-forget" } & StepKey);

export interface DataFrame<Body> {
  readonly kind: "data";
  /** From 1, in order, for this session of the sender. */
  readonly seq: number;
  /** Last frame of the other side that has been dealt with. */
  readonly ack: number;
  readonly body: Body;
}

/** Not numbered: carries an acknowledgement, and the agent's load. */
export interface HeartbeatFrame {
  readonly kind: "heartbeat";
  readonly ack: number;
  /** Hundredths of the one-minute load; -1 from the controller. */
  readonly cpuLoad: number;
  readonly freeMemMib: number;
}

export type AgentFrame = HelloFrame | DataFrame<AgentBody> | HeartbeatFrame;
export type ControllerFrame = WelcomeFrame | RefusedFrame | DataFrame<ControllerBody> | HeartbeatFrame;
