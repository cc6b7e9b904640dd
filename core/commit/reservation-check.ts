/**
 * Reservations at the moment of a commit: a start must stay off the nodes of others for its whole time, and within its
 * own. Exact to the second, whatever the plan's slots were. Pure.
 */
import { hasNode, isForeign, type PassReservation } from "../state/reservations.ts";
import type { PassTables } from "../state/tables.ts";

/** Why the row may not start now on these nodes, as one line; undefined where it may. */
export function reservedAgainst(live: PassTables, row: number, nodes: Int32Array): string | undefined {
  const { columns } = live.pending;
  const id = columns.reservation[row]! || drawnInto(live, row, nodes);
  if (id === 0 && live.reservations === undefined) return undefined;
  const jobId = columns.jobId[row]!;
  const endS = live.nowS + columns.timeLimitS[row]!;
  const own = id === 0 ? undefined : live.reservations?.find((one) => one.id === id);
  if (id !== 0) {
    if (own === undefined) return `the reservation of job ${jobId} is over`;
    const outside = outsideOwn(own, live.nowS, endS, nodes);
    if (outside !== undefined) return `${outside} reservation ${own.name}, which job ${jobId} asks for`;
  }
  for (const other of live.reservations ?? []) {
    if (!isForeign(own, other) || !overlaps(other, live.nowS, endS)) continue;
    const node = nodes.find((one) => hasNode(other, one));
    if (node !== undefined)
      return `node row ${node}, planned for job ${jobId}, is kept by reservation ${other.name}`;
  }
  return undefined;
}

/** Id of the reservation that draws the row in, where it is to run on its nodes alone; 0 for none. */
function drawnInto({ drawn, reservations }: PassTables, row: number, nodes: Int32Array): number {
  const id = drawn?.get(row) ?? 0;
  const own = id === 0 ? undefined : reservations?.find((one) => one.id === id);
  return own !== undefined && nodes.every((node) => hasNode(own, node)) ? id : 0;
}

function outsideOwn(
  own: PassReservation,
  startS: number,
  endS: number,
  nodes: Int32Array,
): string | undefined {
  const node = nodes.find((one) => !hasNode(own, one));
  if (node !== undefined) return `node row ${node} is not in`;
  if (own.isFlexible || own.windows.some((window) => window.startS <= startS && endS <= window.endS))
    return undefined;
  return "it would not run within";
}

const overlaps = ({ windows }: PassReservation, startS: number, endS: number): boolean =>
  windows.some((window) => window.startS < endS && startS < window.endS);
