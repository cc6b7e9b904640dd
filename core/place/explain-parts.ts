/** What a waiting job asks of parts of devices, and how near what is free comes to it: for `explain`. Pure. */
import { FRACTION_KIND, isShareKind, printFraction, printPart } from "../model/device-parts.ts";
import { isNodeUsable, type PassTables } from "../state/tables.ts";
import { mostFree } from "./part-room.ts";

/** A sentence; "" where it asks none. */
export function partsText(tables: PassTables, row: number): string {
  const shape = tables.pending.columns.shape[row]!;
  const demand = tables.parts?.demands.get(shape);
  if (demand === undefined) return "";
  const { flags } = tables.nodes.columns;
  let most = 0;
  for (let node = 0; node < tables.nodes.count; node++)
    if (isNodeUsable(flags[node]!)) most = Math.max(most, mostFree(tables, demand, node));
  const asked = printPart(demand);
  if (isShareKind(demand.kind))
    return ` It asks ${asked} of one device; the most that one has free is ${most}. A device that is in use whole, or in parts of another kind, gives none.`;
  if (demand.kind === FRACTION_KIND)
    return ` It asks ${asked} of one device; the most that one has free is ${printFraction(most)}.`;
  return ` It asks ${asked} of a node; the most that one has room for is ${most}.`;
}
