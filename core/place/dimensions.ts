/** Which GRES dimensions a pass needs planes for. Pure. */

import type { RankedQueue } from "../model/ranked.ts";
import { MAX_GRES_DIMENSIONS, MAX_SHAPE_GRES, type PassTables } from "../state/tables.ts";

/** GRES dimensions that a waiting job asks for, ascending, with the untyped ones of the typed. */
export function dimensionsInUse(
  tables: PassTables,
  ranked: RankedQueue,
  gresParent: readonly number[],
): number[] {
  const { columns, capacity, count } = tables.shapes;
  const seen = new Uint8Array(count);
  const used = new Uint8Array(MAX_GRES_DIMENSIONS);
  const shapeOf = tables.pending.columns.shape;
  for (let i = 0; i < ranked.order.length; i++) {
    const shape = shapeOf[ranked.order[i]!]!;
    if (seen[shape] !== 0) continue;
    seen[shape] = 1;
    for (let plane = 0; plane < MAX_SHAPE_GRES; plane++) {
      if (columns.gresCount[plane * capacity + shape]! <= 0) continue;
      const dimension = columns.gresDimension[plane * capacity + shape]!;
      used[dimension] = 1;
      used[gresParent[dimension] ?? dimension] = 1;
    }
  }
  return [...used.keys()].filter((dimension) => used[dimension] !== 0);
}
