/**
 * What squeue can say of a job: the letters of -o, in the order that `%all` has, and the names of -O. A resource that
 * Rota does not have is answered as Slurm answers for a job that did not ask for it. Pure.
 */
import { hetIdSet } from "../../model/het.ts";
import { printMemory } from "../../model/memory.ts";
import { printDurationShort, UNLIMITED_S } from "../../model/time.ts";
import type { JobView } from "../../model/views.ts";
import type { Field } from "../columns.ts";
import { compactState, shownState } from "../job-states.ts";
import {
  endTimeS,
  jobTres,
  minCpusOfNode,
  NULL,
  orNull,
  runTimeS,
  sharing,
  startTimeS,
  tresPerNode,
} from "../job-text.ts";
import type { TimePrinter } from "../time-format.ts";

export interface JobFieldContext {
  readonly nowS: number;
  readonly time: TimePrinter;
  readonly clusterName: string;
}

type JobField = Field<JobView>;

/** Largest priority that Slurm has; its `%p` is a fraction of it. */
const MAX_PRIORITY = 4_294_967_295;
const NOT_APPLICABLE = "N/A";

export const jobFields = (context: JobFieldContext): readonly JobField[] => [
  ...letteredFields(context),
  ...namedFields(context),
];

const field = (
  letter: string,
  names: string,
  header: string,
  value: JobField["value"],
  order?: JobField["order"],
): JobField => ({
  ...(letter === "" ? {} : { letter }),
  names: names === "" ? [] : names.split(" "),
  header,
  value,
  ...(order === undefined ? {} : { order }),
});

const always =
  (text: string): JobField["value"] =>
  () =>
    text;

const letteredFields = ({ nowS, time }: JobFieldContext): readonly JobField[] => {
  const moment = (epochS: number): string => (epochS === 0 ? NOT_APPLICABLE : time(epochS));
  const start = (job: JobView): number => startTimeS(job, nowS);
  return [
    field("a", "account", "ACCOUNT", (job) => orNull(job.account)),
    field("b", "trespernode gres", "TRES_PER_NODE", (job) => tresPerNode(job) || NOT_APPLICABLE),
    field("c", "mincpus", "MIN_CPUS", (job) => String(minCpusOfNode(job)), minCpusOfNode),
    field("d", "mintmpdisk", "MIN_TMP_DISK", always("0")),
    field(
      "e",
      "endtime",
      "END_TIME",
      (job) => endText(job, nowS, moment),
      (job) => endTimeS(job, nowS),
    ),
    field("f", "feature", "FEATURES", (job) => orNull(job.features)),
    field("g", "groupname", "GROUP", (job) => job.group),
    field("h", "oversubscribe", "OVER_SUBSCRIBE", sharing),
    field("i", "jobarrayid", "JOBID", (job) => job.displayId, displayOrder),
    field("j", "name", "NAME", (job) => job.name),
    field("k", "comment", "COMMENT", (job) => orNull(job.comment)),
    field(
      "l",
      "timelimit",
      "TIME_LIMIT",
      (job) => printDurationShort(job.timeLimitS),
      (job) => job.timeLimitS,
    ),
    field(
      "m",
      "minmemory",
      "MIN_MEMORY",
      (job) => printMemory(Math.max(0, job.memPerMib)),
      (job) => job.memPerMib,
    ),
    field("n", "reqnodes", "REQ_NODES", (job) => job.reqNodes),
    field("o", "command", "COMMAND", (job) => orNull(job.command)),
    field(
      "p",
      "priority",
      "PRIORITY",
      (job) => (job.priority / MAX_PRIORITY).toFixed(14),
      (job) => job.priority,
    ),
    field("q", "qos", "QOS", (job) => orNull(job.qos)),
    field("r", "reason", "REASON", (job) => job.reason),
    // Later releases show a job's SLUID here.
    field("s", "selectjobinfo", "", always("")),
    field("t", "statecompact", "ST", (job) => compactState(shownState(job))),
    field("u", "username", "USER", (job) => job.user),
    field("v", "reservation", "RESERVATION", (job) => job.reservation ?? NULL),
    field("w", "wckey", "WCKEY", (job) => orNull(job.wckey)),
    field("x", "excnodes", "EXC_NODES", (job) => job.excNodes),
    field(
      "y",
      "nice",
      "NICE",
      (job) => String(job.nice),
      (job) => job.nice,
    ),
    field("z", "sct", "S:C:T", always("*:*:*")),
    field(
      "A",
      "jobid",
      "JOBID",
      (job) => String(job.jobId),
      (job) => job.jobId,
    ),
    field("B", "batchhost", "EXEC_HOST", (job) => job.batchHost || "n/a"),
    field(
      "C",
      "numcpus",
      "CPUS",
      (job) => String(job.numCpus),
      (job) => job.numCpus,
    ),
    field(
      "D",
      "numnodes",
      "NODES",
      (job) => String(job.numNodes),
      (job) => job.numNodes,
    ),
    field("E", "dependency", "DEPENDENCY", (job) => orNull(job.dependency)),
    field("F", "arrayjobid", "ARRAY_JOB_ID", (job) => String(job.arrayJobId || job.jobId), arrayOrder),
    field(
      "G",
      "groupid",
      "GROUP",
      (job) => String(job.gid),
      (job) => job.gid,
    ),
    field("H", "sockets", "SOCKETS_PER_NODE", always("*")),
    field("I", "cores", "CORES_PER_SOCKET", always("*")),
    field("J", "threads", "THREADS_PER_CORE", always("*")),
    field("K", "arraytaskid", "ARRAY_TASK_ID", arrayTaskText),
    field(
      "L",
      "timeleft",
      "TIME_LEFT",
      (job) => timeLeft(job, nowS),
      (job) => timeLeftS(job, nowS),
    ),
    field(
      "M",
      "timeused",
      "TIME",
      (job) => printDurationShort(runTimeS(job, nowS)),
      (job) => runTimeS(job, nowS),
    ),
    field("N", "nodelist", "NODELIST", (job) => job.nodes),
    field("O", "contiguous", "CONTIGUOUS", ({ contiguous }) => (contiguous === true ? "1" : "0")),
    field("P", "partition", "PARTITION", (job) => job.partition),
    field(
      "Q",
      "prioritylong",
      "PRIORITY",
      (job) => String(Math.round(job.priority)),
      (job) => job.priority,
    ),
    field("R", "reasonlist", "NODELIST(REASON)", nodesOrReason),
    field(
      "S",
      "starttime",
      "START_TIME",
      (job) => moment(start(job)),
      (job) => start(job) || Number.POSITIVE_INFINITY,
    ),
    field("T", "state", "STATE", shownState),
    field(
      "U",
      "userid",
      "UID",
      (job) => String(job.uid),
      (job) => job.uid,
    ),
    field(
      "V",
      "submittime",
      "SUBMIT_TIME",
      (job) => moment(job.submitS),
      (job) => job.submitS,
    ),
    field("W", "licenses", "LICENSES", always(NULL)),
    field("X", "corespec", "CORE_SPEC", always(NOT_APPLICABLE)),
    field("Y", "schednodes", "SCHEDNODES", always(NULL)),
    field("Z", "workdir", "WORK_DIR", (job) => job.workDir),
  ];
};

const namedFields = ({ nowS, time, clusterName }: JobFieldContext): readonly JobField[] => {
  const moment = (epochS: number): string => (epochS === 0 ? NOT_APPLICABLE : time(epochS));
  return [
    field("", "accruetime", "ACCRUE_TIME", (job) => moment(job.eligibleS)),
    field("", "admincomment", "ADMIN_COMMENT", always(NULL)),
    field("", "allocnodes", "ALLOC_NODES", (job) => job.submitHost),
    field("", "allocsid", "ALLOC_SID", (job) => String(job.submitSid)),
    field("", "associd", "ASSOC_ID", always("0")),
    field("", "batchflag", "BATCH_FLAG", always("1")),
    field("", "boardspernode", "BOARDS_PER_NODE", always("0")),
    field("", "burstbuffer", "BURST_BUFFER", always(NULL)),
    field("", "burstbufferstate", "BURST_BUFFER_STATE", always(NULL)),
    field("", "cluster", "CLUSTER", always(clusterName)),
    field("", "clusterfeature", "CLUSTER_FEATURES", always(NULL)),
    field("", "container", "CONTAINER", always(NULL)),
    field("", "cpuspertask", "CPUS_PER_TASK", (job) => String(job.cpusPerTask)),
    field("", "cpuspertres", "CPUS_PER_TRES", always(NOT_APPLICABLE)),
    field("", "deadline", "DEADLINE", (job) => moment(job.deadlineS ?? 0)),
    field("", "delayboot", "DELAY_BOOT", always("0:00")),
    field("", "derivedec", "DERIVED_EC", always("0")),
    field("", "eligibletime", "ELIGIBLE_TIME", (job) => moment(job.eligibleS)),
    field("", "exitcode", "EXIT_CODE", (job) => String(job.exitCode * 256 + job.exitSignal)),
    field("", "hetjobid", "HET_JOB_ID", (job) => String(job.hetJobId ?? NOT_APPLICABLE)),
    field("", "hetjoboffset", "HET_JOB_OFFSET", (job) => String(job.hetOffset ?? NOT_APPLICABLE)),
    field("", "hetjobidset", "HET_JOB_ID_SET", hetIdSetText),
    field("", "lastschedeval", "LAST_SCHED_EVAL", (job) => moment(job.lastSchedS)),
    field("", "maxcpus", "MAX_CPUS", (job) => String(job.numCpus)),
    field("", "maxnodes", "MAX_NODES", (job) => String(job.maxNodes)),
    field("", "mcslabel", "MCSLABEL", always(NULL)),
    field("", "mempertres", "MEM_PER_TRES", (job) => memPerGpu(job)),
    field("", "mintime", "TIME_MIN", (job) => printDurationShort(job.timeMinS ?? 0)),
    field("", "network", "NETWORK", always(NULL)),
    field("", "ntperboard", "NTASKS_PER_BOARD", always("0")),
    field("", "ntpercore", "NTASKS_PER_CORE", always(NOT_APPLICABLE)),
    field("", "ntpernode", "NTASKS_PER_NODE", (job) => String(job.ntasksPerNode)),
    field("", "ntpersocket", "NTASKS_PER_SOCKET", always(NOT_APPLICABLE)),
    field("", "numtasks", "TASKS", (job) => String(job.numTasks)),
    field("", "pendingtime", "PENDING_TIME", (job) => String(pendingS(job, nowS))),
    field("", "preemptime", "PREEMPT_TIME", (job) =>
      job.preemptS === undefined ? NOT_APPLICABLE : moment(job.preemptS),
    ),
    field("", "profile", "PROFILE", always("NotSet")),
    field("", "reboot", "REBOOT", always("0")),
    field("", "requeue", "REQUEUE", (job) => (job.requeue ? "1" : "0")),
    field("", "resizetime", "RESIZE_TIME", always(NOT_APPLICABLE)),
    field("", "restartcnt", "RESTART_COUNT", (job) => String(job.restarts)),
    field("", "sperboard", "SOCKETS_PER_BOARD", always("*")),
    field("", "stderr", "STDERR", (job) => job.stdErr),
    field("", "stdin", "STDIN", (job) => job.stdIn),
    field("", "stdout", "STDOUT", (job) => job.stdOut),
    field("", "tresalloc tres", "TRES_ALLOC", jobTres),
    field("", "tresbind", "TRES_BIND", always(NOT_APPLICABLE)),
    field("", "tresfreq", "TRES_FREQ", always(NOT_APPLICABLE)),
    field("", "tresperjob", "TRES_PER_JOB", always(NOT_APPLICABLE)),
    field("", "trespersocket", "TRES_PER_SOCKET", always(NOT_APPLICABLE)),
    field("", "trespertask", "TRES_PER_TASK", always(NOT_APPLICABLE)),
    field("", "wait4switch", "WAIT4SWITCH", always("0:00")),
  ];
};

/** By array, then by task; the waiting rest goes first. Ids of components follow each other already. */
const displayOrder = (job: JobView): number => arrayOrder(job) * 2 ** 21 + job.arrayTaskId + 1;
const arrayOrder = (job: JobView): number => job.arrayJobId || job.jobId;

const hetIdSetText = ({ hetJobId, hetSize }: JobView): string =>
  hetJobId === undefined || hetSize === undefined ? NOT_APPLICABLE : hetIdSet(hetJobId, hetSize);

const arrayTaskText = (job: JobView): string => {
  if (job.arrayTaskId >= 0) return String(job.arrayTaskId);
  return job.arrayTasks === "" ? NOT_APPLICABLE : job.arrayTasks;
};

const endText = (job: JobView, nowS: number, moment: (epochS: number) => string): string => {
  const endS = endTimeS(job, nowS);
  return endS === UNLIMITED_S ? "NONE" : moment(endS);
};

const timeLeftS = (job: JobView, nowS: number): number =>
  job.timeLimitS === UNLIMITED_S ? UNLIMITED_S : Math.max(0, job.timeLimitS - runTimeS(job, nowS));

const timeLeft = (job: JobView, nowS: number): string => printDurationShort(timeLeftS(job, nowS));

const pendingS = (job: JobView, nowS: number): number =>
  Math.max(0, (job.state === "PENDING" ? nowS : job.startS) - job.submitS);

const memPerGpu = (job: JobView): string =>
  job.memPer === "gpu" ? `gres:gpu:${job.memPerMib}` : NOT_APPLICABLE;

/** A job that waits or failed is shown with its reason, any other with its nodes. */
const REASON_STATES: ReadonlySet<string> = new Set([
  "PENDING",
  "TIMEOUT",
  "OUT_OF_MEMORY",
  "DEADLINE",
  "FAILED",
]);

export const nodesOrReason = (job: JobView): string =>
  !job.completing && REASON_STATES.has(job.state) ? `(${job.reason})` : job.nodes;
