/** Which nodes the jobs of other users keep from a waiting job, where some share nodes with nobody else's: for `explain`. Pure. */
import type { PassTables } from "../state/tables.ts";
import { isAdmitted, together } from "./owner-planes.ts";

/**
 * By node row, 1 where a running job of another user is in the way of a job of the row, or would not have it beside it, in
 * every one of these partitions; undefined where nobody asks for nodes of his own.
 */
export function ownedNodes(
  { owners, pending, running, nodes }: PassTables,
  row: number,
  partitions: readonly number[],
): Uint8Array | undefined {
  if (owners === undefined) return undefined;
  const user = owners.pending[row] ?? 0;
  const isAlone =
    owners.shapes.has(pending.columns.shape[row]!) ||
    partitions.every((partition) => owners.partitions.has(partition));
  const cells = new Int32Array(nodes.count);
  const { node } = running.columns;
  for (let i = 0; i < running.count; i++) cells[node[i]!] = together(cells[node[i]!]!, owners.running[i]!);
  return Uint8Array.from(cells, (cell) => (isAdmitted(cell, isAlone ? -user : user) ? 0 : 1));
}
