/**
 * A job step: tasks that srun starts on nodes of a running job. `StepAsk` is what srun asks of the controller; `Step` is
 * the record that the state keeps. Types and bounds only.
 */

import type { NodeIndex } from "./ids.ts";
import type { DeviceShare, JobState } from "./job.ts";

/** Tasks of one step, on all its nodes together. */
export const MAX_STEP_TASKS = 65_536;
/** Steps that one run of a job may start, as Slurm's MaxStepCount. */
export const MAX_STEPS_PER_JOB = 40_000;
/** Ended steps of a job whose records are kept; older ones go first. */
export const MAX_KEPT_STEPS = 10_000;
export const MAX_STEP_ID = MAX_STEPS_PER_JOB - 1;

/** How ranks go round the nodes of a step. */
export type StepDistribution = "block" | "cyclic" | "plane" | "arbitrary";

/** What srun asks; absent means "the default". Grammars of names are Slurm's. */
export interface StepAsk {
  readonly name: string;
  /** Nodes of the step; absent: as many of the job's as there are tasks. */
  readonly minNodes?: number;
  readonly maxNodes?: number;
  /** Absent: one a node. */
  readonly ntasks?: number;
  readonly ntasksPerNode?: number;
  readonly cpusPerTask?: number;
  /** Absent: the step shares the job's memory with the others. */
  readonly memPerNodeMib?: number;
  readonly memPerCpuMib?: number;
  /** GRES of each node, `gpu:2`; `none` for no device. Absent, with the three below: all devices of the job. */
  readonly gres?: string;
  /** `[type:]n` of the whole step, of a node, of a task. */
  readonly gpus?: string;
  readonly gpusPerNode?: string;
  readonly gpusPerTask?: string;
  /** Hostlists. */
  readonly nodelist?: string;
  readonly exclude?: string;
  /** First node of the step among the job's, from 0. */
  readonly relative?: number;
  /** No more of a node than it asked for; else all that is free there. */
  readonly exact?: boolean;
  /** Beside other steps, whatever they hold. */
  readonly overlap?: boolean;
  readonly overcommit?: boolean;
  readonly distribution?: StepDistribution;
  /** Of `plane`. */
  readonly planeSize?: number;
  /** Of `arbitrary`: the node of each rank. */
  readonly hosts?: readonly string[];
  /** UNLIMITED_S or absent for the job's. */
  readonly timeLimitS?: number;
  /** Where the nodes find srun, and what both know it by: 64 hexadecimal digits. */
  readonly port: number;
  readonly key: string;
  readonly srunHost: string;
  readonly srunPid: number;
  /** How long the answer may wait for resources that other steps hold, ms. */
  readonly waitMs: number;
}

/** One node's part of a step. */
export interface StepShare {
  readonly node: NodeIndex;
  readonly tasks: number;
  readonly cpus: number;
  /** 0: the job's. */
  readonly memMib: number;
  /** What the step holds for itself, or sees beside others. */
  readonly devices: readonly DeviceShare[];
}

/** What is decided at a step's start. */
export interface StepFields {
  readonly name: string;
  readonly shares: readonly StepShare[];
  readonly tasks: number;
  readonly cpusPerTask: number;
  readonly distribution: StepDistribution;
  /** Whether others may not have what it holds. */
  readonly holdsCpus: boolean;
  readonly holdsDevices: boolean;
  readonly timeLimitS: number;
  readonly srunHost: string;
  readonly srunPid: number;
}

/** A step as the state holds it. */
export interface Step extends StepFields {
  readonly stepId: number;
  readonly startS: number;
  state: Exclude<JobState, "PENDING">;
  /** 0 while it runs. */
  endS: number;
  exitCode: number;
  exitSignal: number;
}

/** Steps of one run of a job. */
export interface JobSteps {
  nextStepId: number;
  /** Ascending by id. */
  readonly running: Step[];
  readonly ended: Step[];
}

/** The answer to srun: who it is, and where each rank runs. */
export interface StepAnswer {
  readonly jobId: number;
  readonly restarts: number;
  readonly stepId: number;
  readonly distribution: StepDistribution;
  readonly cpusPerTask: number;
  /** Where the nodes will find srun. */
  readonly launchHost: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly ranks: readonly number[];
    readonly cpus: number;
    readonly memMib: number;
  }[];
}

/** A step as commands show it. */
export interface StepView {
  readonly jobId: number;
  /** `12`, `2_3`. */
  readonly jobDisplayId: string;
  readonly stepId: number;
  readonly name: string;
  readonly user: string;
  readonly uid: number;
  readonly partition: string;
  readonly state: JobState;
  readonly exitCode: number;
  readonly exitSignal: number;
  readonly startS: number;
  /** 0 while it runs. */
  readonly endS: number;
  readonly timeLimitS: number;
  /** Hostlist. */
  readonly nodes: string;
  readonly numNodes: number;
  readonly tasks: number;
  readonly cpus: number;
  readonly memMib: number;
  readonly gpus: number;
  readonly distribution: StepDistribution;
  readonly srunHost: string;
  readonly srunPid: number;
}
