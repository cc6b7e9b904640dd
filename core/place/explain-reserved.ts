/** Which reservations keep nodes from a waiting job, and when its own is: for `explain`. Pure. */
import { isForeign, type PassReservation } from "../state/reservations.ts";
import type { PassTables } from "../state/tables.ts";

/** Reservations that are named in one text. */
const MAX_NAMED = 4;

/**
 * By node row, 1 where a job of the row that started now would run into a reservation, or is outside its own; undefined
 * where no reservation is in its way.
 */
export function reservedNodes(tables: PassTables, row: number): Uint8Array | undefined {
  const own = ownOf(tables, row);
  const others = inTheWay(tables, row);
  if (own === undefined && others.length === 0) return undefined;
  const marks = new Uint8Array(tables.nodes.count).fill(own === undefined ? 0 : 1);
  if (own !== undefined) for (const node of own.nodes) marks[node] = 0;
  for (const { nodes } of others) for (const node of nodes) marks[node] = 1;
  return marks;
}

/** ` Reservation maint keeps 4 nodes for the next 3600 s.`; "" where none is in the way. */
export function reservedText(tables: PassTables, row: number): string {
  const own = ownOf(tables, row);
  const parts: string[] = [];
  if (own !== undefined) {
    const { startS, endS } = own.windows[0]!;
    const inS = startS - tables.nowS;
    const leftS = endS - tables.nowS;
    const limitS = tables.pending.columns.timeLimitS[row]!;
    const long = leftS < limitS ? `, less than the job's limit of ${limitS} s` : "";
    parts.push(
      inS > 0
        ? `Its reservation ${own.name} begins in ${inS} s.`
        : `Its reservation ${own.name} ends in ${leftS} s${own.isFlexible ? "" : long}.`,
    );
  }
  const others = inTheWay(tables, row);
  for (const other of others.slice(0, MAX_NAMED)) parts.push(keeps(other, tables.nowS));
  if (others.length > MAX_NAMED) parts.push(`So do ${others.length - MAX_NAMED} more reservations.`);
  return parts.length === 0 ? "" : ` ${parts.join(" ")}`;
}

function keeps({ name, nodes, windows, isMaintenance }: PassReservation, nowS: number): string {
  const { startS, endS } = windows[0]!;
  const count = `${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}`;
  const what = isMaintenance ? `${count} for maintenance` : count;
  return startS > nowS
    ? `Reservation ${name} keeps ${what} from in ${startS - nowS} s to in ${endS - nowS} s.`
    : `Reservation ${name} keeps ${what} for ${endS - nowS} s more.`;
}

const ownOf = (tables: PassTables, row: number): PassReservation | undefined => {
  const id = tables.pending.columns.reservation[row]!;
  return id === 0 ? undefined : tables.reservations?.find((one) => one.id === id);
};

/** Those whose time begins before the job would end if it started now. */
function inTheWay(tables: PassTables, row: number): readonly PassReservation[] {
  const own = ownOf(tables, row);
  const endS = tables.nowS + tables.pending.columns.timeLimitS[row]!;
  return (tables.reservations ?? []).filter(
    (other) => isForeign(own, other) && other.windows[0]!.startS < endS,
  );
}
