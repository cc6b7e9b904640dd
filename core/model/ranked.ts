/**
 * The ranked queue: what `prioritise` gives and `place` takes. Columns by pending row, which may be longer than there are
 * rows. A Prioritiser writes them again: they are valid until it ranks the next time, so who keeps them copies.
 */
import type { Plan } from "./plan.ts";

/** The pending rows in the order to plan them, and why the others are not planned. Made by `prioritise`. */
export interface RankedQueue {
  /** Pending rows, first to plan first; exactly as long as there are. */
  readonly order: Int32Array;
  /** By pending row; those that wait for something else than a release have one too, for show. */
  readonly priority: Float64Array;
  /** By pending row: index into WAIT_REASONS; 0 for rows in `order`. */
  readonly reason: Uint8Array;
  /** By pending row: bit p is set when the row may run in partition p. */
  readonly allowedLo: Uint32Array;
  readonly allowedHi: Uint32Array;
  readonly faults: Plan["faults"];
}
