/**
 * Whether a job alone, as if nothing else ran, is over a limit of its QOS or accounts. Asked at submission where the QOS
 * refuses such jobs (DenyOnLimit), where others wait. Limits of groups count like those of one job. Reads through.
 */
import type { PartitionSpec } from "../model/partition.ts";
import { WAIT_REASONS } from "../model/reasons.ts";
import type { Request } from "../model/request.ts";
import { UNLIMITED_S } from "../model/time.ts";
import { TRES } from "../model/tres.ts";
import { limitScale, ownerOf, weightsOf } from "../state/accounting.ts";
import { TRES_PLACES } from "../state/associations.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { type Constraint, constraintOf, countsJobs, LimitSets, numbersOf } from "../state/limit-sets.ts";
import { gresParents } from "../state/node-rows.ts";
import { partCount } from "../state/part-tables.ts";
import { ShapeBook } from "../state/shape-book.ts";
import { askedAmounts, wholeNodes } from "../state/tres-amounts.ts";
import type { SubmitLimit } from "./cluster.ts";

export interface AskedJob {
  readonly account: string;
  readonly user: string;
  readonly qos: string;
  readonly request: Request;
  readonly timeLimitS: number;
}

/** The first limit that the job is over; undefined where its QOS does not refuse for that, or it keeps them all. */
export function aloneOver(
  state: ClusterState,
  job: AskedJob,
  partition: PartitionSpec | undefined,
): SubmitLimit | undefined {
  const { accounting } = state;
  if (!accounting.isUsed) return undefined;
  const association = accounting.associations.find(job.account, job.user);
  const owner = ownerOf(state, { association, ...job }, partition);
  const denies = [owner.qos, owner.partitionQos].some((qos) => qos?.flags?.includes("DenyOnLimit"));
  if (!denies) return undefined;
  // Sets of its own: those of the state are numbered by the reducer alone.
  const sets = new LimitSets();
  const { constraints } = sets.of(owner, accounting.associations, limitScale(state));
  const shapes = new ShapeBook();
  const shape = shapes.take(job.request, () => [0, 0]);
  const whole = wholeNodes(state);
  const factor = owner.qos?.flags?.includes("UsageFactorSafe") === true ? (owner.qos.usageFactor ?? 1) : 1;
  for (const index of numbersOf(sets.constraintSets.nameOf(constraints))) {
    const constraint = constraintOf(sets.constraints.nameOf(index));
    const node = constraint.kind === "minTresPerJob" ? whole.most : whole.least;
    const amounts = askedAmounts(
      shapes.table,
      shape,
      gresParents(state),
      weightsOf(state, partition),
      node,
      new Float64Array(TRES_PLACES),
      job.request.part === undefined ? undefined : partCount(state, job.request.part),
    );
    const added = addedBy(constraint, amounts, job, factor);
    const isOver = constraint.kind === "minTresPerJob" ? added < constraint.value : added > constraint.value;
    if (!isOver) continue;
    const reason = WAIT_REASONS[constraint.reason]!;
    return {
      limit: reason,
      reason,
      subject: "the job's QOS or account",
      value: constraint.value,
      used: 0,
      added,
    };
  }
  return undefined;
}

/** What the job alone counts for the limit, in its unit. */
function addedBy(
  { kind, place }: Constraint,
  amounts: Float64Array,
  { request, timeLimitS }: AskedJob,
  factor: number,
): number {
  const amount = amounts[place]!;
  const isEndless = timeLimitS >= UNLIMITED_S;
  switch (kind) {
    case "maxWall":
      return timeLimitS;
    case "grpWall":
      return isEndless ? Number.POSITIVE_INFINITY : timeLimitS * factor;
    case "grpTresMins":
    case "grpTresRunMins":
    case "maxTresMinsPerJob":
      if (amount === 0) return 0;
      return isEndless ? Number.POSITIVE_INFINITY : (amount * timeLimitS * factor) / 60;
    case "maxTresPerNode":
      return perNode(place, amount, request);
    default:
      return countsJobs(kind) ? 1 : amount;
  }
}

/** Of the fullest node. */
function perNode(
  place: number,
  amount: number,
  { cpus, memMib, minNodes, gres, exclusive }: Request,
): number {
  if (place === TRES.NODE) return 1;
  if (place === TRES.CPU) return cpus < 0 || exclusive ? Math.ceil(amount / minNodes) : cpus;
  if (place === TRES.MEM) return memMib < 0 ? Math.ceil(amount / minNodes) : memMib;
  const dimension = place - TRES.GRES;
  return gres.reduce((sum, one) => sum + (one.dimension === dimension ? one.count : 0), 0);
}
