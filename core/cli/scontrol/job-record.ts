/** A job as `scontrol show job` prints it, key by key in Slurm's order. Pure; now is passed in. */

import { printGres, printGresUsed } from "../../model/gres.ts";
import { hetIdSet } from "../../model/het.ts";
import { compressHostlist } from "../../model/hostlist.ts";
import { printMemory } from "../../model/memory.ts";
import type { NodeShareView } from "../../model/node-share-view.ts";
import { printDurationLong, UNLIMITED_S } from "../../model/time.ts";
import type { JobView } from "../../model/views.ts";
import { shownState } from "../job-states.ts";
import {
  endTimeS,
  jobTres,
  minCpusOfNode,
  orNull,
  runTimeS,
  shareDevices,
  sharing,
  startTimeS,
  tresPerNode,
} from "../job-text.ts";
import type { TimePrinter } from "../time-format.ts";

export interface RecordContext {
  readonly nowS: number;
  readonly time: TimePrinter;
  /** All on one line. */
  readonly oneLine: boolean;
  /** With what --details adds. */
  readonly details: boolean;
}

/** The record with its end: an empty line, or a newline where it is one line. */
export const jobRecord = (job: JobView, context: RecordContext): string => {
  const lines = jobLines(job, context);
  return context.oneLine ? `${lines.join(" ")} \n` : `${lines.join("\n   ")}\n   \n\n`;
};

const jobLines = (job: JobView, context: RecordContext): readonly string[] => [
  `${idText(job)} JobName=${job.name}`,
  ...(job.hetJobId === undefined ? [] : [`HetJobIdSet=${hetIdSet(job.hetJobId, job.hetSize ?? 1)}`]),
  `UserId=${job.user}(${job.uid}) GroupId=${job.group}(${job.gid}) MCS_label=N/A`,
  `Priority=${Math.round(job.priority)} Nice=${job.nice} Account=${orNull(job.account)} QOS=${orNull(job.qos)}`,
  `JobState=${shownState(job)} Reason=${job.reason.replaceAll(" ", "_")} Dependency=${orNull(job.dependency)}`,
  `Requeue=${job.requeue ? 1 : 0} Restarts=${job.restarts} BatchFlag=1 Reboot=0 ExitCode=${exitCode(job)}`,
  ...(context.details ? ["DerivedExitCode=0:0"] : []),
  ...timeLines(job, context),
  `Partition=${job.partition} AllocNode:Sid=${job.submitHost}:${job.submitSid}`,
  `ReqNodeList=${orNull(job.reqNodes)} ExcNodeList=${orNull(job.excNodes)}`,
  `NodeList=${job.nodes}`,
  ...(job.batchHost === "" ? [] : [`BatchHost=${job.batchHost}`]),
  ...sizeLines(job),
  ...(context.details ? shareLines(job.allocation) : []),
  `MinCPUsNode=${minCpusOfNode(job)} ${memoryText(job)} MinTmpDiskNode=0`,
  `Features=${orNull(job.features)} DelayBoot=00:00:00`,
  ...(job.reservation === undefined ? [] : [`Reservation=${job.reservation}`]),
  `OverSubscribe=${sharing(job)} Contiguous=${job.contiguous === true ? 1 : 0} Licenses=(null) Network=(null)`,
  `Command=${orNull(job.command)}`,
  `WorkDir=${job.workDir}`,
  ...(job.comment === "" ? [] : [`Comment=${job.comment} `]),
  `StdErr=${job.stdErr}`,
  `StdIn=${job.stdIn}`,
  `StdOut=${job.stdOut}`,
  ...switchesLine(job),
  "Power=",
  ...(job.memPer === "gpu" ? [`MemPerTres=gres:gpu:${job.memPerMib}`] : []),
  ...(job.gresPerNode === "" ? [] : [`TresPerNode=${tresPerNode(job)}`]),
  ...(job.gpusPerSocket === undefined ? [] : [`TresPerSocket=gres:gpu:${job.gpusPerSocket}`]),
  ...(job.mailType === "" || job.mailType === "NONE"
    ? []
    : [`MailUser=${job.mailUser || job.user} MailType=${job.mailType}`]),
];

const switchesLine = ({ switches }: JobView): readonly string[] =>
  switches === undefined ? [] : [`Switches=${switches.count}@${printDurationLong(switches.waitS)}`];

const idText = (job: JobView): string => {
  if (job.hetJobId !== undefined)
    return `JobId=${job.jobId} HetJobId=${job.hetJobId} HetJobOffset=${job.hetOffset}`;
  if (job.arrayJobId === 0) return `JobId=${job.jobId}`;
  const task = job.arrayTaskId >= 0 ? String(job.arrayTaskId) : job.arrayTasks;
  const throttle = job.arrayThrottle > 0 ? ` ArrayTaskThrottle=${job.arrayThrottle}` : "";
  return `JobId=${job.jobId} ArrayJobId=${job.arrayJobId} ArrayTaskId=${task}${throttle}`;
};

const exitCode = (job: JobView): string => `${job.exitCode}:${job.exitSignal}`;

const timeLines = (job: JobView, { nowS, time }: RecordContext): readonly string[] => {
  const moment = (epochS: number): string => (epochS === 0 ? "Unknown" : time(epochS));
  const endS = endTimeS(job, nowS);
  const limit = printDurationLong(job.timeLimitS);
  const eligibleS = isNotEligible(job) ? 0 : job.eligibleS;
  // A task of an array has no such time of its own.
  const accrueS = job.arrayJobId > 0 || eligibleS > nowS ? 0 : eligibleS;
  return [
    `RunTime=${printDurationLong(runTimeS(job, nowS))} TimeLimit=${limit} TimeMin=${job.timeMinS === undefined ? "N/A" : printDurationLong(job.timeMinS)}`,
    `SubmitTime=${moment(job.submitS)} EligibleTime=${moment(eligibleS)}`,
    `AccrueTime=${moment(accrueS)}`,
    `StartTime=${moment(startTimeS(job, nowS))} EndTime=${moment(endS === UNLIMITED_S ? 0 : endS)} Deadline=${job.deadlineS === undefined ? "N/A" : moment(job.deadlineS)}`,
    ...(job.preemptEligibleS === undefined
      ? []
      : [`PreemptEligibleTime=${moment(job.preemptEligibleS)} PreemptTime=${preemptTime(job, moment)}`]),
    `SuspendTime=${job.suspendS === undefined ? "None" : moment(job.suspendS)} SecsPreSuspend=${job.preSuspendS ?? 0} LastSchedEval=${moment(job.lastSchedS)} Scheduler=Main`,
  ];
};

const preemptTime = (job: JobView, moment: (atS: number) => string): string =>
  job.preemptS === undefined ? "None" : moment(job.preemptS);

/** The rest of an array that is held or above its limit of tasks. */
const isNotEligible = (job: JobView): boolean =>
  job.arrayTasks !== "" && (job.held !== "" || job.reason === "JobArrayTaskLimit");

const sizeLines = (job: JobView): readonly string[] => {
  const range =
    job.state === "PENDING" && job.maxNodes > 0 && job.maxNodes < MANY_NODES
      ? `${job.minNodes}-${job.maxNodes}`
      : String(job.numNodes);
  return [
    `NumNodes=${range} NumCPUs=${job.numCpus} NumTasks=${job.numTasks} CPUs/Task=${job.cpusPerTask} ReqB:S:C:T=0:0:${anyOf(job.coresPerSocket)}:${anyOf(job.threadsPerCore)}`,
    `TRES=${jobTres(job)}`,
    `Socks/Node=${anyOf(job.socketsPerNode)} NtasksPerN:B:S:C=${job.ntasksPerNode}:0:${anyOf(job.ntasksPerSocket)}:${anyOf(job.ntasksPerCore)} CoreSpec=*`,
  ];
};

const anyOf = (count: number | undefined): string => (count === undefined ? "*" : String(count));

/** A maximum that nobody set. */
const MANY_NODES = 65_536;

const memoryText = (job: JobView): string => {
  if (job.memPer === "gpu") return "MinMemoryNode=0";
  return `MinMemory${job.memPer === "cpu" ? "CPU" : "Node"}=${printMemory(Math.max(0, job.memPerMib))}`;
};

/** Devices of the job, and what each group of like nodes gives. */
const shareLines = (shares: readonly NodeShareView[]): readonly string[] => {
  if (shares.length === 0) return [];
  const totals = new Map<string, { name: string; type?: string; count: number; thousandths?: number }>();
  const groups = new Map<string, string[]>();
  for (const share of shares) {
    const devices = shareDevices(share);
    for (const { name, type, count, thousandths } of devices) {
      const key = `${name}:${type ?? ""}`;
      const typed = type === undefined ? {} : { type };
      const total = totals.get(key) ?? { name, ...typed, count: 0, ...(thousandths && { thousandths }) };
      total.count += count;
      totals.set(key, total);
    }
    // Which CPUs they are is the node's to know.
    const gives = `CPU_IDs=N/A Mem=${share.memMib} GRES=${printGresUsed(devices)}`;
    groups.set(gives, [...(groups.get(gives) ?? []), share.node]);
  }
  const gres = [...totals.values()];
  return [
    `JOB_GRES=${gres.length === 0 ? "(null)" : printGres(gres)}`,
    ...[...groups].map(([gives, names]) => `  Nodes=${compressHostlist(names)} ${gives}`),
  ];
};
