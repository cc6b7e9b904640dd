/**
 * Which nodes a reservation gets: those that it names, or as many as it asks of a partition, the ones that it disturbs
 * least. Refuses where another reservation or running jobs have them. Reads the state, changes nothing.
 */
import { expandHostlist } from "../model/hostlist.ts";
import type { NodeIndex } from "../model/ids.ts";
import { ok, type Result, refuse } from "../model/refusal.ts";
import type { ReservationSpec } from "../model/reservation.ts";
import type { ReservationRequest } from "../model/reservation-views.ts";
import { overlapInTime } from "../model/reservation-windows.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { endByLimitS } from "../state/running-jobs.ts";
import { isNodeUsable } from "../state/tables.ts";

export type NodesAsked = Pick<
  ReservationRequest,
  "nodes" | "nodeCount" | "coreCount" | "partition" | "features"
>;

/** Where and when; the nodes of it are still to be chosen. */
export type Draft = Omit<ReservationSpec, "nodes">;

/**
 * Rows, ascending. `self` is the reservation that is being changed: neither it nor its jobs are in its own way, and the
 * nodes that it has stay where no others are asked.
 */
export function nodesFor(
  state: ClusterState,
  asked: NodesAsked,
  draft: Draft,
  nowS: number,
  self?: ReservationSpec,
): Result<readonly NodeIndex[]> {
  const rivals = rivalsOf(state, draft, nowS, self?.name);
  const isCounted = asked.nodeCount !== undefined || asked.coreCount !== undefined;
  if (asked.nodes === undefined && (isCounted || self === undefined))
    return chooseNodes(state, asked, draft, rivals, self);
  const named = asked.nodes === undefined ? ok(self!.nodes) : namedNodes(state, asked.nodes, draft);
  if (!named.ok) return named;
  const taken = named.value.find((node) => rivals.has(node));
  if (taken !== undefined) {
    const message = `reservation ${rivals.get(taken)} has node ${nameOf(state, taken)} at that time`;
    return refuse("RESERVATION_OVERLAP", message, { reservation: rivals.get(taken)! });
  }
  const busy = named.value.find((node) => isBusy(state, node, draft, self));
  if (busy === undefined) return named;
  return nodesBusy(`jobs on node ${nameOf(state, busy)} may still run when it begins`);
}

function namedNodes(
  state: ClusterState,
  text: string,
  { flags, partition }: Draft,
): Result<readonly NodeIndex[]> {
  if (text.toUpperCase() === "ALL" && flags.includes("PART_NODES"))
    return someNodes(membersOf(state, partition));
  if (text.toUpperCase() === "ALL") return someNodes(state.nodeRecords.map(({ index }) => index));
  const names = expandHostlist(text);
  if (!names.ok) return refuse("INVALID_NODE_NAME", names.message);
  const nodes: NodeIndex[] = [];
  for (const name of names.value) {
    const node = state.nodeByName.get(name);
    if (node === undefined) return refuse("INVALID_NODE_NAME", `there is no node ${name}`, { node: name });
    nodes.push(node);
  }
  return someNodes(nodes);
}

function someNodes(nodes: readonly NodeIndex[]): Result<readonly NodeIndex[]> {
  if (nodes.length === 0) return refuse("INVALID_NODE_NAME", "no node is named");
  return ok([...new Set(nodes)].sort((a, b) => a - b));
}

/** As many as asked, of one partition: free ones first, then those that are free soonest. */
function chooseNodes(
  state: ClusterState,
  asked: NodesAsked,
  draft: Draft,
  rivals: ReadonlyMap<NodeIndex, string>,
  self: ReservationSpec | undefined,
): Result<readonly NodeIndex[]> {
  const { columns } = state.nodes;
  const able = state.nodeRecords
    .map(({ index }) => index)
    .filter((node) => isChoosable(state, node, draft) && !rivals.has(node))
    .filter((node) => !isBusy(state, node, draft, self))
    .sort((a, b) => columns.freesAtS[a]! - columns.freesAtS[b]! || a - b);
  let nodes = asked.nodeCount ?? 0;
  let cores = asked.coreCount ?? 0;
  const chosen: NodeIndex[] = [];
  for (const node of able) {
    if (nodes <= 0 && cores <= 0) break;
    chosen.push(node);
    nodes--;
    cores -= Math.floor(columns.totalCpus[node]! / Math.max(1, columns.threadsPerCore[node]!));
  }
  if (nodes <= 0 && cores <= 0) return someNodes(chosen);
  const what = asked.nodeCount === undefined ? `${asked.coreCount} cores` : `${asked.nodeCount} nodes`;
  return nodesBusy(`${what} are asked, and ${able.length} nodes of partition ${draft.partition} can be had`);
}

/** Whether a node takes jobs, is in the partition and has the features that the reservation asks. */
export function isChoosable(state: ClusterState, node: NodeIndex, { partition, features }: Draft): boolean {
  const asked = features.split("&").filter((name) => name !== "");
  return (
    isNodeUsable(state.nodes.columns.flags[node]!) &&
    isMember(state, node, partition) &&
    asked.every((name) => state.nodeRecords[node]!.spec.features.includes(name))
  );
}

/** Nodes of a partition, or with "" of the cluster: rows, ascending. */
export const membersOf = (state: ClusterState, partition: string): readonly NodeIndex[] =>
  state.nodeRecords
    .map(({ index }) => index)
    .filter((node) => partition === "" || isMember(state, node, partition));

function isMember(state: ClusterState, node: NodeIndex, name: string): boolean {
  const { partitionLo, partitionHi } = state.nodes.columns;
  const partition = state.partitions.find(({ spec }) => spec.name === name);
  if (partition === undefined) return false;
  const word = partition.index < 32 ? partitionLo : partitionHi;
  return ((word[node]! >>> (partition.index & 31)) & 1) === 1;
}

const nodesBusy = (message: string) => refuse("RESERVATION_NODES_BUSY", message);

/** By node: a reservation that has it at the same time and does not let others have it. */
export function rivalsOf(
  state: ClusterState,
  draft: Draft,
  nowS: number,
  self: string | undefined,
): ReadonlyMap<NodeIndex, string> {
  const rivals = new Map<NodeIndex, string>();
  const mayLieOver = ({ flags }: Draft): boolean => flags.includes("MAINT") || flags.includes("OVERLAP");
  if (mayLieOver(draft)) return rivals;
  for (const { spec } of state.reservations.byName.values()) {
    if (spec.name === self || mayLieOver(spec) || !overlapInTime({ ...draft, nodes: [] }, spec, nowS))
      continue;
    for (const node of spec.nodes) rivals.set(node, spec.name);
  }
  return rivals;
}

/** Whether a foreign job that runs there may still do so when the reservation begins, by its limit. */
function isBusy(
  state: ClusterState,
  node: NodeIndex,
  { flags, startS }: Draft,
  self: ReservationSpec | undefined,
): boolean {
  if (flags.includes("IGNORE_JOBS") || state.nodes.columns.freesAtS[node]! <= startS) return false;
  // What runs on nodes that it has at that time already was there before.
  if (self?.startS === startS && self.nodes.includes(node)) return false;
  const jobs = (state.nodeJobs[node] ?? []).map((id) => state.jobs.get(id)!);
  return jobs.some((job) => job.reservation !== (self?.name ?? "") && endByLimitS(job) > startS);
}

const nameOf = (state: ClusterState, node: NodeIndex): string => state.nodeRecords[node]?.spec.name ?? "";
