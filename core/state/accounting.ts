/**
 * Who owns a job and what it uses: ties waiting and running jobs to their associations and limits. Called by the
 * reducer when jobs are submitted, start and end, and when the site's accounts change. Where a site has neither
 * accounts nor limits of QOS it costs nothing.
 */
import type { AccountSpec, FairShareSpec, LimitSet } from "../model/account.ts";
import { type DeviceShare, isEnded, isSuspended, type Job } from "../model/job.ts";
import type { PartitionSpec, QosSpec } from "../model/partition.ts";
import { TRES, tresPlace } from "../model/tres.ts";
import { AssociationBook, TRES_PLACES, usageOf } from "./associations.ts";
import type { ClusterState } from "./cluster-state.ts";
import {
  type Constraint,
  type Counter,
  constraintOf,
  counterOf,
  type JobOwner,
  type LimitScale,
  LimitSets,
  numbersOf,
  usagePlace,
} from "./limit-sets.ts";
import { runningAmount } from "./limit-use.ts";
import { dimensionsOfShare } from "./node-rows.ts";
import { QosUsageBook } from "./qos-usage.ts";
import { stillLeft } from "./suspended-tables.ts";
import type { LimitTables, ShareColumns } from "./tables.ts";
import { type BillingWeights, CPU_BILLING, givenAmounts } from "./tres-amounts.ts";

export interface AccountingBook {
  accounts: readonly AccountSpec[];
  fairShare: FairShareSpec;
  /** Since when usage is counted, epoch seconds: the last reset, or when the site had its first accounts; 0 before. */
  resetS: number;
  readonly associations: AssociationBook;
  readonly qosUsage: QosUsageBook;
  readonly limits: LimitSets;
  /** Jobs that wait or run, tasks of arrays one by one, by subject. An index. */
  readonly submitted: number[];
  /** Whether anybody has an account or a limit. An index. */
  isUsed: boolean;
  // What has been read of the interned texts so far; each grows. Indices.
  readonly counters: Counter[];
  readonly constraints: Constraint[];
  readonly subjectSets: (readonly number[])[];
  readonly constraintSets: (readonly number[])[];
}

export const emptyAccounting = (): AccountingBook => ({
  accounts: [],
  fairShare: { halfLifeS: 0, reset: "none" },
  resetS: 0,
  associations: new AssociationBook(),
  qosUsage: new QosUsageBook(),
  limits: new LimitSets(),
  submitted: [],
  isUsed: false,
  counters: [],
  constraints: [],
  subjectSets: [],
  constraintSets: [],
});

/**
 * A configuration was taken over, its QOS and partitions first. Its indices and rows of jobs are the caller's to write
 * again.
 */
export function configureAccounting(
  state: ClusterState,
  accounts: readonly AccountSpec[],
  fairShare: FairShareSpec,
  atS: number,
): void {
  const book = state.accounting;
  book.accounts = accounts;
  book.fairShare = fairShare;
  if (book.resetS === 0 && (accounts.length > 0 || state.qos.some(hasUsageLimit))) book.resetS = atS;
  book.associations.configure(accounts, fairShare.halfLifeS, atS);
  book.qosUsage.configure(state.qos, fairShare.halfLifeS, atS);
  // In the order of ids: rows of new associations are given here.
  const jobs = [...state.jobs.values()].filter((job) => !isEnded(job.state));
  for (const job of jobs.sort((a, b) => a.id - b.id)) settleOwner(state, job);
  book.isUsed = hasLimits(state);
  // A limit or weight may name a device that no node has yet.
  if (book.isUsed) for (const name of namedGres(state)) state.dimensions.intern(name);
}

/** Makes the indices again: after a configuration and after a restore, when names of partitions and QOS are indexed. */
export function indexAccounting(state: ClusterState): void {
  const book = state.accounting;
  book.isUsed = hasLimits(state);
  book.limits.clear();
  book.submitted.length = 0;
  if (!book.isUsed) return;
  for (const job of state.jobs.values()) if (!isEnded(job.state)) countSubmitted(state, job, 1);
}

/**
 * Settles whose association a job is; a user comes in through an open account with his first job there. Called when
 * the job or the accounts change, never in between, so that a job stays with the one that it was counted for.
 */
export function settleOwner(state: ClusterState, job: Job): void {
  const { associations } = state.accounting;
  const isOwned = associations.isUsed && job.account !== "";
  const row = isOwned ? associations.enter(job.account, job.spec.user, state.lastAtS) : -1;
  if (row >= 0) job.association = row;
  else if (job.association !== undefined) delete job.association;
}

/** Counts a record that begins (+1) or ends (-1) to wait or run, with all tasks that it stands for. */
export function countSubmitted(state: ClusterState, job: Job, sign: 1 | -1): void {
  const book = state.accounting;
  if (!book.isUsed) return;
  const tasks = job.pendingTasks?.length ?? 1;
  for (const subject of subjectsOf(book, limitsOfJob(state, job, firstPartition(state, job)).subjects))
    book.submitted[subject] = (book.submitted[subject] ?? 0) + sign * tasks;
}

/** Writes what a pass reads of a waiting record's owner. */
export function writePendingOwner(state: ClusterState, job: Job, row: number): void {
  const { columns } = state.pending;
  columns.association[row] = -1;
  columns.subjects[row] = 0;
  columns.constraints[row] = 0;
  if (!state.accounting.isUsed) return;
  const limits = limitsOfJob(state, job, firstPartition(state, job));
  columns.association[row] = job.association ?? -1;
  columns.subjects[row] = limits.subjects;
  columns.constraints[row] = limits.constraints;
}

/** Writes the same of a running job, and begins to count its use. Its nodes and ends are in the row already. */
export function startUse(state: ClusterState, job: Job, row: number): void {
  const { columns, capacity } = state.runningJobs;
  const partition = state.partitions[columns.partition[row]!]?.spec;
  columns.association[row] = -1;
  columns.subjects[row] = 0;
  columns.usageFactor[row] = 1;
  if (!state.accounting.isUsed || job.allocation === undefined) return;
  const dimensions = (node: number, share: DeviceShare): readonly number[] =>
    dimensionsOfShare(state, node, share);
  const amounts = givenAmounts(job.allocation, dimensions, weightsOf(state, partition), SCRATCH);
  columns.memMib[row] = amounts[TRES.MEM]!;
  columns.billing[row] = amounts[TRES.BILLING]!;
  for (let d = 0; d < state.dimensions.names.length; d++)
    if (TRES.GRES + d < TRES_PLACES) columns.gres[d * capacity + row] = amounts[TRES.GRES + d]!;
  columns.subjects[row] = limitsOfJob(state, job, partition).subjects;
  const factor = qosNamed(state, job.qos)?.usageFactor ?? 1;
  columns.usageFactor[row] = factor;
  const association = job.association ?? -1;
  columns.association[row] = association;
  if (association >= 0) state.accounting.associations.start(association, amounts, factor, job.startS);
  countQosUse(state, row, columns.subjects[row]!, 1, job.startS);
}

/** Ends counting, by what the row says that it began with. */
export function endUse(state: ClusterState, row: number, atS: number): void {
  changeUse(state, row, "end", atS);
}

/** Begins counting again what `endUse` ended. */
export function resumeUse(state: ClusterState, row: number, atS: number): void {
  changeUse(state, row, "start", atS);
}

function changeUse(state: ClusterState, row: number, change: "start" | "end", atS: number): void {
  const { columns } = state.runningJobs;
  const association = columns.association[row]!;
  countQosUse(state, row, columns.subjects[row]!, change === "start" ? 1 : -1, atS);
  if (!state.accounting.isUsed || association < 0) return;
  for (let place = 0; place < TRES_PLACES; place++)
    SCRATCH[place] = runningAmount(state.runningJobs, row, place);
  const factor = columns.usageFactor[row]!;
  state.accounting.associations[change](association, SCRATCH, factor, atS);
}

/**
 * Writes whom running jobs count for, after the configuration changed; what they use goes on as it began, but that from
 * now on it counts for the QOS that they have now.
 */
export function writeRunningOwners(state: ClusterState, atS: number): void {
  const { columns, count } = state.runningJobs;
  for (let row = 0; row < count; row++) {
    const job = state.jobs.get(columns.jobId[row] as Job["id"]);
    const partition = state.partitions[columns.partition[row]!]?.spec;
    const subjects =
      job === undefined || !state.accounting.isUsed ? 0 : limitsOfJob(state, job, partition).subjects;
    if (subjects === columns.subjects[row]) continue;
    // What is suspended counts for nobody until it goes on.
    const isCounted = job === undefined || !isSuspended(job);
    if (isCounted) countQosUse(state, row, columns.subjects[row]!, -1, atS);
    if (isCounted) countQosUse(state, row, subjects, 1, atS);
    columns.subjects[row] = subjects;
  }
}

/** What a pass reads of the limits; undefined where there are none. */
export function limitTables(state: ClusterState, nowS: number): LimitTables | undefined {
  const book = state.accounting;
  if (!book.isUsed || book.limits.constraints.names.length === 0) return undefined;
  readInterned(book.limits.counters.names, book.counters, counterOf);
  readInterned(book.limits.constraints.names, book.constraints, constraintOf);
  readInterned(book.limits.subjectSets.names, book.subjectSets, numbersOf);
  readInterned(book.limits.constraintSets.names, book.constraintSets, numbersOf);
  return {
    counters: book.counters,
    constraints: book.constraints,
    subjectSets: book.subjectSets,
    constraintSets: book.constraintSets,
    ...usageOfCounters(book, nowS),
    ...stillLeft(state, nowS),
  };
}

/** Counts running jobs for their QOS: of a snapshot from before QOS kept usage. */
export function countRunningQos(state: ClusterState): void {
  const { columns, count } = state.runningJobs;
  for (let row = 0; row < count; row++) countQosUse(state, row, columns.subjects[row]!, 1, state.lastAtS);
}

/**
 * What a pass reads of the tree of shares: the columns themselves, valid until the next event, or a copy that is fit to
 * be sent. Undefined where a site has no accounts.
 */
export function shareColumns(state: ClusterState, part: "subarray" | "slice"): ShareColumns | undefined {
  const { associations } = state.accounting;
  if (!associations.isUsed) return undefined;
  const { columns, capacity, count } = associations.table;
  const billing = TRES.BILLING * capacity;
  return {
    count,
    halfLifeS: associations.halfLifeS,
    parent: columns.parent[part](0, count),
    isUser: columns.isUser[part](0, count),
    isRemoved: columns.isRemoved[part](0, count),
    shares: columns.shares[part](0, count),
    sinceS: columns.sinceS[part](0, count),
    usage: columns.usage[part](billing, billing + count),
    rate: columns.rate[part](billing, billing + count),
    priority: associations.factors(),
  };
}

/** What a unit of each TRES costs in a partition. */
export function weightsOf(state: ClusterState, partition: PartitionSpec | undefined): BillingWeights {
  if (partition?.billingWeights === undefined) return CPU_BILLING;
  return Object.entries(partition.billingWeights).flatMap(([name, weight]): [number, number][] => {
    const place = tresPlace(name, (gres) => dimensionOf(state, gres));
    return place === undefined ? [] : [[place, weight]];
  });
}

/** The owner of a job in a partition; `association` is its row, -1 for none. */
export function ownerOf(
  state: ClusterState,
  job: {
    readonly association: number;
    readonly account: string;
    readonly qos: string;
    readonly user: string;
  },
  partition: PartitionSpec | undefined,
): JobOwner {
  return { ...job, qos: qosNamed(state, job.qos), partitionQos: qosNamed(state, partition?.qos ?? "") };
}

/** Scratch of single calls. */
const SCRATCH = new Float64Array(TRES_PLACES);
const hasLimits = (state: ClusterState): boolean =>
  state.accounting.associations.isUsed || state.qos.some(({ limits }) => limits !== undefined);

const hasUsageLimit = ({ limits }: QosSpec): boolean =>
  limits?.grpTresMins !== undefined || limits?.grpWallS !== undefined;

const qosNamed = (state: ClusterState, name: string): QosSpec | undefined =>
  state.qos[state.config.qosIndex.get(name) ?? -1];

const NO_LIMITS = { subjects: 0, constraints: 0 } as const;

function limitsOfJob(state: ClusterState, job: Job, partition: PartitionSpec | undefined) {
  if (!state.accounting.isUsed) return NO_LIMITS;
  const { account, qos, association = -1 } = job;
  const owner = ownerOf(state, { association, account, qos, user: job.spec.user }, partition);
  return state.accounting.limits.of(owner, state.accounting.associations, limitScale(state));
}

/** What limits are measured by: the state as it is when they are looked up. */
export const limitScale = (state: ClusterState): LimitScale => ({
  dimensionOf: (gres) => dimensionOf(state, gres),
  totalOf: (qos, place) => totalOf(state, qos, place),
});

/** What is in the partition that has this QOS, or in the cluster, whatever the state of its nodes. */
function totalOf(state: ClusterState, qos: string, place: number): number {
  const { columns, capacity, count } = state.nodes;
  const of = state.partitions.find(({ spec }) => spec.qos === qos);
  const word = (of?.index ?? 0) < 32 ? columns.partitionLo : columns.partitionHi;
  let total = 0;
  for (let node = 0; node < count; node++) {
    if (of !== undefined && ((word[node]! >>> (of.index & 31)) & 1) === 0) continue;
    if (place === TRES.CPU) total += columns.totalCpus[node]!;
    else if (place === TRES.MEM) total += columns.totalMemMib[node]!;
    else if (place === TRES.NODE) total++;
    else if (place >= TRES.GRES) total += columns.totalGres[(place - TRES.GRES) * capacity + node]!;
  }
  // Billing is a sum of CPUs unless a partition says otherwise; percents of it are of the CPUs.
  return place === TRES.BILLING ? totalOf(state, qos, TRES.CPU) : total;
}

/** Nodes have more or less than they had: limits that are percents are others now, for those who wait as well. */
export function rescaleLimits(state: ClusterState): boolean {
  const { accounting } = state;
  if (!accounting.isUsed || !state.qos.some(({ flags }) => flags?.includes("Relative"))) return false;
  accounting.limits.clear();
  return true;
}

const firstPartition = (state: ClusterState, job: Job): PartitionSpec | undefined =>
  state.partitions[state.config.partitionByName.get(job.partitions[0] ?? "") ?? -1]?.spec;

/** Dimensions past what tables hold have no place. */
function dimensionOf(state: ClusterState, name: string): number | undefined {
  const dimension = state.dimensions.find(name);
  return dimension === undefined || TRES.GRES + dimension >= TRES_PLACES ? undefined : dimension;
}

function* namedGres(state: ClusterState): Generator<string> {
  const ofLimits = function* (limits: LimitSet | undefined): Generator<string> {
    for (const value of Object.values(limits ?? {}))
      if (typeof value === "object")
        for (const name of Object.keys(value)) if (name.startsWith("gres/")) yield name.slice(5);
  };
  for (const { limits, users } of state.accounting.accounts) {
    yield* ofLimits(limits);
    for (const user of users) yield* ofLimits(user.limits);
  }
  for (const { limits } of state.qos) yield* ofLimits(limits);
  for (const { spec } of state.partitions)
    for (const name of Object.keys(spec.billingWeights ?? {}))
      if (name.startsWith("gres/")) yield name.slice(5);
}

function subjectsOf(book: AccountingBook, set: number): readonly number[] {
  readInterned(book.limits.subjectSets.names, book.subjectSets, numbersOf);
  return book.subjectSets[set]!;
}

function readInterned<T>(names: readonly string[], into: T[], read: (text: string) => T): void {
  for (let i = into.length; i < names.length; i++) into.push(read(names[i]!));
}

/** A job begins (+1) or ends (-1) to use what its row says, for the QOS among its subjects. */
function countQosUse(state: ClusterState, row: number, set: number, sign: 1 | -1, atS: number): void {
  if (set === 0) return;
  const book = state.accounting;
  const factor = state.runningJobs.columns.usageFactor[row]!;
  let isRead = false;
  for (const subject of subjectsOf(book, set)) {
    const name = book.limits.subjects.nameOf(subject);
    if (!name.startsWith(QOS_SUBJECT)) continue;
    if (!isRead)
      for (let place = 0; place < TRES_PLACES; place++)
        SCRATCH[place] = runningAmount(state.runningJobs, row, place);
    isRead = true;
    book.qosUsage.count(name.slice(QOS_SUBJECT.length), SCRATCH, factor, sign, atS);
  }
}

const QOS_SUBJECT = "q/";

/** Decayed use of the counters that bound it: of QOS, accounts and users in them; and how fast it decays. */
function usageOfCounters(book: AccountingBook, nowS: number): Pick<LimitTables, "usage" | "halfLifeS"> {
  const halves = new Float64Array(book.counters.length);
  const usage = new Float64Array(book.counters.length);
  const byPlace = new Map<number, Float64Array>();
  book.counters.forEach((counter, i) => {
    if (counter.kind !== "grpTresMins" && counter.kind !== "grpWall") return;
    const subject = book.limits.subjects.nameOf(counter.subject);
    const place = usagePlace(counter);
    const unitS = counter.kind === "grpWall" ? 1 : 60;
    if (subject.startsWith(QOS_SUBJECT)) {
      const name = subject.slice(QOS_SUBJECT.length);
      usage[i] = book.qosUsage.usageOf(name, place, nowS) / unitS;
      halves[i] = book.qosUsage.halfLifeOf(name);
      return;
    }
    const [kind, row] = subject.split("/");
    if (kind !== "a") return;
    const { table, halfLifeS } = book.associations;
    const known = byPlace.get(place) ?? usageOf(table, place, nowS, halfLifeS);
    byPlace.set(place, known);
    usage[i] = known[Number(row)]! / unitS;
    halves[i] = halfLifeS;
  });
  return { usage, halfLifeS: halves };
}
