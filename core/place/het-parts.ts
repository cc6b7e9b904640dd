/** The components of a heterogeneous job as its planning sees them: where each may run, and which has the least choice. Pure. */
import type { HetPass, HetRoom } from "./het-plan.ts";
import type { HetSet } from "./het-sets.ts";
import { slotAtOrAfter, slotsOfLimit } from "./slots.ts";

/** A component while it is planned. */
export interface Part {
  readonly row: number;
  readonly length: number;
  readonly classes: Int32Array;
  readonly partitions: Int32Array;
  /** The first so many of these may start at once, the others from a slot on. */
  readonly nowCount: number;
  readonly laterSlot: number;
  /** Nodes of one partition that could hold it while they are empty, less those that it needs. */
  readonly spare: number;
}

/** The components, the one with the fewest nodes to spare first; the code of a reason where one never fits. */
export function partsOf({ rows }: HetSet, pass: HetPass, room: HetRoom): readonly Part[] | number {
  const parts: Part[] = [];
  for (const row of rows) {
    room.candidates.find(row);
    if (room.candidates.count === 0) return room.candidates.deadReason;
    parts.push(partOf(row, pass, room));
  }
  return parts.sort((a, b) => a.spare - b.spare || a.row - b.row);
}

function partOf(row: number, { kernel, tables, borders }: HetPass, { candidates, classes }: HetRoom): Part {
  const own = candidates.classes.slice(0, candidates.count);
  let spare = 0;
  for (const classIndex of own) {
    classes.ready(classIndex);
    const able = kernel.countTotals(classIndex, tables.nodes.count);
    spare = Math.max(spare, able - classes.want[classIndex]!);
  }
  return {
    row,
    length: slotsOfLimit(borders, tables.pending.columns.timeLimitS[row]!),
    classes: own,
    partitions: candidates.partitions.slice(0, candidates.count),
    nowCount: candidates.nowCount,
    laterSlot: slotAtOrAfter(borders, candidates.laterS),
    spare,
  };
}
