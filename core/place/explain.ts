/**
 * What stands between a waiting job and its start, in numbers and in words: how many nodes each filter takes out, what
 * the job waits behind, when it is expected. Runs when somebody asks, on the tables of that moment and the last plan.
 */
import type { Plan } from "../model/plan.ts";
import {
  WAIT_REASONS,
  type WaitExplanation,
  type WaitLimit,
  type WaitReason,
  type WaitRule,
} from "../model/reasons.ts";
import { lapseInS } from "../state/set-rules.ts";
import { isNodeUsable, type PassTables, PENDING_FLAG } from "../state/tables.ts";
import { type Demand, filterOf, NODE_FILTERS, partitionBitHi, partitionBitLo, shortOf } from "./demand.ts";
import { limitOfReason } from "./explain-limit.ts";
import { ownedNodes } from "./explain-owned.ts";
import { partsText } from "./explain-parts.ts";
import { reservedNodes, reservedText } from "./explain-reserved.ts";
import { fitsNow, looseDemand } from "./explain-room.ts";
import { rulesOf, rulesText } from "./explain-rules.ts";

/** Names for what the columns hold as numbers. */
export interface ExplainNames {
  readonly node: (row: number) => string;
  /** By GRES dimension: the untyped dimension that counts the same devices, or itself. */
  readonly gresParent: readonly number[];
  /** The constraint of a shape as its request has it. */
  readonly features?: (shape: number) => string;
  /** By place in the configuration; one beyond the last is a licence that the site has no longer. */
  readonly licence?: (number: number) => { readonly name: string; readonly total: number };
}

/** Names of nodes that are given at most. */
const MAX_UNAVAILABLE_NAMES = 64;

/**
 * Explains pending row `row` of the tables, which is `planRow` of the plan's. The plan may be older than the tables;
 * where it does not know the job, it says so.
 */
export function explainRow(
  tables: PassTables,
  plan: Plan,
  row: number,
  names: ExplainNames,
  planRow = row,
): WaitExplanation {
  const shape = tables.pending.columns.shape[row]!;
  const demand = looseDemand(tables, shape, names.gresParent);
  const counts = countNodes(tables, demand, row);
  const first = tables.partitionSets[tables.pending.columns.partitionSet[row]!]![0]!;
  const isPlanned = planRow < plan.pendingCount;
  const reason: WaitReason = (isPlanned ? WAIT_REASONS[plan.reason[planRow]!] : undefined) ?? "None";
  const explained = {
    reason,
    filters: filtersOf(tables, counts),
    needNodes: demand.wantNodes,
    freeNodes: counts.free,
    expectedStartS: isPlanned ? plan.expectedStartS[planRow]! : 0,
    behindJob: isPlanned ? plan.behindJob[planRow]! : 0,
    unavailableNodes: counts.unavailable.slice(0, MAX_UNAVAILABLE_NAMES).map(names.node),
    // Components that fit one by one may not fit together, which only a plan tells.
    onlyPriority:
      reason === "Priority" &&
      tables.pending.columns.hetSize[row] === 0 &&
      fitsNow(tables, row, names.gresParent),
    ...ruleFacts(rulesOf(tables, row, names.gresParent, names.features?.(shape) ?? "")),
    ...limitFacts(limitOfReason(tables, row, first, demand, reason, names)),
    ...victimFacts(tables, plan, row, planRow),
  };
  const text =
    textOf(tables, row, explained, plan.nowS) +
    rulesText(explained.rules ?? [], demand.wantNodes, lapseInS(tables, row)) +
    partsText(tables, row) +
    reservedText(tables, row) +
    ownedText(explained.filters) +
    victimText(explained.victims);
  return { ...explained, text };
}

/** Jobs that are ended for it: by the plan, or by an earlier one whose victims are not gone yet. */
function victimFacts(tables: PassTables, plan: Plan, row: number, planRow: number) {
  const jobId = tables.pending.columns.jobId[row]!;
  const claim = tables.preemption?.claims.find((one) => one.jobId === jobId);
  const planned = plan.preemptions?.find((one) => one.row === planRow && one.jobId === jobId);
  const victims = claim?.victims ?? planned?.victims ?? [];
  return victims.length === 0 ? {} : { victims };
}

const ruleFacts = (rules: readonly WaitRule[]) => (rules.length === 0 ? {} : { rules });

const limitFacts = (limit: WaitLimit | undefined) => (limit === undefined ? {} : { limit });

/** The planner's filters, and one for jobs that name all their nodes: then no other node can be any of them. */
const FILTERS = NODE_FILTERS.flatMap((filter) =>
  filter === "excluded" ? [filter, "nodelist" as const] : [filter],
);
type ExplainFilter = (typeof FILTERS)[number];
const OTHER_USERS = "other users";
/** Last of the filters, where a reservation is in the way, or the jobs of other users are. */
type Removed = Readonly<Record<ExplainFilter | "reserved" | "owned", number>>;

interface NodeCounts {
  readonly removed: Removed;
  readonly busy: number;
  readonly free: number;
  /** Nodes that the job names, or could use, and that take no jobs now. */
  readonly unavailable: readonly number[];
}

function countNodes(tables: PassTables, demand: Demand, row: number): NodeCounts {
  const { columns, count } = tables.nodes;
  const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  const lo = set.reduce((bits, partition) => bits | partitionBitLo(partition), 0);
  const hi = set.reduce((bits, partition) => bits | partitionBitHi(partition), 0);
  const excluded = new Set(demand.excluded);
  const removed = {
    partition: 0,
    features: 0,
    excluded: 0,
    nodelist: 0,
    cpus: 0,
    memory: 0,
    gres: 0,
    usable: 0,
    reserved: 0,
    owned: 0,
  };
  const reserved = reservedNodes(tables, row);
  const owned = ownedNodes(tables, row, set);
  // An uneven job that names nodes may have others beside them.
  const mostNodes = demand.uneven ? demand.maxNodes : demand.wantNodes;
  const named = demand.required.length >= mostNodes ? new Set(demand.required) : undefined;
  const unavailable: number[] = [];
  let busy = 0;
  let free = 0;
  for (let node = 0; node < count; node++) {
    let filter: ExplainFilter | "" = filterOf(tables, demand, node, lo, hi, excluded.has(node));
    const isLater = filter !== "partition" && filter !== "features" && filter !== "excluded";
    if (isLater && named !== undefined && !named.has(node)) filter = "nodelist";
    if (filter !== "") {
      removed[filter]++;
      if (filter === "usable" && demand.required.length === 0) unavailable.push(node);
    } else if (reserved?.[node] === 1) {
      removed.reserved++;
    } else if (owned?.[node] === 1) {
      removed.owned++;
    } else if (shortOf(tables, demand, node, columns.freeCpus, columns.freeMemMib, columns.freeGres) === "") {
      free++;
    } else {
      busy++;
    }
  }
  for (const node of demand.required) {
    if (node >= count || !isNodeUsable(columns.flags[node]!)) unavailable.push(node);
  }
  return { removed, busy, free, unavailable };
}

function filtersOf(tables: PassTables, counts: NodeCounts): WaitExplanation["filters"] {
  let left = tables.nodes.count;
  const filters: { filter: string; removed: number; left: number }[] = [];
  const add = (filter: string, removed: number): void => {
    left -= removed;
    filters.push({ filter, removed, left });
  };
  for (const filter of FILTERS) {
    if (filter !== "nodelist" || counts.removed.nodelist > 0) add(filter, counts.removed[filter]);
  }
  if (counts.removed.reserved > 0) add("reserved", counts.removed.reserved);
  if (counts.removed.owned > 0) add(OTHER_USERS, counts.removed.owned);
  add("free now", counts.busy);
  return filters;
}

function textOf(
  tables: PassTables,
  row: number,
  explained: Omit<WaitExplanation, "text">,
  plannedS: number,
): string {
  const { needNodes, freeNodes, behindJob, expectedStartS } = explained;
  const able = explained.filters.at(-2)?.left ?? 0;
  const nodes = (count: number): string => `${count} ${count === 1 ? "node" : "nodes"}`;
  const free = `Needs ${nodes(needNodes)}; ${nodes(able)} could hold it and ${freeNodes} of them ${freeNodes === 1 ? "is" : "are"} free now.`;
  const behind = behindJob > 0 ? ` It waits behind job ${behindJob}.` : "";
  const expected =
    expectedStartS > plannedS
      ? ` Expected to start in ${expectedStartS - plannedS} s.`
      : " The plan has no start for it yet.";
  const set = tables.partitionSets[tables.pending.columns.partitionSet[row]!]!;
  const partitions = set.map((partition) => tables.partitions[partition]!);
  const named = partitions.map(({ name }) => name).join(", ");
  switch (explained.reason) {
    case "None":
      return `No pass has found a reason to wait. ${free}`;
    case "Priority": {
      const only = explained.onlyPriority === true ? " Without them it would start now." : "";
      return `Jobs with a higher priority go first.${only} ${free}${behind}${expected}`;
    }
    case "Resources":
      return `Waits for running jobs to end. ${free}${behind}${expected}`;
    case "Dependency":
      return "Waits for the jobs that it depends on.";
    case "DependencyNeverSatisfied":
      return "A job that it depends on ended in a way that it does not allow, so it will never start.";
    case "BeginTime": {
      const beginS = tables.pending.columns.beginS[row]!;
      return `Must not start before its begin time, in ${Math.max(0, beginS - tables.nowS)} s.`;
    }
    case "JobHeldUser":
    case "JobHeldAdmin": {
      const byAdmin = (tables.pending.columns.flags[row]! & PENDING_FLAG.HELD_ADMIN) !== 0;
      return `Held by ${byAdmin ? "an operator" : "its user"} until it is released.`;
    }
    case "JobArrayTaskLimit":
      return `The array's limit of tasks at once is reached; ${tables.pending.columns.tasksWaiting[row]} tasks wait.`;
    case "PartitionTimeLimit": {
      const most = Math.max(...partitions.map(({ maxTimeS }) => maxTimeS));
      return `Its time limit of ${tables.pending.columns.timeLimitS[row]} s is above the ${most} s of ${named}.`;
    }
    case "PartitionNodeLimit": {
      const most = Math.max(...partitions.map(({ maxNodes }) => maxNodes));
      const least = Math.min(...partitions.map(({ minNodes }) => minNodes));
      return `Needs ${nodes(needNodes)}; ${named} gives a job ${least} to ${most}.`;
    }
    case "PartitionConfig":
      return `Needs ${nodes(needNodes)}; ${named} has ${explained.filters[0]?.left ?? 0}.`;
    case "PartitionDown":
      return `Partition ${named} is down.`;
    case "ReqNodeNotAvail": {
      const list = explained.unavailableNodes.join(", ");
      return `Nodes that it needs are down, drained or not answering: ${list || "none answers"}. ${free}`;
    }
    case "Licenses":
      return `Waits for licences that running jobs hold${licenceText(explained.limit)}.`;
    case "Reservation":
      return "Waits for its reservation to begin, or for nodes of it.";
    case "ReservationDeleted":
      return "The reservation that it asked for is gone; it is held until it is released.";
    case "ReqNodeNotAvail, May be reserved for other job":
      return `Nodes that it needs are kept by reservations. ${free}${expected}`;
    case "ReqNodeNotAvail, Reserved for maintenance":
      return `Nodes that it needs are kept for maintenance. ${free}${expected}`;
    case "InvalidAccount":
      return "Its account is not in the configuration any more, so it will never start.";
    case "InvalidQOS":
      return "Its QOS is not in the configuration any more, or its account may not use it.";
    case "QOSUsageThreshold":
      return "The fair share of its owner is below what its QOS asks for; it waits until it has risen.";
    case "DeadLine":
      return "It can no longer end by its deadline.";
    case "BadConstraints":
      return `No ${nodes(needNodes)} of ${named} could ever hold it: ${removedText(explained.filters)}.`;
    default:
      return `A limit of its account or QOS holds it back: ${explained.reason}${limitText(explained.limit)}. ${free}`;
  }
}

const licenceText = (limit: WaitLimit | undefined): string =>
  limit === undefined ? "" : `: it asks ${limit.asked}, and ${limit.used} of ${limit.value} are in use`;

const limitText = (limit: WaitLimit | undefined): string =>
  limit === undefined
    ? ""
    : `, which is ${limit.value}; ${Math.round(limit.used)} are in use and it asks ${Math.round(limit.asked)}`;

function ownedText(filters: WaitExplanation["filters"]): string {
  const removed = filters.find(({ filter }) => filter === OTHER_USERS)?.removed ?? 0;
  if (removed === 0) return "";
  return ` Jobs of other users keep ${removed} ${removed === 1 ? "node" : "nodes"} from it.`;
}

function victimText(victims: readonly number[] = []): string {
  if (victims.length === 0) return "";
  const [first] = victims;
  if (victims.length === 1) return ` Job ${first} is ended for it.`;
  return ` Jobs ${victims.slice(0, MAX_UNAVAILABLE_NAMES).join(", ")} are ended for it.`;
}

function removedText(filters: WaitExplanation["filters"]): string {
  const parts = filters
    .filter(({ removed }) => removed > 0)
    .map(({ filter, removed }) => `${filter} ${removed}`);
  return parts.length === 0 ? "too few nodes are left" : `nodes taken out by ${parts.join(", ")}`;
}
