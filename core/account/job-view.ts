/**
 * A job as the outside sees it. Made for each record of an answer, from the state and what the last plan said of the
 * job. Pure; the wording of commands is theirs.
 */
import { printArray } from "../model/array.ts";
import { type DependencyState, printDependency } from "../model/dependency.ts";
import { isShareKind } from "../model/device-parts.ts";
import { printGres } from "../model/gres.ts";
import { compressHostlist, compressSorted, expandHostlist } from "../model/hostlist.ts";
import type { NodeIndex } from "../model/ids.ts";
import { isEnded, type Job, type NodeAllocation, shownState } from "../model/job.ts";
import { printMailType } from "../model/mail-type.ts";
import type { DeviceSpec } from "../model/node.ts";
import { usesOneThread } from "../model/node-shape.ts";
import type { NodeShareView } from "../model/node-share-view.ts";
import { outputPaths } from "../model/output-paths.ts";
import { UNLIMITED_S } from "../model/time.ts";
import type { JobView } from "../model/views.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { componentsOf } from "../state/het.ts";
import { occupantOf } from "../state/owners.ts";
import { preemptionOf } from "../state/preemption-tables.ts";
import { amountsOf, gresPerNode, sharesOf } from "./amounts.ts";
import { displayId } from "./display-id.ts";
import { nodeName, nodeNames } from "./node-names.ts";
import { type PlannedWait, reasonOf } from "./wait-reason.ts";

export interface JobViewContext {
  readonly nowS: number;
  /** Of this job; undefined when the last pass did not know it. */
  readonly planned?: PlannedWait | undefined;
  /** When the last pass was; 0 before the first. */
  readonly lastPassS: number;
}

export function jobView(state: ClusterState, job: Job, context: JobViewContext): JobView {
  const { spec, request } = job;
  const names = nodeNames(state, job);
  const amounts = amountsOf(state, job);
  const isNodesAsked = spec.minNodes !== undefined || spec.maxNodes !== undefined;
  return {
    jobId: job.id,
    displayId: displayId(job),
    arrayJobId: job.array?.arrayJobId ?? 0,
    arrayTaskId: job.array?.taskId ?? -1,
    arrayTasks: job.pendingTasks === undefined ? "" : printArray(job.pendingTasks, job.throttle),
    arrayThrottle: job.throttle,
    ...hetOf(job),
    name: job.name,
    user: spec.user,
    uid: spec.uid,
    group: spec.group,
    gid: spec.gid,
    account: job.account,
    qos: job.qos,
    comment: job.comment,
    wckey: spec.wckey ?? "",
    partition: job.partition === "" ? job.partitions.join(",") : job.partition,
    state: shownState(job),
    completing: job.state === "RUNNING" && job.ending !== undefined,
    ...(isAwaitingNodes(state, job) ? { configuring: true as const } : {}),
    reason: wholeReason(state, job, context),
    dependency: dependencyText(job),
    priority: priorityOf(job, context.planned),
    nice: job.nice,
    held: job.held,
    requeue: job.requeueAllowed,
    restarts: job.restarts,
    exitCode: job.exitCode,
    exitSignal: job.exitSignal,
    timeLimitS: job.timeLimitS,
    ...(spec.timeMinS === undefined ? {} : { timeMinS: spec.timeMinS }),
    ...(spec.deadlineS === undefined ? {} : { deadlineS: spec.deadlineS }),
    submitS: job.submitS,
    eligibleS: job.eligibleS,
    beginS: job.beginS,
    ...times(job, context),
    minNodes: request.minNodes,
    maxNodes: isNodesAsked ? request.maxNodes : 0,
    numNodes: amounts.nodes,
    numCpus: amounts.cpus,
    numTasks: request.tasks,
    // Where cores hold fewer tasks than they have threads, a task counts as more CPUs than it asked.
    cpusPerTask: spec.ntasksPerCore === undefined ? request.cpusPerTask : (spec.cpusPerTask ?? 1),
    ntasksPerNode: spec.ntasksPerNode ?? 0,
    ...shapeAsked(spec),
    memPer: request.memPer,
    memPerMib: request.memPerMib,
    memMib: amounts.memMib,
    gresPerNode: printGres(gresPerNode(state, request)),
    numGpus: amounts.gpus,
    ...(job.request.part === undefined ? {} : sharesText(job)),
    exclusive: request.exclusive,
    ...(isOfOneUser(state, job) ? { exclusiveUser: true } : {}),
    // As it was written, where it has been understood.
    features: request.features === "" ? "" : (spec.constraint ?? request.features),
    ...togetherOf(job),
    reqNodes: listOf(state, request.requiredNodes),
    excNodes: hasShape(spec) ? excludedText(spec) : listOf(state, request.excludedNodes),
    ...(job.reservation === undefined ? {} : { reservation: job.reservation }),
    ...preemptTimes(state, job),
    ...suspendTimes(job),
    nodes: compressHostlist(names),
    batchHost: names[0] ?? "",
    allocation: shares(state, job),
    command: spec.scriptPath === undefined ? "" : [spec.scriptPath, ...(spec.args ?? [])].join(" "),
    workDir: spec.workDir,
    ...outputPaths(job, names[0] ?? ""),
    submitHost: spec.submitHost ?? "",
    submitSid: spec.submitSid ?? 0,
    mailType: (spec.mailType ?? []).length === 0 ? "" : printMailType(spec.mailType ?? []),
    mailUser: spec.mailUser ?? "",
  };
}

function sharesText(job: Job): Pick<JobView, "sharesTres"> {
  const shares = sharesOf(job);
  return shares === undefined ? {} : { sharesTres: `gres/${shares.kind}=${shares.count}` };
}

/** What was said of sockets, cores and threads. */
function shapeAsked(spec: Job["spec"]): Partial<JobView> {
  const { ntasksPerSocket, ntasksPerCore, socketsPerNode, coresPerSocket, gpusPerSocket } = spec;
  const threadsPerCore = spec.threadsPerCore ?? (usesOneThread(spec) ? 1 : undefined);
  const said = {
    ntasksPerSocket,
    ntasksPerCore,
    socketsPerNode,
    coresPerSocket,
    threadsPerCore,
    gpusPerSocket,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

const hasShape = ({ socketsPerNode, coresPerSocket, threadsPerCore }: Job["spec"]): boolean =>
  socketsPerNode !== undefined || coresPerSocket !== undefined || threadsPerCore !== undefined;

/** Of a job that asks for a shape the request shuns other nodes too, which nobody named. */
function excludedText({ exclude = "" }: Job["spec"]): string {
  const names = exclude === "" ? undefined : expandHostlist(exclude);
  return names?.ok === true ? compressSorted([...new Set(names.value)]) : "";
}

/** By itself, or by the partition that it runs in or is tried in first. */
const isOfOneUser = (state: ClusterState, job: Job): boolean =>
  !job.request.exclusive && occupantOf(state, job, job.partition || (job.partitions[0] ?? "")).isAlone;

function hetOf({ het }: Job): Pick<JobView, "hetJobId" | "hetOffset" | "hetSize"> {
  return het === undefined ? {} : { hetJobId: het.hetJobId, hetOffset: het.offset, hetSize: het.size };
}

const isAwaitingNodes = (state: ClusterState, job: Job): boolean =>
  job.state === "RUNNING" && componentsOf(state, job).some(({ bootS }) => bootS !== undefined);

/** Where its nodes must lie together; what changes nothing is shown as well. */
function togetherOf({ spec, request: { switches } }: Job): Pick<JobView, "contiguous" | "switches"> {
  return {
    ...(spec.contiguous === true ? { contiguous: true } : {}),
    ...(switches === undefined ? {} : { switches }),
  };
}

/** A component that has no reason of its own waits for what another one waits for. */
function wholeReason(state: ClusterState, job: Job, context: JobViewContext): string {
  const own = reasonOf(job, context.nowS, context.planned);
  if (own !== "None" || job.het === undefined || job.state !== "PENDING") return own;
  for (const other of componentsOf(state, job)) {
    const reason = reasonOf(other, context.nowS, undefined);
    if (reason !== "None") return reason;
  }
  return own;
}

/** From when on a job that has started may be preempted, and when it was. */
function preemptTimes(state: ClusterState, job: Job): Pick<JobView, "preemptEligibleS" | "preemptS"> {
  const { by, exemptTimeS } = state.preemption;
  const isTakeable = by !== "none" && job.startS > 0 && preemptionOf(state, job).mode !== "off";
  return {
    ...(isTakeable ? { preemptEligibleS: job.startS + exemptTimeS } : {}),
    ...(job.preemptS === undefined ? {} : { preemptS: job.preemptS }),
  };
}

/** What it ran, and stood still, up to its last change; of one that is only about to stand still, up to the asking. */
function suspendTimes(job: Job): Pick<JobView, "suspendS" | "preSuspendS" | "suspendedS"> {
  const { suspension, suspendedS = 0 } = job;
  const suspendS = suspension === undefined ? job.suspendChangeS : (suspension.sinceS ?? suspension.askedS);
  if (suspendS === undefined || job.startS === 0) return {};
  return {
    suspendS,
    preSuspendS: Math.max(0, suspendS - job.startS - suspendedS),
    ...(suspendedS === 0 ? {} : { suspendedS }),
  };
}

/** Start and end as they were, as they are expected, or as the time limit has it. */
function times(
  job: Job,
  context: JobViewContext,
): Pick<JobView, "startS" | "startIsExpected" | "endS" | "lastSchedS"> {
  const isPending = job.state === "PENDING";
  const begin = job.beginS > context.nowS ? job.beginS : 0;
  // A start that the last plan had at once is that of another task of the array, or is being made.
  const plannedS = context.planned?.expectedStartS ?? 0;
  const expectedS = isPending && job.held === "" ? (plannedS > context.lastPassS ? plannedS : begin) : 0;
  const startS = isPending ? expectedS : job.startS;
  const byLimitS =
    startS === 0 || job.timeLimitS === UNLIMITED_S
      ? 0
      : startS + (job.bootS ?? 0) + (job.suspendedS ?? 0) + job.timeLimitS;
  return {
    startS,
    startIsExpected: isPending && startS > 0,
    endS: isEnded(job.state) ? job.endS : byLimitS,
    lastSchedS: isPending ? context.lastPassS : job.startS,
  };
}

/**
 * 0 means held, to people and to scripts. A job whose priority nobody has worked out yet, or that runs and has none any
 * more, is shown with the least that is not.
 */
function priorityOf(job: Job, planned: PlannedWait | undefined): number {
  if (job.held !== "") return 0;
  const ranked = job.state === "PENDING" ? planned?.priority : job.priority;
  const priority = job.setPriority >= 0 ? job.setPriority : (ranked ?? 1);
  return job.setPriority === 0 ? 0 : Math.max(1, Math.floor(priority));
}

const TERM_WORDS = { waiting: "unfulfilled", met: "fulfilled", never: "failed" } as const satisfies Record<
  string,
  DependencyState
>;

/** The terms that are still open; those that are met have gone, as in Slurm. */
function dependencyText(job: Job): string {
  const { dependency } = job;
  if (dependency === undefined || job.state !== "PENDING") return "";
  const states = job.dependencyStates ?? [];
  const open = dependency.terms
    .map((term, i) => ({ term, is: states[i] ?? "waiting" }))
    .filter(({ is }) => is !== "met");
  const words = new Map(open.map(({ term, is }) => [term, TERM_WORDS[is]]));
  return printDependency(
    { mode: dependency.mode, terms: open.map(({ term }) => term) },
    (term) => words.get(term) ?? "unfulfilled",
  );
}

const listOf = (state: ClusterState, nodes: readonly NodeIndex[]): string =>
  compressSorted(nodes.map((node) => nodeName(state, node)));

/** Of each device that has such shares how many the job has, where it has any. */
function sharesHeld(
  devices: readonly DeviceSpec[],
  { devices: held }: NodeAllocation,
): Pick<NodeShareView, "shares"> {
  const kind = held.find(({ part }) => part !== undefined && isShareKind(part.kind))?.part?.kind;
  if (kind === undefined || !isShareKind(kind)) return {};
  const each = devices.flatMap(({ parts }, lane) => {
    const of = parts?.[kind];
    const used = held.reduce((sum, one) => (one.lane === lane ? sum + (one.part?.units ?? 0) : sum), 0);
    return of === undefined ? [] : [{ used, of }];
  });
  return { shares: each };
}

const shares = (state: ClusterState, job: Job): NodeShareView[] =>
  (job.allocation?.nodes ?? []).map((share) => {
    const devices = state.nodeRecords[share.node]?.spec.devices ?? [];
    return {
      node: nodeName(state, share.node),
      tasks: share.tasks,
      cpus: share.cpus,
      memMib: share.memMib,
      devices: share.devices.map(({ lane, thousandths, part }) => ({
        name: devices[lane]?.name ?? "",
        type: devices[lane]?.type ?? "",
        lane,
        thousandths,
        ...(part === undefined ? {} : { part }),
      })),
      ...sharesHeld(devices, share),
    };
  });
