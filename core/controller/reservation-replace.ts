/**
 * Which nodes a reservation has as nodes come and go: one of a whole partition, or of the cluster, has those that are in it
 * by now; one whose nodes were chosen has others for those that are down or drained, and with REPLACE for those that jobs
 * have, as far as idle ones are to be had. Looked at with every step of the watch. Reads the state, changes nothing.
 */
import type { NodeIndex } from "../model/ids.ts";
import type { ReservationFlag, ReservationSpec } from "../model/reservation.ts";
import type { ClusterState } from "../state/cluster-state.ts";
import { isNodeUsable } from "../state/tables.ts";
import { isChoosable, membersOf, rivalsOf } from "./reservation-nodes.ts";

/** Reservations of nodes that somebody named, or that are to stay as they were chosen. */
const FIXED: readonly ReservationFlag[] = ["SPEC_NODES", "STATIC"];

/** Rows, ascending; undefined where it has the nodes that it should, or there are no better ones. */
export function nodesByNow(
  state: ClusterState,
  spec: ReservationSpec,
  nowS: number,
): readonly NodeIndex[] | undefined {
  const { flags, nodes } = spec;
  if (flags.includes("PART_NODES")) return unlike(nodes, membersOf(state, spec.partition));
  if (flags.includes("ALL_NODES")) return unlike(nodes, membersOf(state, ""));
  if (FIXED.some((flag) => flags.includes(flag))) return undefined;
  const { columns } = state.nodes;
  const isIdle = (node: NodeIndex): boolean => columns.runningJobs[node] === 0;
  const isKept = (node: NodeIndex): boolean =>
    isNodeUsable(columns.flags[node]!) && (!flags.includes("REPLACE") || isIdle(node));
  const lost = nodes.filter((node) => !isKept(node));
  if (lost.length === 0) return undefined;
  const rivals = rivalsOf(state, spec, nowS, spec.name);
  const fresh = state.nodeRecords
    .map(({ index }) => index)
    .filter((node) => isIdle(node) && !nodes.includes(node) && !rivals.has(node))
    .filter((node) => isChoosable(state, node, spec))
    .slice(0, lost.length);
  if (fresh.length === 0) return undefined;
  // Those of which there is nothing better stay; the last ones that were lost are among them.
  const gone = new Set(lost.slice(0, fresh.length));
  return ascending([...nodes.filter((node) => !gone.has(node)), ...fresh]);
}

const unlike = (nodes: readonly NodeIndex[], now: readonly NodeIndex[]): readonly NodeIndex[] | undefined =>
  now.length === 0 || (now.length === nodes.length && now.every((node, i) => node === nodes[i]))
    ? undefined
    : now;

const ascending = (nodes: readonly NodeIndex[]): readonly NodeIndex[] => [...nodes].sort((a, b) => a - b);
