/**
 * Reservations that draw jobs in (MAGNETIC): a job that asks for none, and that may use it, runs in it where it fits there
 * now. Worked out when tables are made, and when a job starts; costs nothing while there is no such reservation.
 */
import type { Job } from "../model/job.ts";
import { mayUse, type ReservationRecord } from "../model/reservation.ts";
import { windowsFrom } from "../model/reservation-windows.ts";
import type { ClusterState } from "./cluster-state.ts";

/** By pending row: id of the first reservation that draws the job in now; undefined where none draws any. */
export function drawnRows(state: ClusterState, nowS: number): ReadonlyMap<number, number> | undefined {
  const magnets = magnetsAt(state, nowS);
  if (magnets.length === 0) return undefined;
  const drawn = new Map<number, number>();
  for (const [id, row] of state.pendingRow) {
    const job = state.jobs.get(id)!;
    const magnet = magnets.find((one) => draws(one, job));
    if (magnet !== undefined) drawn.set(row, magnet.id);
  }
  return drawn.size === 0 ? undefined : drawn;
}

/** Name of the reservation that a job which starts on these nodes was drawn into; undefined where it was not. */
export function drawnInto(
  state: ClusterState,
  job: Job,
  nodes: readonly { readonly node: number }[],
  atS: number,
): string | undefined {
  if (state.reservations.byName.size === 0) return undefined;
  const into = magnetsAt(state, atS).find(
    (one) => draws(one, job) && nodes.every(({ node }) => one.spec.nodes.includes(node as never)),
  );
  return into?.spec.name;
}

function magnetsAt(state: ClusterState, nowS: number): readonly ReservationRecord[] {
  const magnets: ReservationRecord[] = [];
  for (const record of state.reservations.byName.values()) {
    if (!record.spec.flags.includes("MAGNETIC")) continue;
    const [window] = windowsFrom(record.spec, nowS);
    if (window !== undefined && window.startS <= nowS) magnets.push(record);
  }
  return magnets.sort((a, b) => a.id - b.id);
}

/** A component of a heterogeneous job is not drawn in: the others would not be. */
function draws({ spec }: ReservationRecord, job: Job): boolean {
  if (job.reservation !== undefined || job.het !== undefined) return false;
  return mayUse(spec, { user: job.spec.user, account: job.account, group: job.spec.group });
}
